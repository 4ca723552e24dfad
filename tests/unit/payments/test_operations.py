"""What may be ordered: never above what is there, whatever is under way."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from springtide.contexts.payments.domain.operations import (
    Kind,
    Order,
    Purse,
    capture_of,
    leftover_of,
    refund_of,
    undo_of,
)
from springtide.contexts.payments.domain.view import Totals
from springtide.contracts.payments.api import AmountRefused

HELD = Purse(totals=Totals(authorised_minor=1000))
TAKEN = Purse(totals=Totals(authorised_minor=1000, captured_minor=1000))


def test_capture_takes_the_rest_when_no_sum_is_given() -> None:
    part = Purse(totals=Totals(authorised_minor=1000, captured_minor=300), lowered_minor=100)
    assert capture_of(part, None, can_part=True, can_repeat=True) == Order(kind=Kind.CAPTURE, amount_minor=600)


@pytest.mark.parametrize(
    ("purse", "amount", "can_part", "can_repeat"),
    [
        (HELD, 1001, True, True),
        (HELD, 0, True, True),
        (HELD, 999, False, True),
        (Purse(totals=Totals(authorised_minor=1000, captured_minor=300)), 1, True, False),
        (Purse(totals=HELD.totals, capturing_minor=1000), 1, True, True),
        (Purse(totals=HELD.totals, is_voiding=True), 1, True, True),
        (TAKEN, None, True, True),
    ],
)
def test_captures_that_are_refused(purse: Purse, amount: int | None, *, can_part: bool, can_repeat: bool) -> None:
    with pytest.raises(AmountRefused):
        capture_of(purse, amount, can_part=can_part, can_repeat=can_repeat)


@pytest.mark.parametrize(
    ("purse", "amount", "orders"),
    [
        (TAKEN, 400, [(Kind.REFUND, 400)]),
        (HELD, 1000, [(Kind.VOID, 1000)]),
        (HELD, 400, [(Kind.LOWER, 400)]),
        (
            Purse(totals=Totals(authorised_minor=1000, captured_minor=300)),
            500,
            [(Kind.LOWER, 500)],
        ),
        (
            Purse(totals=Totals(authorised_minor=1000, captured_minor=300)),
            1000,
            [(Kind.VOID, 700), (Kind.REFUND, 300)],
        ),
        (
            Purse(totals=Totals(authorised_minor=1000, captured_minor=300), capturing_minor=200),
            600,
            [(Kind.LOWER, 500), (Kind.REFUND, 100)],
        ),
        (Purse(totals=HELD.totals, lowered_minor=400), 600, [(Kind.VOID, 1000)]),
        (Purse(totals=HELD.totals, capturing_minor=1000), 1000, [(Kind.REFUND, 1000)]),
    ],
)
def test_what_a_refund_turns_into(purse: Purse, amount: int, orders: list[tuple[Kind, int]]) -> None:
    assert [(order.kind, order.amount_minor) for order in refund_of(purse, amount)] == orders


@pytest.mark.parametrize("purse", [HELD, TAKEN, Purse(totals=TAKEN.totals, refunding_minor=1000)])
def test_refunds_above_what_is_left_are_refused(purse: Purse) -> None:
    with pytest.raises(AmountRefused):
        refund_of(purse, 1001)
    with pytest.raises(AmountRefused):
        refund_of(Purse(totals=TAKEN.totals, refunding_minor=1000), 1)


def test_the_leftover_is_released_once_the_rest_is_captured() -> None:
    before = Purse(totals=Totals(authorised_minor=1000, captured_minor=300), lowered_minor=400)
    after = Purse(totals=Totals(authorised_minor=1000, captured_minor=600), lowered_minor=400)
    assert leftover_of(before) == ()
    assert leftover_of(after) == (Order(kind=Kind.VOID, amount_minor=400),)
    assert leftover_of(Purse(totals=after.totals, lowered_minor=400, is_voiding=True)) == ()


class Money(RuleBasedStateMachine):
    """Orders come at any time, a gateway carries them out in their order; undo at the end gives everything back."""

    def __init__(self) -> None:
        super().__init__()
        self.totals = Totals()
        self.lowered = 0
        self.queue: list[Order] = []

    @property
    def purse(self) -> Purse:
        def under_way(kind: Kind) -> int:
            return sum(order.amount_minor for order in self.queue if order.kind is kind)

        return Purse(
            totals=self.totals,
            lowered_minor=self.lowered,
            capturing_minor=under_way(Kind.CAPTURE),
            refunding_minor=under_way(Kind.REFUND),
            is_voiding=under_way(Kind.VOID) > 0,
        )

    @initialize(amount=st.integers(1, 1000))
    def authorised(self, amount: int) -> None:
        self.totals = Totals(authorised_minor=amount)

    @rule(amount=st.integers(1, 1000) | st.none())
    def capture(self, amount: int | None) -> None:
        try:
            self.queue.append(capture_of(self.purse, amount, can_part=True, can_repeat=True))
        except AmountRefused:
            assert amount is None or amount > self.purse.capturable_minor

    @rule(amount=st.integers(1, 1000))
    def refund(self, amount: int) -> None:
        possible = self.purse.refundable_minor + self.purse.capturable_minor
        try:
            orders = refund_of(self.purse, amount)
        except AmountRefused:
            assert amount > possible
            return
        self.lowered += sum(order.amount_minor for order in orders if order.kind is Kind.LOWER)
        self.queue += [order for order in orders if order.kind is not Kind.LOWER]

    @precondition(lambda self: self.queue)
    @rule()
    def gateway_answers(self) -> None:
        order, totals = self.queue.pop(0), self.totals
        captured, refunded, released = totals.captured_minor, totals.refunded_minor, totals.released_minor
        if order.kind is Kind.CAPTURE:
            assert order.amount_minor <= totals.uncaptured_minor
            captured += order.amount_minor
        elif order.kind is Kind.REFUND:
            assert order.amount_minor <= totals.refundable_minor
            refunded += order.amount_minor
        else:
            assert totals.uncaptured_minor > 0
            released += totals.uncaptured_minor
        self.totals = Totals(
            authorised_minor=totals.authorised_minor,
            captured_minor=captured,
            refunded_minor=refunded,
            released_minor=released,
        )
        self.queue += leftover_of(self.purse)

    @invariant()
    def sums_hold(self) -> None:
        totals = self.totals
        assert 0 <= totals.refunded_minor <= totals.captured_minor
        assert totals.captured_minor + totals.released_minor <= totals.authorised_minor
        assert self.purse.capturable_minor >= 0
        assert self.purse.refundable_minor >= 0

    def teardown(self) -> None:
        while self.queue:
            self.gateway_answers()
        self.queue += undo_of(self.purse)
        while self.queue:
            self.gateway_answers()
        assert (self.totals.uncaptured_minor, self.totals.refundable_minor) == (0, 0)
        assert undo_of(self.purse) == ()


TestMoney = Money.TestCase
TestMoney.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)
