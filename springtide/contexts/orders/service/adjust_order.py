"""Cancel, refund, take back: quantities and money change by an append-only adjustment, and events carry the rest.

Money rows are shares of the row as sold (`domain.credits`). Shipping is paid back when it is asked for, and when a
cancellation leaves an order of which nothing was ever shipped with nothing to ship.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from springtide.contexts.orders.domain import counts
from springtide.contexts.orders.domain.allocations import returned, take_for_cancelling
from springtide.contexts.orders.domain.counts import Step
from springtide.contexts.orders.domain.credits import credit, negative
from springtide.contexts.orders.service.changes import (
    LockedOrder,
    lock_order,
    note,
    refuse_text,
    save_lines,
    save_order,
    state_of,
)
from springtide.contexts.orders.service.read_order import read_order
from springtide.contexts.orders.store import ShipmentLineRecord, allocations_from, money_columns
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import AdjustmentKind, InvalidOrder, Order, QuantityRefused
from springtide.contracts.orders.events import OrderAdjusted
from springtide.contracts.pricing.api import TaxedRow
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7

Allocations = tuple[Allocation, ...]


class MoneyRow(msgspec.Struct, frozen=True, kw_only=True):
    """Money of an adjustment and what it is taken off: a line or a row of shipping."""

    money: TaxedRow
    line: int | None = None
    shipping_row: int | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """An adjustment as decided, before it is written."""

    kind: AdjustmentKind
    steps: list[Step]
    money: list[MoneyRow]
    reason: str
    released: Allocations = ()
    returned: Allocations = ()
    open_: dict[int, Allocations] = {}
    restocked: bool = False


async def cancel(tx: Tx, *, order_id: UUID, lines: Mapping[int, int], reason: str) -> Order:
    """Cancel unshipped quantities; {} means all that is left."""
    refuse_text(reason=reason)
    locked = await lock_order(tx, order_id)
    steps = counts.cancel([line.counts for line in locked.lines], lines)
    released: list[Allocation] = []
    open_: dict[int, Allocations] = {}
    for step in steps:
        source = allocations_from(locked.line(step.line.line).open_allocations)
        taken, open_[step.line.line] = take_for_cancelling(source, step.units)
        released += taken
    money = _line_money(locked, steps)
    if _is_all_cancelled(locked, steps):
        money += await _shipping_money(tx, locked)
    return await _write(
        tx,
        locked,
        Decision(
            kind=AdjustmentKind.CANCEL, steps=steps, money=money, reason=reason, released=tuple(released), open_=open_
        ),
    )


async def refund(tx: Tx, *, order_id: UUID, lines: Mapping[int, int], shipping: bool, reason: str) -> Order:
    """Pay back shipped quantities, and shipping when asked, without goods coming back."""
    refuse_text(reason=reason)
    if not lines and not shipping:
        msg = "Say which lines to refund, or shipping."
        raise InvalidOrder(msg, field="lines")
    locked = await lock_order(tx, order_id)
    steps = counts.refund([line.counts for line in locked.lines], lines)
    money = _line_money(locked, steps)
    if shipping:
        rows = await _shipping_money(tx, locked)
        if not rows:
            msg = "Shipping was refunded already, or there was none."
            raise QuantityRefused(msg, line=0, wanted=1, possible=0)
        money += rows
    return await _write(tx, locked, Decision(kind=AdjustmentKind.REFUND, steps=steps, money=money, reason=reason))


async def take_return(tx: Tx, *, order_id: UUID, lines: Mapping[int, int], restock: bool, reason: str) -> Order:
    """Book goods that came back; units go where they came from when `restock`."""
    refuse_text(reason=reason)
    locked = await lock_order(tx, order_id)
    steps = counts.take_return([line.counts for line in locked.lines], lines)
    back: list[Allocation] = []
    if restock:
        shipped = await tx.all("find_shipments", {"id": order_id}, row=ShipmentLineRecord)
        for step in steps:
            number = step.line.line
            source = [part for row in shipped if row.line == number for part in allocations_from(row.allocations)]
            back += returned(source, locked.line(number).returned, step.units)
    return await _write(
        tx,
        locked,
        Decision(
            kind=AdjustmentKind.RETURN,
            steps=steps,
            money=_line_money(locked, steps),
            reason=reason,
            returned=tuple(back),
            restocked=restock,
        ),
    )


def _is_all_cancelled(locked: LockedOrder, steps: Sequence[Step]) -> bool:
    after = {line.line: line.counts for line in locked.lines} | {step.line.line: step.line for step in steps}
    return all(line.cancelled == line.ordered for line in after.values())


def _line_money(locked: LockedOrder, steps: Sequence[Step]) -> list[MoneyRow]:
    rows = []
    for step in steps:
        line = locked.line(step.line.line)
        if step.paid_back:
            money = credit(line.money, of=line.ordered, before=line.counts.paid_back, units=step.paid_back)
            rows.append(MoneyRow(money=money, line=line.line))
    return rows


async def _shipping_money(tx: Tx, locked: LockedOrder) -> list[MoneyRow]:
    """Return what takes back the shipping rows that were not taken back yet."""
    gone = {row for (row,) in await tx.tuples("refunded_shipping_rows", {"id": locked.order.id})}
    return [MoneyRow(money=negative(row.money), shipping_row=row.row) for row in locked.shipping if row.row not in gone]


async def _write(tx: Tx, locked: LockedOrder, decision: Decision) -> Order:
    order = locked.order
    adjustment_id = uuid7()
    gross = sum(row.money.gross_minor for row in decision.money)
    await _insert(tx, order.id, adjustment_id, decision)
    lines = await save_lines(tx, locked, decision.steps, decision.open_)
    after = await save_order(tx, msgspec.structs.replace(order, adjusted_minor=order.adjusted_minor + gross), lines)
    units = {step.line.line: step.units for step in decision.steps}
    await note(tx, order.id, decision.kind, units=sum(units.values()), gross_minor=gross)
    tx.emit(
        OrderAdjusted(
            **state_of(after),
            adjustment_id=adjustment_id,
            kind=decision.kind,
            released=decision.released,
            returned=decision.returned,
            refund_minor=-gross,
            reason=decision.kind,
        ),
        aggregate_id=order.id,
        aggregate_version=after.version,
        market=order.market,
    )
    tx.audit(f"order_{decision.kind}", order.id, gross_minor=str(gross), units=str(sum(units.values())))
    return await read_order(tx, order.id)


async def _insert(tx: Tx, order_id: UUID, adjustment_id: UUID, decision: Decision) -> None:
    await tx.run(
        "insert_adjustment",
        {
            "id": adjustment_id,
            "order_id": order_id,
            "at": tx.now,
            "kind": decision.kind,
            "restocked": decision.restocked,
            "reason": decision.reason,
            "actor": tx.caller.principal,
        },
    )
    await tx.run(
        "insert_adjustment_lines",
        {
            "id": adjustment_id,
            "lines": [step.line.line for step in decision.steps],
            "quantities": [-step.units for step in decision.steps],
            "paid_back": [-step.paid_back for step in decision.steps],
        },
    )
    await tx.run(
        "insert_adjustment_money",
        {
            "id": adjustment_id,
            "rows": list(range(1, len(decision.money) + 1)),
            "lines": [row.line for row in decision.money],
            "shipping_rows": [row.shipping_row for row in decision.money],
            **money_columns([row.money for row in decision.money], ""),
        },
    )
