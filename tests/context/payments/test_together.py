"""Starts that arrive together share their transactions, and each is answered as if it had been alone."""

import asyncio
from typing import Any

import pytest

from springtide.contexts.payments.service.attempt_lane import Heard
from springtide.contracts.payments.api import AnotherAttemptLive, Attempt, AttemptState
from springtide.platform.errors import KeyReused
from springtide.platform.ids import uuid7
from tests.context.payments.till import Till

INVOICE: dict[str, Any] = {"method": "invoice"}


async def transactions(till: Till, gathered: list[Any]) -> int:
    """How many transactions wrote these attempts."""
    ids = [attempt.id for attempt in gathered]
    return (await till.fetch("select count(distinct xmin::text) from payments.attempt where id = any(%s)", ids))[0][0]


async def test_invoices_are_written_together_in_one_state(till: Till) -> None:
    attempts = await asyncio.gather(*(till.start(**INVOICE) for _ in range(40)))
    assert {attempt.state for attempt in attempts} == {AttemptState.AUTHORISED}
    assert await transactions(till, attempts) <= len(attempts) // 2
    assert (await till.counts())["ledger"] == (await till.counts())["outbox"] == 40
    events = await till.fetch("select distinct aggregate_version, convert_from(payload, 'utf8') from payments.outbox")
    assert {version for version, _ in events} == {1}
    assert all('"state":"authorised"' in payload for _, payload in events)
    assert await till.check() == ()


async def test_what_is_answered_is_what_is_stored(till: Till) -> None:
    for attempt in (await till.start(**INVOICE), await till.start()):
        assert await till.now(attempt) == attempt


async def test_an_invoice_leaves_nothing_to_look_after(till: Till) -> None:
    attempt = await till.start(**INVOICE)
    rows = await till.fetch("select due_at, version, tries from payments.attempt where id = %s", attempt.id)
    assert rows == [(None, 1, 0)]
    ledger = (await till.payment(attempt)).ledger
    assert [(row.kind, row.amount_minor, row.provider_ref) for row in ledger] == [
        ("authorised", 3490, f"invoice_{attempt.id}")
    ]


async def test_many_starts_of_one_invoice_are_one(till: Till) -> None:
    wanted = {"attempt_id": uuid7(), "checkout_id": uuid7(), **INVOICE}
    attempts = await asyncio.gather(*(till.start(**wanted) for _ in range(20)))
    assert attempts == [attempts[0]] * 20
    assert {table: count for table, count in (await till.counts()).items() if count} == {
        "attempt": 1,
        "ledger": 1,
        "outbox": 1,
    }


async def test_of_two_at_once_for_one_checkout_one_is_refused(till: Till) -> None:
    checkout_id = uuid7()
    found = await asyncio.gather(
        *(till.start(checkout_id=checkout_id, **INVOICE) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, Attempt) for one in found) == 1
    assert sum(isinstance(one, AnotherAttemptLive) for one in found) == 3
    assert (await till.counts())["ledger"] == 1


async def test_a_refused_neighbour_leaves_the_others_alone(till: Till) -> None:
    taken = await till.start(**INVOICE)
    before = await till.counts()
    found = await asyncio.gather(
        *(till.start(**INVOICE) for _ in range(5)),
        till.start(attempt_id=taken.id, checkout_id=taken.checkout_id, amount_minor=1, **INVOICE),
        till.start(checkout_id=taken.checkout_id, **INVOICE),
        return_exceptions=True,
    )
    assert [type(one) for one in found] == [Attempt] * 5 + [KeyReused, AnotherAttemptLive]
    assert (await till.counts())["attempt"] == before["attempt"] + 5
    assert (await till.counts())["outbox"] == before["outbox"] + 5


async def test_an_invoice_closes_the_former_attempt_first(till: Till) -> None:
    waiting = await till.start(scenario={"webhook": "never"})
    paid = await till.start(checkout_id=waiting.checkout_id, **INVOICE)
    assert paid.state is AttemptState.AUTHORISED
    assert (await till.now(waiting)).state is AttemptState.CLOSED
    assert (await till.at_gateway(waiting))["status"] == "voided"


async def test_gateways_answers_are_written_together(till: Till) -> None:
    attempts = await asyncio.gather(*(till.start() for _ in range(24)))
    assert {attempt.state for attempt in attempts} == {AttemptState.AUTHORISED}
    events = await till.fetch("select aggregate_version, count(*) from payments.outbox group by 1")
    assert events == [(2, 24)]
    assert (await till.counts())["ledger"] == 24
    assert await till.check() == ()


async def test_one_answer_told_twice_counts_once(till: Till) -> None:
    attempt = await till.start(scenario={"webhook": "never"})
    await till.pay(attempt)
    view = await till.tools.registry.providers["north"].lookup(provider_ref=attempt.provider_ref)
    heard = Heard(attempt_id=attempt.id, what="view", view=view)
    known = await asyncio.gather(*(till.tools.lane.hear(till.caller, heard) for _ in range(3)))
    assert [one.row.version for one in known if one is not None] == [3, 3, 3]
    assert await till.our_entries(attempt) == [("authorised", 3490)]
    assert await till.check() == ()


@pytest.mark.parametrize("what", ["unknown", "nothing"])
async def test_what_is_less_than_known_changes_nothing(till: Till, what: Any) -> None:
    attempt = await till.start()
    before = await till.counts()
    known = await till.tools.lane.hear(till.caller, Heard(attempt_id=attempt.id, what=what, code="x"))
    assert known is not None
    assert (known.row.state, known.row.version) == (AttemptState.AUTHORISED, attempt.version)
    assert await till.counts() == before


async def test_money_of_an_attempt_that_is_to_be_undone_goes_back(till: Till) -> None:
    """What follows from an answer besides its own rows is done in a transaction of its own."""
    attempt_id = uuid7()
    await till.plan(attempt_id, {"buyer": "approves", "webhook": "never", "delay_ms": 300})
    started = asyncio.create_task(till.start(attempt_id=attempt_id, scenario={"webhook": "never"}))
    async with asyncio.timeout(10):
        while not await till.fetch("select 1 from payments.attempt where id = %s", attempt_id):  # noqa: ASYNC110 - a row
            await asyncio.sleep(0.01)
    attempt = await till.api.get_attempt(caller=till.caller, attempt_id=attempt_id)
    await asyncio.gather(started, till.undo(attempt))
    undone = await till.until(attempt, lambda now: now.state is AttemptState.VOIDED)
    assert await till.gateway_entries(undone) == [("authorised", 3490), ("voided", 3490)]
    assert await till.check() == ()


async def test_what_gateways_tell_of_a_rush_at_the_bank_is_written_together(till: Till) -> None:
    """Messages, the same ones again, and buyers who come back: each payment is heard once."""
    attempts = await asyncio.gather(*(till.start(scenario={}) for _ in range(20)))
    for attempt in attempts:
        await till.pay(attempt)
    messages = [await till.message_about(attempt, "payment.authorised") for attempt in attempts]
    await asyncio.gather(
        *(till.deliver(message) for message in messages),
        *(till.refresh(attempt) for attempt in attempts),
        *(till.deliver(message) for message in messages),
    )
    for attempt in attempts:
        assert (await till.now(attempt)).state is AttemptState.AUTHORISED
        assert await till.our_entries(attempt) == [("authorised", 3490)]
    taken = await till.fetch("select count(*), count(due_at), count(distinct received_at) <= 10 from payments.message")
    assert taken == [(20, 0, True)]
    assert await till.check() == ()
