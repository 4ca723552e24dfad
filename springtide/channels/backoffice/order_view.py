"""What the page of an order shows beyond the order itself: what may still be done to it, and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from springtide.channels.backoffice.visit import Visit
from springtide.contracts.orders.api import AdjustmentKind, Order, OrderLine, OrderStatus, PaymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLeft:
    """A line with what is left of it: to ship or cancel, to refund, to take back."""

    line: OrderLine
    unshipped: int
    refundable: int
    returnable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """Which actions the page offers. An action that cannot work now, or is not this person's, is not offered."""

    lines: Sequence[LineLeft]
    can_capture: bool
    can_ship: bool
    can_cancel: bool
    can_refund: bool
    can_return: bool
    imported: bool

    @property
    def any_action(self) -> bool:
        """Return whether there is anything to do here."""
        return self.can_capture or self.can_ship or self.can_cancel or self.can_refund or self.can_return


def view_of(order: Order, visit: Visit) -> OrderView:
    """Work out what is left of every line and which actions fit the states and the caller's scopes."""
    paid_back = _paid_back(order)
    lines = [
        LineLeft(
            line=line,
            unshipped=line.ordered - line.cancelled - line.fulfilled,
            refundable=max(0, line.fulfilled - paid_back.get(line.line, 0)),
            returnable=line.fulfilled - line.returned,
        )
        for line in order.lines
    ]
    imported = bool(order.origin.import_batch)
    mine, money = visit.can("orders.write") and not imported, visit.can("orders.refund") and not imported
    unshipped = any(left.unshipped for left in lines)
    moved = order.captured_minor > order.refunded_minor or order.payment_status is PaymentStatus.AUTHORISED
    return OrderView(
        lines=lines,
        can_capture=mine
        and order.payment_status is PaymentStatus.AUTHORISED
        and order.status is not OrderStatus.CANCELLED,
        can_ship=mine and unshipped,
        can_cancel=mine and unshipped,
        can_refund=money and moved and (any(left.refundable for left in lines) or order.shipping_minor > 0),
        can_return=money and any(left.returnable for left in lines),
        imported=imported,
    )


def _paid_back(order: Order) -> dict[int, int]:
    """Return shipped units per line whose money went back; goods that come back after a refund are those refunded."""
    refunded: dict[int, int] = {}
    returned: dict[int, int] = {}
    for adjustment in sorted(order.adjustments, key=lambda adjustment: adjustment.at):
        for line, quantity in adjustment.lines.items():
            if adjustment.kind is AdjustmentKind.REFUND:
                refunded[line] = refunded.get(line, 0) + abs(quantity)
            elif adjustment.kind is AdjustmentKind.RETURN:
                returned[line] = returned.get(line, 0) + abs(quantity)
                refunded[line] = max(refunded.get(line, 0), returned[line])
    return refunded
