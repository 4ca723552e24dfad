"""Line counts as a state machine: whatever staff do in whatever order, counts and money stay within bounds."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from springtide.contexts.orders.domain import counts
from springtide.contexts.orders.domain.allocations import (
    Allocations,
    returned,
    spread,
    take_for_cancelling,
    take_for_shipping,
)
from springtide.contexts.orders.domain.counts import Line, Step
from springtide.contexts.orders.domain.credits import credit
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import InvalidOrder, LineUnknown, QuantityRefused
from springtide.contracts.pricing.api import TaxedRow

MONEY = TaxedRow(gross_minor=1_001, net_minor=827, tax_minor=174, rate_bp=2100, tax_category="standard")


def sku(quantity: int, inbound: int = 0, location: str = "own") -> Allocation:
    return Allocation(sku="MUG", location=location, quantity=quantity, inbound=inbound)


def units_of(allocations: Allocations) -> int:
    return sum(allocation.quantity for allocation in allocations)


class OrderLine(RuleBasedStateMachine):
    """One line with its allocations, beside a plain model of what each unit went through."""

    @initialize(stock=st.integers(0, 6), inbound=st.integers(0, 4), other=st.integers(1, 5))
    def sell(self, stock: int, inbound: int, other: int) -> None:
        first = (sku(stock + inbound, inbound),) if stock + inbound else ()
        self.open: Allocations = (*first, sku(other, location="other"))
        self.line = Line(line=1, ordered=units_of(self.open))
        self.sold = self.open
        self.shipped: Allocations = ()
        self.released: Allocations = ()
        self.back: Allocations = ()
        self.paid = 0

    def _take(self, step: Step, before: Line) -> None:
        if step.paid_back:
            self.paid -= credit(MONEY, of=before.ordered, before=before.paid_back, units=step.paid_back).gross_minor
        self.line = step.line

    @rule(units=st.integers(1, 4))
    def cancel(self, units: int) -> None:
        if units > self.line.unshipped:
            with pytest.raises(QuantityRefused):
                counts.cancel([self.line], {1: units})
            return
        (step,) = counts.cancel([self.line], {1: units})
        taken, self.open = take_for_cancelling(self.open, units)
        self.released += taken
        self._take(step, self.line)

    @rule(units=st.integers(1, 4))
    def ship(self, units: int) -> None:
        if units > self.line.unshipped:
            with pytest.raises(QuantityRefused):
                counts.ship([self.line], {1: units})
            return
        (step,) = counts.ship([self.line], {1: units})
        taken, self.open = take_for_shipping(self.open, units)
        self.shipped += taken
        self._take(step, self.line)

    @rule(units=st.integers(1, 4))
    def refund(self, units: int) -> None:
        if units > self.line.fulfilled - self.line.refunded:
            with pytest.raises(QuantityRefused):
                counts.refund([self.line], {1: units})
            return
        (step,) = counts.refund([self.line], {1: units})
        self._take(step, self.line)

    @rule(units=st.integers(1, 4))
    def give_back(self, units: int) -> None:
        if units > self.line.fulfilled - self.line.returned:
            with pytest.raises(QuantityRefused):
                counts.take_return([self.line], {1: units})
            return
        (step,) = counts.take_return([self.line], {1: units})
        self.back += returned(self.shipped, self.line.returned, units)
        self._take(step, self.line)

    @invariant()
    def counts_are_within_bounds(self) -> None:
        line = self.line
        assert 0 <= line.returned <= line.refunded <= line.fulfilled
        assert 0 <= line.cancelled <= line.ordered - line.fulfilled

    @invariant()
    def every_unit_is_somewhere(self) -> None:
        assert units_of(self.open) == self.line.unshipped
        assert units_of(self.shipped) == self.line.fulfilled
        assert units_of(self.released) == self.line.cancelled
        assert units_of(self.back) == self.line.returned
        for location in ("own", "other"):
            here = [part for part in (*self.open, *self.shipped, *self.released) if part.location == location]
            sold = [part for part in self.sold if part.location == location]
            assert sum(part.quantity for part in here) == sum(part.quantity for part in sold)
            assert sum(part.inbound for part in here) == sum(part.inbound for part in sold)

    @invariant()
    def money_follows_units(self) -> None:
        assert 0 <= self.paid <= MONEY.gross_minor
        if self.line.paid_back == self.line.ordered:
            assert self.paid == MONEY.gross_minor


TestOrderLine = OrderLine.TestCase
TestOrderLine.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


def test_nothing_named_means_all_that_is_left() -> None:
    lines = [Line(line=1, ordered=3, cancelled=1), Line(line=2, ordered=2, fulfilled=2)]
    assert [(step.line.line, step.units) for step in counts.cancel(lines, {})] == [(1, 2)]
    assert [(step.line.line, step.units) for step in counts.ship(lines, {})] == [(1, 2)]
    with pytest.raises(QuantityRefused):
        counts.ship([lines[1]], {})
    with pytest.raises(LineUnknown):
        counts.refund(lines, {3: 1})
    with pytest.raises(InvalidOrder):
        counts.take_return(lines, {})


def test_stock_leaves_first_and_inbound_is_cancelled_first() -> None:
    open_ = (sku(5, inbound=2),)
    assert take_for_shipping(open_, 4) == ((sku(4, inbound=1),), (sku(1, inbound=1),))
    assert take_for_cancelling(open_, 3) == ((sku(3, inbound=2),), (sku(2),))


def test_a_sku_on_two_lines_shares_its_units() -> None:
    pool = {"MUG": (sku(2), sku(3, location="other"))}
    assert spread(pool, "MUG", 3) == (sku(2), sku(1, location="other"))
    assert spread(pool, "MUG", 3) == (sku(2, location="other"),)
    assert spread(pool, "NONE", 1) == ()
