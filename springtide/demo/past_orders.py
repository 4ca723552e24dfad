"""The demo's past as orders for the bulk port: net pence of the source become rows of gross, net and tax."""

from collections.abc import Iterator, Sequence

from springtide.contracts.common import ExternalRef
from springtide.contracts.orders.api import ImportedLine, ImportedOrder
from springtide.contracts.pricing.api import TaxedRow
from springtide.demo.history import HistoryOrder, vat_rate_bp
from springtide.demo.products import SOURCE
from springtide.platform.money import allocate, round_half_up

CREDIT_NOTE = "stand_alone_credit"
_BASIS_POINTS = 10_000


def past_orders(history: Iterator[HistoryOrder], names: dict[str, str]) -> Iterator[ImportedOrder]:
    """Yield imported orders. A credit of no known sale becomes an order of its own: its units come back at once and
    its money is negative, so that sums of units and revenue are right. Credits of money alone carry no line and are
    left out; `Decisions` counts them.
    """
    for order in history:
        if order.lines:
            yield _imported(order, names)


def _imported(order: HistoryOrder, names: dict[str, str]) -> ImportedOrder:
    rate_bp = vat_rate_bp(order.placed_at, order.country)
    sign = -1 if order.kind == "credit" else 1
    cancelled, returned = _taken_back(order)
    discounts = _discounts(order)
    lines = tuple(
        ImportedLine(
            sku=line.sku,
            name=line.description or names.get(line.sku, line.sku),
            ordered=line.quantity,
            cancelled=cancelled[index] if sign > 0 else 0,
            returned=returned[index] if sign > 0 else line.quantity,
            unit_minor=_with_vat(line.unit_net_minor, rate_bp),
            money=_row(sign * (line.quantity * line.unit_net_minor - discounts[index]), rate_bp, discounts[index]),
        )
        for index, line in enumerate(order.lines)
    )
    return ImportedOrder(
        external_ref=ExternalRef(system=SOURCE, id=order.external_ref),
        placed_at=order.placed_at,
        market=order.market,
        seller="uk",
        currency=order.currency,
        country=order.country,
        customer_ref=order.customer_ref or "",
        lines=lines,
        shipping=(_row(sign * order.shipping_minor, rate_bp),) if order.shipping_minor else (),
        notes=(*order.notes, *((CREDIT_NOTE,) if sign < 0 else ())),
    )


def _discounts(order: HistoryOrder) -> Sequence[int]:
    """Share the order's discount over its lines by their value, largest remainder."""
    return allocate(order.discount_minor, [max(0, line.quantity * line.unit_net_minor) for line in order.lines])


def _taken_back(order: HistoryOrder) -> tuple[list[int], list[int]]:
    cancelled = [0] * len(order.lines)
    returned = [0] * len(order.lines)
    for adjustment in order.adjustments:
        counts = cancelled if adjustment.kind == "cancel" else returned
        for line in adjustment.lines:
            counts[line.line] += line.quantity
    return cancelled, returned


def _row(net_minor: int, rate_bp: int, discount_net_minor: int = 0) -> TaxedRow:
    tax = round_half_up(net_minor * rate_bp, _BASIS_POINTS)
    return TaxedRow(
        gross_minor=net_minor + tax,
        net_minor=net_minor,
        tax_minor=tax,
        rate_bp=rate_bp,
        tax_category="standard",
        discount_minor=_with_vat(discount_net_minor, rate_bp),
    )


def _with_vat(net_minor: int, rate_bp: int) -> int:
    return net_minor + round_half_up(net_minor * rate_bp, _BASIS_POINTS)
