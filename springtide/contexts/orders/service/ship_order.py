"""Ship and capture: units leave, and money that was only authorised is asked for."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from springtide.contexts.orders.domain import counts
from springtide.contexts.orders.domain.allocations import take_for_shipping
from springtide.contexts.orders.service.changes import (
    lock_order,
    note,
    refuse_text,
    save_lines,
    save_order,
    state_of,
)
from springtide.contexts.orders.service.read_order import read_order
from springtide.contexts.orders.store import OrderRecord, allocations_from, json_column
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import NotCapturable, Order, PaymentStatus
from springtide.contracts.orders.events import CaptureAsked, OrderShipped
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7


async def ship(tx: Tx, *, order_id: UUID, lines: Mapping[int, int], carrier: str, tracking: str) -> Order:
    """Ship quantities by line; {} means all that is left.

    The first shipment asks for all the money that is still due and authorised: gateways often allow one capture only.
    """
    refuse_text(carrier=carrier, tracking=tracking)
    locked = await lock_order(tx, order_id)
    steps = counts.ship([line.counts for line in locked.lines], lines)
    taken: dict[int, tuple[Allocation, ...]] = {}
    open_: dict[int, tuple[Allocation, ...]] = {}
    for step in steps:
        source = allocations_from(locked.line(step.line.line).open_allocations)
        taken[step.line.line], open_[step.line.line] = take_for_shipping(source, step.units)
    shipment_id = uuid7()
    head = {"id": shipment_id, "order_id": order_id, "carrier": carrier, "tracking": tracking}
    await _insert(tx, head, {step.line.line: step.units for step in steps}, taken)
    capture_minor = capturable(locked.order)
    asked = _with_capture_asked(locked.order, capture_minor)
    after = await save_order(tx, asked, await save_lines(tx, locked, steps, open_))
    units = sum(step.units for step in steps)
    await note(tx, order_id, "shipped", units=units, carrier=carrier, tracking=tracking)
    tx.emit(
        OrderShipped(
            **state_of(after),
            shipment_id=shipment_id,
            shipped=tuple(part for parts in taken.values() for part in parts),
            capture_minor=capture_minor,
        ),
        aggregate_id=order_id,
        aggregate_version=after.version,
        market=after.market,
    )
    tx.audit("order_shipped", order_id, units=str(units), capture_minor=str(capture_minor))
    return await read_order(tx, order_id)


async def capture(tx: Tx, *, order_id: UUID, reason: str) -> Order:
    """Ask for the authorised money now; `NotCapturable`."""
    refuse_text(reason=reason)
    locked = await lock_order(tx, order_id)
    amount = capturable(locked.order)
    if not amount:
        msg = "Nothing is authorised that could be captured, or it was asked for already."
        raise NotCapturable(msg, payment_status=locked.order.payment_status)
    after = await save_order(tx, _with_capture_asked(locked.order, amount), locked.lines)
    await note(tx, order_id, "capture_asked", amount_minor=amount)
    tx.emit(
        CaptureAsked(**state_of(after), amount_minor=amount, reason="asked by staff"),
        aggregate_id=order_id,
        aggregate_version=after.version,
        market=after.market,
    )
    tx.audit("order_capture_asked", order_id, amount_minor=str(amount))
    return await read_order(tx, order_id)


def capturable(order: OrderRecord) -> int:
    """Return what is authorised, still due, and neither captured nor asked for, in minor units."""
    if order.payment_status != PaymentStatus.AUTHORISED:
        return 0
    due = min(order.authorised_minor, order.total_minor + order.adjusted_minor)
    return max(0, due - max(order.captured_minor, order.capture_asked_minor))


def _with_capture_asked(order: OrderRecord, amount: int) -> OrderRecord:
    asked = max(order.captured_minor, order.capture_asked_minor) + amount if amount else order.capture_asked_minor
    return msgspec.structs.replace(order, capture_asked_minor=asked)


async def _insert(
    tx: Tx, head: Mapping[str, object], units: Mapping[int, int], taken: Mapping[int, tuple[Allocation, ...]]
) -> None:
    await tx.run("insert_shipment", {**head, "at": tx.now, "actor": tx.caller.principal})
    await tx.run(
        "insert_shipment_lines",
        {
            "id": head["id"],
            "lines": list(units),
            "quantities": list(units.values()),
            "allocations": [json_column(taken[line]) for line in units],
        },
    )
