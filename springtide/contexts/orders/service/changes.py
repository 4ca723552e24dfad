"""Change an order under its row lock: lock, decide, save what changed with one version more, tell everybody."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.orders.domain.counts import Step
from springtide.contexts.orders.domain.states import (
    FULFILMENT_STATES,
    ORDER_STATES,
    PAYMENT_STATES,
    MoneyMoved,
    derive,
    units_of,
)
from springtide.contexts.orders.service.read_order import not_found
from springtide.contexts.orders.store import LineRecord, OrderRecord, ShippingRecord, json_column, statuses_of
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import InvalidOrder
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7

_LONGEST_TEXT = 500


class LockedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order's rows, its row locked until the commit."""

    order: OrderRecord
    lines: list[LineRecord]
    shipping: list[ShippingRecord]

    def line(self, number: int) -> LineRecord:
        """Return a line by its number."""
        return next(line for line in self.lines if line.line == number)


async def lock_order(tx: Tx, order_id: UUID) -> LockedOrder:
    """Lock a live order; `OrderNotFound`. An imported one is closed history: `InvalidOrder`."""
    order = await tx.maybe("lock_order", {"id": order_id}, row=OrderRecord)
    if order is None:
        raise not_found(order_id)
    if order.import_batch:
        msg = "An imported order is history and cannot be changed."
        raise InvalidOrder(msg, field="order_id")
    return LockedOrder(
        order=order,
        lines=await tx.all("find_lines", {"id": order_id}, row=LineRecord),
        shipping=await tx.all("find_shipping_rows", {"id": order_id}, row=ShippingRecord),
    )


def refuse_text(**texts: str) -> None:
    """Raise `InvalidOrder` for a text that is too long or has control characters."""
    for field, text in texts.items():
        if len(text) > _LONGEST_TEXT or not text.isprintable():
            msg = f"{field} has at most {_LONGEST_TEXT} characters on one line."
            raise InvalidOrder(msg, field=field)


async def save_lines(
    tx: Tx, locked: LockedOrder, steps: Sequence[Step], open_: dict[int, tuple[Allocation, ...]]
) -> list[LineRecord]:
    """Save the counts after `steps` and the allocations still open by line; return all lines as they are now."""
    changed = {
        step.line.line: msgspec.structs.replace(
            locked.line(step.line.line),
            cancelled=step.line.cancelled,
            fulfilled=step.line.fulfilled,
            returned=step.line.returned,
            refunded=step.line.refunded,
            open_allocations=msgspec.to_builtins(
                open_.get(step.line.line, locked.line(step.line.line).open_allocations)
            ),
        )
        for step in steps
    }
    rows = list(changed.values())
    await tx.run(
        "save_lines",
        {
            "order_id": locked.order.id,
            "lines": [row.line for row in rows],
            "cancelled": [row.cancelled for row in rows],
            "fulfilled": [row.fulfilled for row in rows],
            "returned": [row.returned for row in rows],
            "refunded": [row.refunded for row in rows],
            "open_allocations": [json_column(row.open_allocations) for row in rows],
        },
    )
    return [changed.get(line.line, line) for line in locked.lines]


async def save_order(tx: Tx, order: OrderRecord, lines: Sequence[LineRecord]) -> OrderRecord:
    """Save sums and the three derived states with one version more; return the row as it is now."""
    units = units_of(line.counts for line in lines)
    money = MoneyMoved(
        total=order.total_minor,
        authorised=order.authorised_minor,
        captured=order.captured_minor,
        refunded=order.refunded_minor,
        voided=order.is_voided,
    )
    after = msgspec.structs.replace(
        order,
        version=order.version + 1,
        status=derive(ORDER_STATES, units),
        payment_status=derive(PAYMENT_STATES, money),
        fulfilment_status=derive(FULFILMENT_STATES, units),
    )
    await tx.run("save_order", msgspec.structs.asdict(after))
    return after


async def note(tx: Tx, order_id: UUID, what: str, **facts: object) -> None:
    """Add a timeline entry; facts are figures and codes, never personal data."""
    await tx.run(
        "insert_entry",
        {
            "id": uuid7(),
            "order_id": order_id,
            "at": tx.now,
            "what": what,
            "facts": json_column({name: str(value) for name, value in facts.items()}),
            "actor": tx.caller.principal,
        },
    )


def state_of(order: OrderRecord) -> dict[str, Any]:
    """Return the fields every order event carries."""
    return {
        "order_id": order.id,
        "number": order.number,
        "market": order.market,
        "currency": order.currency,
        "total_minor": order.total_minor,
        **statuses_of(order),
    }
