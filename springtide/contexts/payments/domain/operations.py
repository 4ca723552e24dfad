"""What may be ordered of a payment's money, and what an order turns into. All amounts in minor units."""

from enum import StrEnum

import msgspec

from springtide.contexts.payments.domain.view import Totals
from springtide.contracts.payments.api import AmountRefused


class Kind(StrEnum):
    """What the gateway is asked for. LOWER asks nothing: the sum will simply never be captured."""

    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    LOWER = "lower"


class Purse(msgspec.Struct, frozen=True, kw_only=True):
    """A payment's sums with what is ordered already and not answered yet.

    `lowered_minor`: authorised, not captured, and promised never to be. `is_voiding`: a release of the rest is ordered.
    """

    totals: Totals
    lowered_minor: int = 0
    capturing_minor: int = 0
    refunding_minor: int = 0
    is_voiding: bool = False

    @property
    def capturable_minor(self) -> int:
        """Return what may still be ordered as a capture."""
        if self.is_voiding:
            return 0
        return max(self.totals.uncaptured_minor - self.lowered_minor - self.capturing_minor, 0)

    @property
    def refundable_minor(self) -> int:
        """Return what may still be ordered as a refund; captures under way count, refunds queue behind them."""
        return self.totals.refundable_minor + self.capturing_minor - self.refunding_minor


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    kind: Kind
    amount_minor: int


def capture_of(purse: Purse, amount_minor: int | None, *, can_part: bool, can_repeat: bool) -> Order:
    """Return the capture to order; `AmountRefused` above what is possible, or where a gateway takes once or whole."""
    possible = purse.capturable_minor
    if not can_repeat and (purse.totals.captured_minor or purse.capturing_minor):
        possible = 0
    amount = possible if amount_minor is None else amount_minor
    if not 0 < amount <= possible or (not can_part and amount < purse.totals.uncaptured_minor):
        msg = "This sum cannot be captured."
        raise AmountRefused(msg, wanted_minor=amount, possible_minor=possible)
    return Order(kind=Kind.CAPTURE, amount_minor=amount)


def refund_of(purse: Purse, amount_minor: int) -> tuple[Order, ...]:
    """Return what gives back `amount_minor`: a lower capture (or a void of all that is left), then refunds.

    What was not captured comes first, because a buyer who still owes is not paid: so a cancellation and the capture of
    the rest come to the same sums in either order. `AmountRefused` above what is left of the payment.
    """
    possible = purse.refundable_minor + purse.capturable_minor
    if not 0 < amount_minor <= possible:
        msg = "More than is left of the payment."
        raise AmountRefused(msg, wanted_minor=amount_minor, possible_minor=possible)
    lowered = min(amount_minor, purse.capturable_minor)
    refunded = amount_minor - lowered
    orders = []
    if lowered and lowered == purse.capturable_minor and not purse.capturing_minor:
        orders.append(Order(kind=Kind.VOID, amount_minor=purse.totals.uncaptured_minor))
    elif lowered:
        orders.append(Order(kind=Kind.LOWER, amount_minor=lowered))
    if refunded:
        orders.append(Order(kind=Kind.REFUND, amount_minor=refunded))
    return tuple(orders)


def undo_of(purse: Purse) -> tuple[Order, ...]:
    """Return what gives everything back that is not on its way back already."""
    orders = []
    free = purse.totals.uncaptured_minor - purse.capturing_minor
    if free > 0 and not purse.is_voiding:
        orders.append(Order(kind=Kind.VOID, amount_minor=free))
    if purse.refundable_minor > 0:
        orders.append(Order(kind=Kind.REFUND, amount_minor=purse.refundable_minor))
    return tuple(orders)


def leftover_of(purse: Purse) -> tuple[Order, ...]:
    """Return the release of what was promised never to be captured, once all the rest is captured."""
    left = purse.totals.uncaptured_minor
    is_finished = purse.totals.captured_minor > 0 and purse.lowered_minor >= left > 0 and not purse.capturing_minor
    if is_finished and not purse.is_voiding:
        return (Order(kind=Kind.VOID, amount_minor=left),)
    return ()
