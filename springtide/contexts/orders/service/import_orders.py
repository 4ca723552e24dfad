"""The bulk port: orders of history by COPY. No hold, payment, mail or webhook; one event a call with the batch's state.

Ids come from time and external reference, so importing again adds nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.orders.domain.imports import counts_of, sums_of
from springtide.contexts.orders.store import json_column
from springtide.contracts.common import Address
from springtide.contracts.orders.api import ImportedOrder, InvalidOrder
from springtide.contracts.orders.events import OrdersImported
from springtide.contracts.pricing.api import TaxedRow
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7_at

MOST_ORDERS = 500
MOST = 10**12
"""Of units and minor units in a line: a number beyond is a slip in the file."""
MOST_RATE_BP = 100_000
_CHANNEL, _LOCALE, _PAYMENT_METHOD = "import", "en", "imported"

Columns = tuple[Any, ...]


class _Batch(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    orders: int
    first_day: date
    last_day: date


def refuse_malformed(batch: str, orders: Sequence[ImportedOrder]) -> None:
    """Raise `InvalidOrder` for a call the port does not take; the money in it is not judged."""
    if not batch.strip():
        msg = "An import has a batch: it is what exempts its orders from the checks."
        raise InvalidOrder(msg, field="batch")
    if len(orders) > MOST_ORDERS:
        msg = f"At most {MOST_ORDERS} orders a call."
        raise InvalidOrder(msg, field="orders")
    for order in orders:
        if order.placed_at.tzinfo is None or not order.external_ref.system or not order.external_ref.id:
            msg = f"Order {order.external_ref.id!r} needs a time with its zone and an external reference."
            raise InvalidOrder(msg, field="orders", external_id=order.external_ref.id)
        if not (all(abs(number) <= MOST for number in _numbers(order)) and all(map(_is_rate, _rows(order)))):
            msg = f"Order {order.external_ref.id!r} has a number that is too large."
            raise InvalidOrder(msg, field="orders", external_id=order.external_ref.id)


def _rows(order: ImportedOrder) -> tuple[TaxedRow, ...]:
    return (*(line.money for line in order.lines), *order.shipping)


def _numbers(order: ImportedOrder) -> Iterator[int]:
    for line in order.lines:
        yield from (line.ordered, line.cancelled, line.returned, line.unit_minor)
    for row in _rows(order):
        yield from (row.gross_minor, row.net_minor, row.tax_minor, row.discount_minor)


def _is_rate(row: TaxedRow) -> bool:
    return 0 <= row.rate_bp <= MOST_RATE_BP


def id_of(order: ImportedOrder) -> UUID:
    """Return the id of an order of history: its time, and a hash of its reference."""
    return uuid7_at(order.placed_at, f"order:{order.external_ref.system}:{order.external_ref.id}")


async def import_orders(tx: Tx, *, batch: str, orders: Sequence[ImportedOrder]) -> int:
    """Add what is new; return how many that were."""
    by_id = {id_of(order): order for order in orders}
    known = {order_id for (order_id,) in await tx.tuples("known_orders", {"ids": list(by_id)})}
    new = {order_id: order for order_id, order in by_id.items() if order_id not in known}
    if not new:
        return 0
    await tx.copy("copy_orders", (_order(order_id, order, batch) for order_id, order in new.items()))
    await tx.copy("copy_lines", (row for order_id, order in new.items() for row in _lines(order_id, order)))
    await tx.copy("copy_shipping_rows", (row for order_id, order in new.items() for row in _shipping(order_id, order)))
    await _tell(tx, batch, new)
    return len(new)


async def _tell(tx: Tx, batch: str, new: dict[UUID, ImportedOrder]) -> None:
    days = [order.placed_at.astimezone(UTC).date() for order in new.values()]
    params = {"batch": batch, "orders": len(new), "first_day": min(days), "last_day": max(days)}
    state = await tx.one("raise_batch", params, row=_Batch)
    tx.emit(
        OrdersImported(batch=batch, orders=state.orders, first_day=str(state.first_day), last_day=str(state.last_day)),
        aggregate_id=batch,
        aggregate_version=state.version,
    )
    tx.audit("orders_imported", batch, orders=str(len(new)))


def _order(order_id: UUID, order: ImportedOrder, batch: str) -> Columns:
    sums = sums_of(order)
    address = json_column(Address(name="", line1="", city="", postcode="", country=order.country))
    return (
        order_id,
        order.external_ref.id,
        order.placed_at,
        order.market,
        order.seller,
        _LOCALE,
        order.currency,
        order.currency,
        1,
        _CHANNEL,
        "",
        batch,
        order.external_ref.system,
        order.external_ref.id,
        order.customer_ref,
        "",
        "",
        "",
        address,
        address,
        _PAYMENT_METHOD,
        list(order.notes),
        sums.units,
        sums.goods_minor,
        sums.shipping_minor,
        sums.discount_minor,
        sums.tax_minor,
        sums.total_minor,
        sums.adjusted_minor,
        sums.captured_minor,
        sums.captured_minor,
        sums.refunded_minor,
        sums.status,
        sums.payment_status,
        sums.fulfilment_status,
    )


def _lines(order_id: UUID, order: ImportedOrder) -> Iterator[Columns]:
    for number, line in enumerate(order.lines, 1):
        counts = counts_of(number, line)
        yield (
            order_id,
            number,
            line.sku,
            line.name,
            line.unit_minor,
            counts.ordered,
            counts.cancelled,
            counts.fulfilled,
            counts.returned,
            counts.refunded,
            *_money(line.money),
            True,
        )


def _shipping(order_id: UUID, order: ImportedOrder) -> Iterator[Columns]:
    for number, row in enumerate(order.shipping, 1):
        yield (order_id, number, "imported", *_money(row))


def _money(row: TaxedRow) -> Columns:
    return (row.gross_minor, row.net_minor, row.tax_minor, row.rate_bp, row.tax_category, row.discount_minor)
