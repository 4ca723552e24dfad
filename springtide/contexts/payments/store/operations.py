"""Orders to gateways that outlive the process that gave them: capture, void, refund."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.operations import Kind, Order, Purse
from springtide.contexts.payments.store.attempts import AttemptRow
from springtide.contracts.payments.api import Operation, OperationState
from springtide.platform.db import Read, Tx
from springtide.platform.ids import uuid7


class OperationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order to a gateway as it is stored."""

    id: UUID
    attempt_id: UUID
    checkout_id: UUID
    kind: Kind
    amount_minor: int
    state: OperationState
    reason: str
    cause: str
    why: str
    due_at: datetime | None
    tries: int
    ordered_at: datetime
    settled_at: datetime | None

    def __post_init__(self) -> None:
        """Return the driver gives text for kind and state."""
        msgspec.structs.force_setattr(self, "kind", Kind(self.kind))
        msgspec.structs.force_setattr(self, "state", OperationState(self.state))

    def told(self) -> Operation:
        """Return the operation in the contract's words: a lower capture is a void of that sum."""
        kind = Kind.VOID if self.kind is Kind.LOWER else self.kind
        return Operation(
            id=self.id,
            attempt_id=self.attempt_id,
            kind=str(kind),
            amount_minor=self.amount_minor,
            state=self.state,
            reason=self.reason,
            why=self.why,
        )


class _AttemptId(msgspec.Struct, frozen=True, kw_only=True):
    attempt_id: UUID


async def pending_operations(read: Read, attempt_id: UUID) -> list[OperationRow]:
    """Return the orders of an attempt that are not answered, oldest first."""
    return await read.all("pending_operations", {"attempt_id": attempt_id}, row=OperationRow)


async def purse_of(read: Read, attempt: AttemptRow) -> Purse:
    """Return an attempt's sums with what is ordered already."""
    pending = await pending_operations(read, attempt.id)
    return Purse(
        totals=attempt.totals,
        lowered_minor=attempt.lowered_minor,
        capturing_minor=_sum(pending, Kind.CAPTURE),
        refunding_minor=_sum(pending, Kind.REFUND),
        is_voiding=any(operation.kind is Kind.VOID for operation in pending),
    )


async def insert_operations(
    tx: Tx, attempt: AttemptRow, orders: Iterable[Order], *, reason: str, cause: str
) -> list[OperationRow]:
    """Write orders, due at once; a lower capture asks nobody and is done."""
    inserted = []
    for order in orders:
        is_done = order.kind is Kind.LOWER
        row = OperationRow(
            id=uuid7(),
            attempt_id=attempt.id,
            checkout_id=attempt.checkout_id,
            kind=order.kind,
            amount_minor=order.amount_minor,
            state=OperationState.DONE if is_done else OperationState.PENDING,
            reason=reason,
            cause=cause,
            why="",
            due_at=None if is_done else tx.now,
            tries=0,
            ordered_at=tx.now,
            settled_at=tx.now if is_done else None,
        )
        await tx.run("insert_operation", {**msgspec.structs.asdict(row), "now": tx.now})
        inserted.append(row)
    return inserted


async def take_operation(tx: Tx, attempt_id: UUID, lease_s: float) -> OperationRow | None:
    """Lease the oldest open order of an attempt when it is due."""
    params = {"attempt_id": attempt_id, "now": tx.now, "lease_s": lease_s}
    return await tx.maybe("take_operation", params, row=OperationRow)


async def attempts_with_due_operations(tx: Tx, limit: int) -> list[UUID]:
    """Return attempts that have an order due."""
    due = await tx.all("due_operation_attempts", {"now": tx.now, "limit": limit}, row=_AttemptId)
    return [row.attempt_id for row in due]


def _sum(operations: list[OperationRow], kind: Kind) -> int:
    return sum(operation.amount_minor for operation in operations if operation.kind is kind)
