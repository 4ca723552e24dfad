"""The gate before every contract call: limits, rates, switches, and what is never refused."""

import inspect
from contextlib import ExitStack

import pytest

from springtide.bootstrap.specs import contracts, refusal_of
from springtide.platform import gate as gate_module
from springtide.platform.errors import Unavailable
from springtide.platform.gate import Busy, Gate, SwitchedOff

# A payment may have been taken or promised before these: refusing them could charge for nothing.
NEVER_REFUSED = {
    *("inventory.extend", "inventory.claim", "inventory.release"),
    *("pricing.claim_vouchers", "pricing.release_vouchers"),
    *("payments.refresh", "payments.get_attempt", "payments.close", "payments.undo"),
    *("payments.capture", "payments.refund", "payments.webhook"),
    *("orders.place", "checkout.buyer_returned"),
}


def test_more_than_may_be_under_way_are_told_to_come_back() -> None:
    making = Gate({"pricing.quote": 2}).making
    with ExitStack() as stack:
        stack.enter_context(making.passing("pricing.quote", always=False))
        with making.passing("pricing.quote", always=False):
            with pytest.raises(Busy) as refused, making.passing("pricing.quote", always=False):
                pytest.fail("a third one was let through")
            assert (refused.value.code, refused.value.status, refused.value.retry_after_s) == ("method_busy", 503, 1)
            assert refused.value.facts == {"method": "pricing.quote"}
        with making.passing("pricing.quote", always=False), making.passing("pricing.snapshot", always=False):
            pass


def test_a_call_that_fails_gives_its_place_back() -> None:
    making = Gate({"pricing.quote": 1}).making
    for _ in range(3):
        with pytest.raises(Unavailable), making.passing("pricing.quote", always=False):
            raise Unavailable


def test_both_sides_count_for_themselves() -> None:
    gate = Gate({"pricing.quote": 1})
    with gate.making.passing("pricing.quote", always=False), gate.answering.passing("pricing.quote", always=False):
        for side in (gate.making, gate.answering):
            with pytest.raises(Busy), side.passing("pricing.quote", always=False):
                pytest.fail("a second one was let through")


def test_more_than_may_come_in_a_second_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(gate_module.time, "monotonic", lambda: now)
    making = Gate(rates={"orders.history": 2.0}).making

    def let_through(wanted: int) -> int:
        count = 0
        for _ in range(wanted):
            try:
                with making.passing("orders.history", always=False):
                    count += 1
            except Busy:
                pass
        return count

    assert let_through(5) == 2
    now += 0.5
    assert let_through(5) == 1
    now += 60
    assert let_through(5) == 2


def test_what_is_switched_off_is_refused_on_both_sides_until_it_is_on_again() -> None:
    gate = Gate()
    gate.switch_off_only(frozenset({"orders.history"}))
    for side in (gate.making, gate.answering):
        with pytest.raises(SwitchedOff) as refused, side.passing("orders.history", always=False):
            pytest.fail("it was let through")
        assert (refused.value.code, refused.value.status) == ("switched_off", 503)
    gate.switch_off_only(frozenset())
    with gate.making.passing("orders.history", always=False):
        pass


def test_what_money_hangs_on_is_let_through_whatever_is_set() -> None:
    gate = Gate({"orders.place": 1}, {"orders.place": 1.0})
    gate.switch_off_only(frozenset({"orders.place"}))
    with gate.making.passing("orders.place", always=True), gate.making.passing("orders.place", always=True):
        pass


def test_the_verbs_that_are_never_refused_are_these() -> None:
    marked = {
        f"{context}.{name}"
        for context, contract in contracts().items()
        for name, method in contract.methods.items()
        if method.always_answered
    }
    assert marked == NEVER_REFUSED


def test_every_verb_that_undoes_claims_or_pays_back_is_among_them() -> None:
    words = ("claim", "release", "undo", "webhook", "place")
    for context, contract in contracts().items():
        for name in contract.methods:
            if name.split("_")[0] in words and context in {"inventory", "pricing", "payments", "orders"}:
                assert f"{context}.{name}" in NEVER_REFUSED, inspect.getdoc(getattr(contract.api, name))


@pytest.mark.parametrize(
    ("method", "why"),
    [("orders.history", ""), ("orders.place", "never"), ("orders.dance", "no method"), ("orders", "no method")],
)
def test_what_may_be_switched_off(method: str, why: str) -> None:
    refusal = refusal_of(method)
    assert (why in refusal) if why else not refusal
