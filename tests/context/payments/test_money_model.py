"""Money against a model: starts, partial captures and refunds, undoings, lost answers and repeats, by invoice and at a
gateway. Whatever the order: captured ≤ authorised, refunded ≤ captured, our ledger is the gateway's, repeats change
nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from springtide.bootstrap import Node
from springtide.contracts.payments.api import (
    AmountRefused,
    AnotherAttemptLive,
    Attempt,
    AttemptNotFound,
    AttemptNotLive,
    Operation,
)
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.context.payments.till import Till
from tests.models import StoreModel, run_model

SetClock = Callable[[Node, float], Awaitable[None]]
TOTAL = 1_000
PAUSE_S = 20.0
MOST_TURNS = 15
checkouts = st.integers(0, 1)
payments = st.integers(0, 9)
methods = st.sampled_from(("card", "invoice", "bank_redirect"))
amounts = st.sampled_from((250, 1, 400, 999, TOTAL, TOTAL + 1))
NOTHING_LEFT = (AmountRefused, AttemptNotLive, AttemptNotFound)


class Purse:
    """What a payment should be worth by now. `lowered`: authorised, and promised never to be captured."""

    def __init__(self, attempt: Attempt, *, is_captured: bool) -> None:
        self.attempt = attempt
        self.captured = TOTAL if is_captured else 0
        self.refunded = self.released = self.lowered = 0

    @property
    def uncaptured(self) -> int:
        return TOTAL - self.captured - self.released

    @property
    def capturable(self) -> int:
        return max(0, self.uncaptured - self.lowered)  # what was lowered may have been released since

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded

    @property
    def is_live(self) -> bool:
        return self.uncaptured > 0 or self.refundable > 0

    def capture(self, amount: int) -> None:
        self.captured += amount
        if self.captured and self.lowered >= self.uncaptured:
            self.released += self.uncaptured

    def give_back(self, amount: int) -> None:
        lowered = min(amount, self.capturable)
        self.refunded += amount - lowered
        if lowered and lowered == self.capturable:
            self.released += self.uncaptured
        else:
            self.lowered += lowered

    def undo(self) -> None:
        self.released += self.uncaptured
        self.refunded = self.captured


class Money(StoreModel):
    """Two checkouts; each may be paid anew once its payment is gone."""

    till: Till
    set_clock: SetClock
    clock = [0.0]  # noqa: RUF012 - one database, one clock: it only goes forward, over all examples

    def __init__(self) -> None:
        super().__init__()
        self.checkouts = [uuid7(), uuid7()]
        self.purses: list[Purse] = []

    def checkout_of(self, which: int) -> UUID:
        """Return a checkout with money in it, four times of five when there is one: else little would move."""
        live = self.alive()
        return live[which % len(live)].attempt.checkout_id if live and which > 1 else self.checkouts[which % 2]

    def alive(self) -> list[Purse]:
        return [one for one in self.purses if one.is_live]

    def live(self, checkout: UUID) -> Purse | None:
        return next((one for one in self.alive() if one.attempt.checkout_id == checkout), None)

    async def settle(self) -> None:
        """Turn payments' loops until no gateway has to be asked any more."""
        open_orders = "select count(*) from payments.operation where state = 'pending'"
        for _ in range(MOST_TURNS):
            await self.till.turn()
            if (await self.till.fetch(open_orders))[0][0] == 0:
                return
            self.clock[0] += PAUSE_S
            await self.set_clock(self.till.node, self.clock[0])
        pytest.fail("an order to a gateway is never answered")

    # -- what happens

    @initialize(first=methods, second=methods, lost=st.booleans())
    def two_payments(self, first: str, second: str, *, lost: bool) -> None:
        self.start(0, first, lost=lost)
        self.start(1, second, lost=not lost)

    @precondition(lambda self: len(self.alive()) < len(self.checkouts))
    @rule(which=checkouts, method=methods, lost=st.booleans())
    def start_another(self, which: int, method: str, *, lost: bool) -> None:
        self.start(which, method, lost=lost)

    def start(self, which: int, method: str, *, lost: bool) -> None:
        checkout, attempt_id = self.checkouts[which], uuid7()
        scenario: dict[str, Any] = {"buyer": "approves", "webhook": "never"}
        if lost:
            scenario |= {"fault": "drop_after", "fault_on": "capture" if method == "card" else "refund"}
        outcome = self.outcome(
            self.till.start(
                scenario=scenario, attempt_id=attempt_id, checkout_id=checkout, method=method, amount_minor=TOTAL
            )
        )
        if self.live(checkout) is not None:
            assert outcome is AnotherAttemptLive
        else:
            assert outcome.state == ("captured" if method == "bank_redirect" else "authorised")
            self.purses.append(Purse(outcome, is_captured=method == "bank_redirect"))

    @rule(which=st.integers(0, 5))
    def start_again(self, which: int) -> None:
        """The same attempt is joined, whatever became of it."""
        attempt = self.purses[which % len(self.purses)].attempt
        words = {"attempt_id": attempt.id, "checkout_id": attempt.checkout_id, "method": attempt.method}
        joined = self.run(self.till.start(scenario=None, amount_minor=TOTAL, **words))
        assert (joined.id, joined.provider_ref) == (attempt.id, attempt.provider_ref)

    @rule(which=payments, amount=st.one_of(amounts, st.none()))
    def capture(self, which: int, amount: int | None) -> None:
        checkout = self.checkout_of(which)
        outcome = self.send(
            lambda key: self.till.api.capture(
                caller=self.till.caller, key=key, checkout_id=checkout, amount_minor=amount, reason="shipped"
            )
        )
        purse = self.live(checkout)
        wanted = purse.capturable if purse and amount is None else amount or 0
        if purse is None or not 0 < wanted <= purse.capturable:
            assert outcome in NOTHING_LEFT
            return
        assert isinstance(outcome, Operation), outcome
        assert (outcome.kind, outcome.amount_minor) == ("capture", wanted)
        purse.capture(wanted)
        self.run(self.settle())

    @rule(which=payments, amount=amounts)
    def refund(self, which: int, amount: int) -> None:
        checkout = self.checkout_of(which)
        outcome = self.send(
            lambda key: self.till.api.refund(
                caller=self.till.caller,
                key=key,
                checkout_id=checkout,
                amount_minor=amount,
                reason="returned",
                cause="adjustment",
            )
        )
        purse = self.live(checkout)
        if purse is None or amount > purse.refundable + purse.capturable:
            assert outcome in NOTHING_LEFT
            return
        assert isinstance(outcome, Operation), outcome
        purse.give_back(amount)
        self.run(self.settle())

    @precondition(lambda self: len(self.alive()) == len(self.checkouts))
    @rule(which=st.integers(0, 5))
    def undo(self, which: int) -> None:
        purse = self.purses[which % len(self.purses)]
        self.run(
            self.till.api.undo(caller=self.till.caller, key=new_key(), attempt_id=purse.attempt.id, reason="sold out")
        )
        purse.undo()
        self.run(self.settle())

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 50))
    def again(self, which: int) -> None:
        self.repeat(which)
        self.run(self.settle())

    # -- what always holds

    @invariant()
    def sums_are_the_models_and_the_ledgers(self) -> None:
        for purse in self.purses:
            now = self.run(self.till.now(purse.attempt))
            ours = self.run(self.till.our_entries(purse.attempt))
            assert (now.captured_minor, now.refunded_minor) == (purse.captured, purse.refunded)
            assert now.refunded_minor <= now.captured_minor <= now.authorised_minor == TOTAL
            sums = {kind: sum(amount for what, amount in ours if what == kind) for kind, _ in ours}
            wanted = {
                "authorised": TOTAL,
                "captured": purse.captured,
                "refunded": purse.refunded,
                "voided": purse.released,
            }
            assert sums == {kind: amount for kind, amount in wanted.items() if amount}
            if purse.attempt.gateway != "invoice":
                assert sorted(ours) == sorted(self.run(self.till.gateway_entries(purse.attempt)))

    def teardown(self) -> None:
        assert self.run(self.till.check()) == ()


async def test_money_follows_the_model(till: Till, set_clock: SetClock) -> None:
    await run_model(Money, examples=10, steps=15, till=till, set_clock=staticmethod(set_clock), clock=[0.0])


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_money_follows_the_model_for_long(till: Till, set_clock: SetClock) -> None:
    await run_model(
        Money, examples=100, steps=25, by_chance=True, till=till, set_clock=staticmethod(set_clock), clock=[0.0]
    )
