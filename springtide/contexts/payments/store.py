"""Rows of payments. Lock order: attempt, then operation, then message; the ledger is only added to."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.attempt import Ending, Settled, Standing
from springtide.contexts.payments.domain.operations import Kind, Order, Purse
from springtide.contexts.payments.domain.view import Totals
from springtide.contracts.payments.api import (
    Attempt,
    AttemptNotFound,
    AttemptState,
    CheckoutMoney,
    Operation,
    OperationState,
    PaymentLedgerRow,
)
from springtide.platform.db import Read, Statements, Tx
from springtide.platform.ids import uuid7

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as it is stored."""

    id: UUID
    checkout_id: UUID
    market: str
    method: str
    gateway: str
    state: AttemptState
    amount_minor: int
    currency: str
    locale: str
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    released_minor: int
    lowered_minor: int
    version: int
    provider_ref: str
    redirect_url: str
    decline_code: str
    late: bool
    ending: Ending
    undo_reason: str
    request: bytes
    request_hash: bytes
    expires_at: datetime
    due_at: datetime | None
    tries: int
    started_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        """Return the driver gives text for the state."""
        msgspec.structs.force_setattr(self, "state", AttemptState(self.state))

    @property
    def totals(self) -> Totals:
        """Return the sums."""
        return Totals(
            authorised_minor=self.authorised_minor,
            captured_minor=self.captured_minor,
            refunded_minor=self.refunded_minor,
            released_minor=self.released_minor,
        )

    @property
    def standing(self) -> Standing:
        """Return what decisions are made on."""
        return Standing(state=self.state, totals=self.totals, ending=self.ending)


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


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a gateway that waits to be worked off."""

    gateway: str
    event_id: str
    merchant_reference: str
    provider_refs: list[str]
    received_at: datetime
    tries: int


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    attempt_id: UUID


async def insert_attempt(tx: Tx, attempt: AttemptRow) -> bool:
    """Write a new attempt; False when its id or another live attempt of its checkout is there already."""
    return await tx.run("insert_attempt", {**msgspec.structs.asdict(attempt), "now": tx.now}) == 1


async def find_attempt(read: Read, attempt_id: UUID) -> AttemptRow:
    """Return an attempt; `AttemptNotFound`."""
    return _there(await read.maybe("find_attempt", {"id": attempt_id}, row=AttemptRow), attempt_id)


async def lock_attempt(tx: Tx, attempt_id: UUID) -> AttemptRow:
    """Return an attempt, locked; `AttemptNotFound`."""
    return _there(await tx.maybe("lock_attempt", {"id": attempt_id}, row=AttemptRow), attempt_id)


async def save_attempt(tx: Tx, row: AttemptRow) -> None:
    """Write a changed attempt back."""
    await tx.run("save_attempt", {**msgspec.structs.asdict(row), "now": tx.now})


async def append_ledger(tx: Tx, row: AttemptRow, settled: Settled, cause: str) -> None:
    """Write what moved."""
    for kind, amount_minor in settled.entries:
        await tx.run(
            "append_ledger",
            {
                "id": uuid7(),
                "at": tx.now,
                "attempt_id": row.id,
                "checkout_id": row.checkout_id,
                "gateway": row.gateway,
                "kind": kind,
                "amount_minor": amount_minor,
                "currency": row.currency,
                "provider_ref": row.provider_ref,
                "cause": cause,
            },
        )


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
    rows = []
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
        rows.append(row)
    return rows


async def take_operation(tx: Tx, attempt_id: UUID, lease_s: float) -> OperationRow | None:
    """Lease the oldest open order of an attempt when it is due."""
    params = {"attempt_id": attempt_id, "now": tx.now, "lease_s": lease_s}
    return await tx.maybe("take_operation", params, row=OperationRow)


async def due_ids(tx: Tx, *, lease_s: float, limit: int) -> list[UUID]:
    """Lease attempts that somebody has to look at."""
    params = {"now": tx.now, "lease_s": lease_s, "limit": limit}
    return [row.id for row in await tx.all("take_due_attempts", params, row=_Id)]


async def attempts_with_due_operations(tx: Tx, limit: int) -> list[UUID]:
    """Return attempts that have an order due."""
    rows = await tx.all("due_operation_attempts", {"now": tx.now, "limit": limit}, row=_LedgerRow)
    return [row.attempt_id for row in rows]


async def attempt_of_message(read: Read, message: MessageRow) -> UUID | None:
    """Return the attempt a message speaks of: by our own reference, else by the gateway's names."""
    own = _uuid(message.merchant_reference)
    known = None if own is None else await read.maybe("find_attempt", {"id": own}, row=AttemptRow)
    if known is not None:
        return known.id
    params = {"gateway": message.gateway, "provider_refs": message.provider_refs}
    found = await read.maybe("find_attempt_by_refs", params, row=_Id)
    return None if found is None else found.id


async def money_page(read: Read, after: UUID | None, limit: int) -> list[CheckoutMoney]:
    """Return sums per checkout by id."""
    return await read.all("money_of_checkouts", {"after": after, "limit": limit}, row=CheckoutMoney)


async def ledger_of(read: Read, checkout_id: UUID) -> list[PaymentLedgerRow]:
    """Return the ledger of a checkout, oldest first."""
    return await read.all("ledger_of_checkout", {"checkout_id": checkout_id}, row=PaymentLedgerRow)


def attempt_told(row: AttemptRow, decline: str) -> Attempt:
    """Return the attempt in the contract's words; `decline` is the sentence for the buyer."""
    return Attempt(
        id=row.id,
        checkout_id=row.checkout_id,
        market=row.market,
        method=row.method,
        gateway=row.gateway,
        state=row.state,
        amount_minor=row.amount_minor,
        currency=row.currency,
        authorised_minor=row.authorised_minor,
        captured_minor=row.captured_minor,
        refunded_minor=row.refunded_minor,
        version=row.version,
        redirect_url=row.redirect_url if row.state is AttemptState.AWAITING_BUYER else "",
        decline=decline,
        late=row.late,
        expires_at=row.expires_at,
        provider_ref=row.provider_ref,
    )


def in_s(now: datetime, seconds: float) -> datetime:
    """Return the moment so many seconds from now."""
    return now + timedelta(seconds=seconds)


def _sum(operations: list[OperationRow], kind: Kind) -> int:
    return sum(operation.amount_minor for operation in operations if operation.kind is kind)


def _there(row: AttemptRow | None, attempt_id: UUID) -> AttemptRow:
    if row is None:
        msg = "There is no such payment attempt."
        raise AttemptNotFound(msg, attempt_id=str(attempt_id))
    return row


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
