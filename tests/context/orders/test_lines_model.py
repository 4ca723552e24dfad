"""Order lines against a model: cancel, ship, refund, take back in any order, in parts, with repeats and payment news.

Always: ordered = cancelled + fulfilled + open, returned ≤ refunded ≤ fulfilled, money rows add up to the unit's share,
the three states follow from the counts and the money.
"""

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from springtide.bootstrap import Node
from springtide.contracts.orders.api import InvalidOrder, LineUnknown, Order, OrdersApi, QuantityRefused
from springtide.contracts.payments.api import AttemptState
from springtide.platform.inbox import Consumer
from tests.context.orders.orders_builders import OFFICE, placed, placement
from tests.context.orders.orders_events import attempt_of, consumer_of, envelope
from tests.models import StoreModel, run_model

SHIPPING = 495
quantities = st.dictionaries(st.integers(1, 3), st.integers(1, 3), min_size=1, max_size=2)
some_lines = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 2_000)), min_size=2, max_size=3)


class Counts(msgspec.Struct):
    """What a line should count."""

    ordered: int
    gross: int
    cancelled: int = 0
    fulfilled: int = 0
    returned: int = 0
    refunded: int = 0

    @property
    def open(self) -> int:
        return self.ordered - self.cancelled - self.fulfilled


class Lines(StoreModel):
    """One order of two or three lines. `news`: captured and refunded, as payments told them one after the other."""

    api: OrdersApi
    consumer: Consumer

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[int, Counts] = {}
        self.shipping_is_back = False
        self.version = 1
        self.news: list[tuple[int, int]] = []

    @initialize(sold=some_lines)
    def place(self, sold: list[tuple[int, int]]) -> None:
        rows = {f"SKU-{number}": (units, units * price) for number, (units, price) in enumerate(sold, start=1)}
        self.placement = placement(rows)
        self.receipt = self.run(placed(self.api, self.placement))[1]
        self.lines = {
            number: Counts(ordered=units, gross=gross) for number, (units, gross) in enumerate(rows.values(), start=1)
        }
        self.total = self.placement.quote.total_minor

    # -- what the model expects

    def refusal(self, wanted: dict[int, int], possible: str) -> tuple[type[Exception], ...]:
        """Return how a wish about lines is refused, () when it is not."""
        reasons: list[type[Exception]] = []
        for number, units in wanted.items():
            line = self.lines.get(number)
            if line is None:
                reasons.append(LineUnknown)
            elif units > self.possible(line, possible):
                reasons.append(QuantityRefused)
        return tuple(reasons)

    @staticmethod
    def possible(line: Counts, what: str) -> int:
        return {
            "open": line.open,
            "to_refund": line.fulfilled - line.refunded,
            "to_return": line.fulfilled - line.returned,
        }[what]

    def took(self, outcome: Any, refusals: tuple[type[Exception], ...]) -> bool:
        """Check whether it was done or refused as expected; tell whether it was done."""
        if refusals:
            assert outcome in refusals
            return False
        assert isinstance(outcome, Order), outcome
        self.version += 1
        assert outcome.version == self.version
        return True

    # -- what happens

    @rule(wanted=quantities, all_left=st.integers(0, 4))
    def ship(self, wanted: dict[int, int], all_left: int) -> None:
        lines = {} if all_left == 1 else wanted
        outcome = self.send(
            lambda key: self.api.ship(
                caller=OFFICE, key=key, order_id=self.receipt.order_id, lines=lines, carrier="PostNL", tracking=""
            )
        )
        if self.took(outcome, self._refused_open(lines)):
            for number, units in (lines or self._left()).items():
                self.lines[number].fulfilled += units

    @rule(wanted=quantities, all_left=st.integers(0, 9))
    def cancel(self, wanted: dict[int, int], all_left: int) -> None:
        lines = {} if all_left == 1 else wanted
        outcome = self.send(
            lambda key: self.api.cancel(
                caller=OFFICE, key=key, order_id=self.receipt.order_id, lines=lines, reason="asked"
            )
        )
        if self.took(outcome, self._refused_open(lines)):
            for number, units in (lines or self._left()).items():
                self.lines[number].cancelled += units
            if all(line.cancelled == line.ordered for line in self.lines.values()):
                self.shipping_is_back = True

    def _left(self) -> dict[int, int]:
        return {number: line.open for number, line in self.lines.items() if line.open}

    def _refused_open(self, lines: dict[int, int]) -> tuple[type[Exception], ...]:
        if not lines and not self._left():
            return (QuantityRefused,)
        return self.refusal(lines, "open")

    @precondition(lambda self: any(line.fulfilled for line in self.lines.values()))
    @rule(wanted=st.one_of(quantities, st.just({})), shipping=st.booleans())
    def refund(self, wanted: dict[int, int], *, shipping: bool) -> None:
        outcome = self.send(
            lambda key: self.api.refund(
                caller=OFFICE,
                key=key,
                order_id=self.receipt.order_id,
                lines=wanted,
                shipping=shipping,
                reason="broken",
            )
        )
        refusals = self.refusal(wanted, "to_refund")
        if not wanted and not shipping:
            refusals = (InvalidOrder,)
        elif shipping and self.shipping_is_back:
            refusals = (*refusals, QuantityRefused)
        if self.took(outcome, refusals):
            self.shipping_is_back = self.shipping_is_back or shipping
            for number, units in wanted.items():
                self.lines[number].refunded += units

    @precondition(lambda self: any(line.fulfilled for line in self.lines.values()))
    @rule(wanted=quantities, restock=st.booleans())
    def take_back(self, wanted: dict[int, int], *, restock: bool) -> None:
        outcome = self.send(
            lambda key: self.api.take_return(
                caller=OFFICE,
                key=key,
                order_id=self.receipt.order_id,
                lines=wanted,
                restock=restock,
                reason="did not fit",
            )
        )
        if self.took(outcome, self.refusal(wanted, "to_return")):
            for number, units in wanted.items():
                line = self.lines[number]
                line.returned += units
                line.refunded = max(line.refunded, line.returned)

    @rule(part=st.sampled_from((0, 1, 3, 4)), back=st.sampled_from((0, 1, 4)))
    def hear_of_money(self, part: int, back: int) -> None:
        """Payments tells sums that never fall."""
        captured = self.total * part // 4
        refunded = captured * back // 4
        if captured >= self.captured and refunded >= self.refunded:
            self.news.append((captured, refunded))
            self._tell(len(self.news))
            self.version = self.order().version  # news that changes nothing is no new version

    @precondition(lambda self: len(self.news) > 1)
    @rule(which=st.integers(0, 9))
    def hear_old_news(self, which: int) -> None:
        """What is known already comes again, late and in any order: it changes nothing."""
        self._tell(1 + which % (len(self.news) - 1))

    def _tell(self, version: int) -> None:
        captured, refunded = self.news[version - 1]
        state = AttemptState.CAPTURED if captured else AttemptState.AUTHORISED
        sums = {"authorised": self.total, "captured": captured, "refunded": refunded}
        event = attempt_of(self.placement, state, version, **sums)
        self.run(self.consumer.take(envelope(event, aggregate_id=self.placement.attempt_id, version=version)))

    @property
    def captured(self) -> int:
        return self.news[-1][0] if self.news else 0

    @property
    def refunded(self) -> int:
        return self.news[-1][1] if self.news else 0

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 50))
    def again(self, which: int) -> None:
        self.repeat(which)

    # -- what always holds

    def order(self) -> Order:
        order: Order = self.run(self.api.get(caller=OFFICE, order_id=self.receipt.order_id))
        return order

    @invariant()
    def counts_money_and_states_agree(self) -> None:
        if not self.lines:
            return
        order = self.order()
        assert order.version == self.version
        self._check_counts(order)
        self._check_money(order)
        assert (order.status, order.fulfilment_status) == self._states()
        assert order.payment_status == self._payment_state()

    def _check_counts(self, order: Order) -> None:
        for line in order.lines:
            wanted = self.lines[line.line]
            assert (line.ordered, line.cancelled, line.fulfilled, line.returned) == (
                wanted.ordered,
                wanted.cancelled,
                wanted.fulfilled,
                wanted.returned,
            )
            assert line.cancelled + line.fulfilled <= line.ordered
            assert line.returned <= wanted.refunded <= line.fulfilled

    def _check_money(self, order: Order) -> None:
        rows = [row for adjustment in order.adjustments for row in adjustment.money]
        assert all(row.gross_minor == row.net_minor + row.tax_minor for row in rows)
        assert order.total_minor == self.total == sum(line.money.gross_minor for line in order.lines) + SHIPPING
        back = -sum(row.gross_minor for row in rows) - (SHIPPING if self.shipping_is_back else 0)
        shares = [Fraction(line.gross * (line.cancelled + line.refunded), line.ordered) for line in self.lines.values()]
        assert abs(back - sum(shares)) < len(shares)
        if all(share.denominator == 1 for share in shares):
            assert back == sum(shares)

    def _states(self) -> tuple[str, str]:
        wanted = sum(line.ordered - line.cancelled for line in self.lines.values())
        fulfilled = sum(line.fulfilled for line in self.lines.values())
        returned = sum(line.returned for line in self.lines.values())
        if wanted == 0:
            return "cancelled", "not_needed"
        if fulfilled == 0:
            return "open", "unfulfilled"
        if fulfilled < wanted:
            return "open", "partly_fulfilled"
        return "completed", "returned" if returned == fulfilled else "fulfilled"

    def _payment_state(self) -> str:
        if not self.captured:
            return "authorised"
        if not self.refunded:
            return "paid"
        return "refunded" if self.refunded >= self.captured else "partly_refunded"

    def teardown(self) -> None:
        assert self.run(self.api.check(caller=OFFICE)) == ()


async def test_lines_follow_the_model(api: OrdersApi, node: Node) -> None:
    await run_model(Lines, examples=18, steps=18, api=api, consumer=consumer_of(node))


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_lines_follow_the_model_for_long(api: OrdersApi, node: Node) -> None:
    await run_model(Lines, examples=150, steps=35, by_chance=True, api=api, consumer=consumer_of(node))
