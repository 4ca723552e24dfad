"""Differences of our ledger and the gateways' become rows; what is under way does not; who is down stops nobody."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.contexts.payments.service import differences_comparing, differences_reading
from springtide.contexts.payments.service.differences_reading import Position
from springtide.contracts.common import Difference, DifferenceState
from springtide.contracts.payments.api import Attempt
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.context.payments.test_check import at_gateway, busy_day
from tests.context.payments.till import Till

SetClock = Callable[[Node, float], Awaitable[None]]
PERSON = Caller(actor="0190aaaa", kind=Kind.STAFF, scopes=frozenset({"payments.write"}))
PLANTED = {
    "merchant_reference": "planted",
    "method": "card",
    "amount_minor": 99,
    "currency": "EUR",
    "return_url": "http://127.0.0.1:9/",
    "card_token": "tok_success",
}


class Books:
    """The reconciliation of a till, turned by hand at a time of our choosing."""

    def __init__(self, till: Till, set_clock: SetClock) -> None:
        self.till, self._set_clock, self._at_s = till, set_clock, 0.0

    async def turn(self, after_s: float = 3_600) -> None:
        self._at_s += after_s
        await self._set_clock(self.till.node, self._at_s)
        (loop,) = (loop for loop in self.till.node.built["payments"].loops if loop.name == "reconcile")
        await loop.work()

    async def rows(self, state: DifferenceState | None = None) -> list[Difference]:
        return list((await self.till.api.list_differences(caller=self.till.caller, state=state)).items)

    async def seen(self) -> set[tuple[str, str, str]]:
        return {(row.rule, row.subject, str(row.state)) for row in await self.rows()}

    async def position(self, gateway: str = "north") -> Position:
        ((text,),) = await self.till.fetch(
            "select position from payments.reconciliation where task = %s", f"reading {gateway}"
        )
        return msgspec.json.decode(text, type=Position)

    async def refund_behind_our_back(self, attempt: Attempt, amount_minor: int) -> None:
        await at_gateway(self.till, f"/v1/payments/{attempt.provider_ref}/refund", {"amount_minor": amount_minor})


@pytest.fixture
def books(till: Till, set_clock: SetClock) -> Books:
    return Books(till, set_clock)


async def test_an_ordinary_day_leaves_no_rows_however_often_it_is_read(till: Till, books: Books) -> None:
    await busy_day(till)
    for _ in range(4):
        await books.turn(after_s=600)
    assert await books.rows() == []
    sums = await till.fetch("select sum(captured_minor), sum(refunded_minor) from payments.gateway_sum")
    kept = await till.fetch(
        "select sum(amount_minor) filter (where kind = 'captured'), sum(amount_minor) filter (where kind = 'refunded')"
        " from payments.ledger where gateway = 'north'"
    )
    assert sums == kept


async def test_reading_goes_on_from_where_it_was(till: Till, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences_reading, "PAGE", 2)
    monkeypatch.setattr(differences_reading, "PAGES_A_TURN", 2)
    monkeypatch.setattr(differences_comparing, "AT_ONCE", 3)
    sold = [await till.start(method="bank_redirect") for _ in range(5)]
    await books.turn()
    assert (await books.position()).known_until is None
    assert (await till.fetch("select count(*) from payments.gateway_entry")) == [(4,)]
    for _ in range(3):
        await books.turn()
    known = await books.position()
    assert known.known_until is not None
    assert known.since_s > 0
    await books.refund_behind_our_back(sold[0], 5)
    for _ in range(8):
        await books.turn()
    assert await books.seen() == {("payment_differs_from_gateway", str(sold[0].id), "open")}


async def test_entries_that_cannot_come_again_are_forgotten_the_others_count_once(till: Till, books: Books) -> None:
    attempt = await till.start(method="bank_redirect")
    await books.turn()
    await till.execute("insert into payments.gateway_entry values ('north', 'of long ago', 1000)")
    await books.turn()
    await books.turn()
    kinds = await till.fetch("select count(*), min(occurred_at_s) > 1000 from payments.gateway_entry")
    assert kinds == [(2, True)]
    sums = await till.fetch("select captured_minor from payments.gateway_sum where subject = %s", str(attempt.id))
    assert sums == [(3490,)]


async def test_money_at_the_gateway_that_nobody_here_knows(till: Till, books: Books) -> None:
    await till.start()
    await at_gateway(till, "/v1/payments", dict(PLANTED))
    await books.turn()
    assert await books.rows() == []  # just read: perhaps it is under way
    await books.turn()
    (row,) = await books.rows()
    assert (row.rule, row.subject) == ("gateway_payment_unknown_here", "planted")
    assert row.detail == "north: authorised 99, captured 99"


async def test_several_kinds_of_one_payment_are_one_row_that_changes(till: Till, books: Books) -> None:
    attempt = await till.start(method="bank_redirect")
    await books.refund_behind_our_back(attempt, 300)
    await books.turn()
    await books.turn()
    (row,) = await books.rows()
    assert row.detail == "north: refunded 300 there, 0 here"
    resolved = await till.api.resolve_difference(
        caller=PERSON, key="resolve-1", difference_id=row.id, note="the bank did it"
    )
    assert (resolved.state, resolved.resolved_by) == ("resolved", "staff:0190aaaa")
    await books.turn()
    assert [row.state for row in await books.rows()] == [DifferenceState.RESOLVED]
    await books.refund_behind_our_back(attempt, 200)
    await books.turn()
    await books.turn()
    (again,) = await books.rows()
    assert (again.state, again.detail) == ("open", "north: refunded 500 there, 0 here")


async def test_a_movement_of_a_moment_ago_is_no_difference(till: Till, books: Books) -> None:
    attempt = await till.start(method="bank_redirect")
    await books.refund_behind_our_back(attempt, 300)
    await books.turn(after_s=60)
    await books.turn(after_s=60)
    assert await books.rows() == []
    await books.turn(after_s=90)
    assert len(await books.rows()) == 1


async def test_an_attempt_that_is_open_waits(till: Till, books: Books) -> None:
    attempt = await till.start(method="bank_redirect")
    await till.execute("update payments.attempt set state = 'unknown'")
    await books.refund_behind_our_back(attempt, 300)
    for _ in range(3):
        await books.turn(after_s=600)
    assert await books.seen() <= {("payment_outcome_open_too_long", str(attempt.id), "open")}
    await till.execute("update payments.attempt set state = 'captured'")
    for _ in range(2):
        await books.turn(after_s=600)
    assert ("payment_differs_from_gateway", str(attempt.id), "open") in await books.seen()


async def test_money_here_that_the_gateway_never_had_goes_by_itself(till: Till, books: Books) -> None:
    attempt = await till.start()
    await till.execute("update payments.attempt set gateway = 'south'")
    for _ in range(3):
        await books.turn()
    assert await books.seen() == {
        ("payment_differs_from_gateway", str(attempt.id), "open"),
        ("gateway_payment_unknown_here", str(attempt.id), "open"),
    }
    await till.execute("update payments.attempt set gateway = 'north'")
    for _ in range(3):
        await books.turn()
    assert {state for _, _, state in await books.seen()} == {"gone"}


async def test_our_own_rows_are_swept(till: Till, books: Books) -> None:
    attempt = await till.start()
    await books.turn()
    await till.execute("update payments.attempt set captured_minor = 10")
    await books.turn()
    assert await books.seen() == {("attempt_differs_from_ledger", str(attempt.id), "open")}
    await till.execute("update payments.attempt set captured_minor = 0")
    await books.turn()
    assert await books.seen() == {("attempt_differs_from_ledger", str(attempt.id), "gone")}


async def test_a_gateway_that_is_down_stops_no_other(till: Till, books: Books) -> None:
    await till.start()
    await till.outage("south", on=True)
    await at_gateway(till, "/v1/payments", dict(PLANTED))
    await books.turn()
    await books.turn()
    assert await books.seen() == {
        ("gateway_payment_unknown_here", "planted", "open"),
        ("gateway_ledger_unreadable", "south", "open"),
    }
    await till.outage("south", on=False)
    await books.turn()
    assert ("gateway_ledger_unreadable", "south", "gone") in await books.seen()


async def test_what_stands_still_too_long_is_a_row(till: Till, books: Books) -> None:
    attempt = await till.start()
    await till.execute("update payments.attempt set undo_reason = 'sold out'")
    await books.turn()
    assert await books.seen() == {("payment_not_undone", str(attempt.id), "open")}
    await till.execute("update payments.attempt set undo_reason = ''")
    await books.turn()
    assert await books.seen() == {("payment_not_undone", str(attempt.id), "gone")}


async def test_resolving_needs_the_right_person(till: Till, books: Books) -> None:
    reader = Caller(actor="b", kind=Kind.STAFF, scopes=frozenset({"payments.read"}))
    for caller in (reader, till.caller):
        with pytest.raises(Forbidden):
            await till.api.resolve_difference(caller=caller, key=new_key(), difference_id=uuid7(), note="x")
    with pytest.raises(Forbidden):
        await till.api.list_differences(caller=PERSON)


async def test_who_comes_late_with_an_old_turn_writes_nothing(
    till: Till, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.start(method="bank_redirect")
    provider = till.tools.registry.providers["north"]
    read = type(provider).list_ledger

    async def slow(self: object, **words: object) -> object:
        page = await read(self, **words)  # type: ignore[arg-type]  # as it was called
        await till.execute("update payments.reconciliation set turn = turn + 1 where task = 'reading north'")
        return page

    with monkeypatch.context() as patched:
        patched.setattr(type(provider), "list_ledger", slow)
        await books.turn()
    assert await till.fetch("select * from payments.gateway_entry") == []
    assert await till.fetch("select * from payments.gateway_sum") == []
    await books.turn()
    assert await till.fetch("select count(*) from payments.gateway_sum") == [(1,)]
