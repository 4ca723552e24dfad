"""Order a capture or a refund: written down with its audit row, carried out afterwards."""

from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.operations import Kind, Order, capture_of, refund_of
from springtide.contexts.payments.providers.port import Capability
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store.attempts import AttemptRow, save_attempt
from springtide.contexts.payments.store.operations import insert_operations, purse_of
from springtide.contracts.payments.api import AttemptNotFound, AttemptNotLive, AttemptState, Operation
from springtide.platform.db import Tx


async def order_capture(tools: Tools, tx: Tx, *, checkout_id: UUID, amount_minor: int | None, reason: str) -> Operation:
    """Order a capture of the checkout's authorised attempt. `AmountRefused`, `AttemptNotLive`."""
    row = await _with_money(tx, checkout_id)
    if row.state is not AttemptState.AUTHORISED:
        msg = "There is nothing left to capture."
        raise AttemptNotLive(msg, state=str(row.state))
    order = capture_of(
        await purse_of(tx, row),
        amount_minor,
        can_part=tools.registry.has(row.gateway, Capability.PARTIAL_CAPTURE),
        can_repeat=tools.registry.has(row.gateway, Capability.MULTI_CAPTURE),
    )
    return await _write(tx, row, (order,), reason=reason, cause=reason)


async def order_refund(tx: Tx, *, checkout_id: UUID, amount_minor: int, reason: str, cause: str) -> Operation:
    """Order what gives back a sum: a refund, a void, or a lower capture. `AmountRefused`, `AttemptNotLive`."""
    row = await _with_money(tx, checkout_id)
    orders = refund_of(await purse_of(tx, row), amount_minor)
    lowered = sum(order.amount_minor for order in orders if order.kind is Kind.LOWER)
    if lowered:
        row = msgspec.structs.replace(row, lowered_minor=row.lowered_minor + lowered)
        await save_attempt(tx, row)
    return await _write(tx, row, orders, reason=reason, cause=cause)


async def _write(tx: Tx, row: AttemptRow, orders: tuple[Order, ...], *, reason: str, cause: str) -> Operation:
    rows = await insert_operations(tx, row, orders, reason=reason, cause=cause)
    for order in orders:
        tx.audit(f"{order.kind}_ordered", row.id, amount_minor=order.amount_minor, cause=cause)
    return rows[0].told()


async def _with_money(tx: Tx, checkout_id: UUID) -> AttemptRow:
    found = await tx.all("lock_money_attempts", {"checkout_id": checkout_id}, row=AttemptRow)
    if found:
        return found[0]
    others = await tx.all("attempts_of_checkout", {"checkout_id": checkout_id}, row=AttemptRow)
    if not others:
        msg = "There is no payment for this checkout."
        raise AttemptNotFound(msg, checkout_id=str(checkout_id))
    msg = "There is no money in this payment."
    raise AttemptNotLive(msg, state=str(others[0].state))
