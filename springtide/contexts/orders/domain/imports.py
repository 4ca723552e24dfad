"""What the bulk port makes of an order of history. Everything was shipped and paid; money stays as it was."""

import msgspec

from springtide.contexts.orders.domain.counts import Line
from springtide.contexts.orders.domain.credits import share
from springtide.contexts.orders.domain.states import (
    FULFILMENT_STATES,
    ORDER_STATES,
    PAYMENT_STATES,
    MoneyMoved,
    derive,
    units_of,
)
from springtide.contracts.orders.api import (
    FulfilmentStatus,
    ImportedLine,
    ImportedOrder,
    OrderStatus,
    PaymentStatus,
)


class ImportedSums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums and states of an imported order, in minor units and units."""

    units: int
    goods_minor: int
    shipping_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    adjusted_minor: int
    captured_minor: int
    refunded_minor: int
    status: OrderStatus
    payment_status: PaymentStatus
    fulfilment_status: FulfilmentStatus


def counts_of(number: int, line: ImportedLine) -> Line:
    """Return the counts of a line: what was not cancelled was shipped, what came back was paid back."""
    return Line(
        line=number,
        ordered=line.ordered,
        cancelled=line.cancelled,
        fulfilled=line.ordered - line.cancelled,
        returned=line.returned,
        refunded=line.returned,
    )


def sums_of(order: ImportedOrder) -> ImportedSums:
    """Add up an order of history; a negative total is a credit that stood alone, and counts as refunded."""
    rows = [*(line.money for line in order.lines), *order.shipping]
    total = sum(row.gross_minor for row in rows)
    shipping = sum(row.gross_minor for row in order.shipping)
    credited = sum(_credited(line) for line in order.lines)
    units = units_of(counts_of(number, line) for number, line in enumerate(order.lines, 1))
    captured, refunded = max(total, 0), credited if total >= 0 else -total
    money = MoneyMoved(total=total, authorised=captured, captured=captured, refunded=refunded, voided=False)
    return ImportedSums(
        units=sum(line.ordered for line in order.lines),
        goods_minor=total - shipping,
        shipping_minor=shipping,
        discount_minor=sum(row.discount_minor for row in rows),
        tax_minor=sum(row.tax_minor for row in rows),
        total_minor=total,
        adjusted_minor=-credited,
        captured_minor=captured,
        refunded_minor=refunded,
        status=derive(ORDER_STATES, units),
        payment_status=PaymentStatus.REFUNDED if total < 0 else derive(PAYMENT_STATES, money),
        fulfilment_status=derive(FULFILMENT_STATES, units),
    )


def _credited(line: ImportedLine) -> int:
    units = line.cancelled + line.returned
    return share(line.money, units, line.ordered).gross_minor if 0 < units <= line.ordered else 0
