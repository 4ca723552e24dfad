"""Rows of payments. Lock order: attempts that are new, by checkout; attempts, by id; then operations; then messages.

The ledger is only added to.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.attempt import Ending, Settled, Standing
from springtide.contexts.payments.domain.breaker import BreakerState
from springtide.contexts.payments.domain.operations import Kind, Order, Purse
from springtide.contexts.payments.domain.view import Totals
from springtide.contracts.payments.api import (
    Attempt,
    AttemptNotFound,
    AttemptState,
    CheckoutMoney,
    GatewaySwitch,
    GatewaySwitched,
    LedgerKind,
    Operation,
    OperationState,
    PaymentLedgerRow,
)
from springtide.platform.batch import Ask, Batch, rows
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


class NewRow(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to be written: STARTING, or as a gateway of this process has decided it.

    `entries`: what moved with it. Times are the database's: it adds `expires_after_s` and `due_after_s` to its own.
    """

    id: UUID
    checkout_id: UUID
    market: str
    method: str
    gateway: str
    amount_minor: int
    currency: str
    locale: str
    request: bytes
    request_hash: bytes
    expires_after_s: int
    due_after_s: float | None
    state: AttemptState = AttemptState.STARTING
    authorised_minor: int = 0
    captured_minor: int = 0
    provider_ref: str = ""
    decline_code: str = ""
    entries: tuple[tuple[LedgerKind, int], ...] = ()

    def row(self, started_at: datetime, expires_at: datetime) -> AttemptRow:
        """Return the attempt as it is stored now."""
        return AttemptRow(
            id=self.id,
            checkout_id=self.checkout_id,
            market=self.market,
            method=self.method,
            gateway=self.gateway,
            state=self.state,
            amount_minor=self.amount_minor,
            currency=self.currency,
            locale=self.locale,
            authorised_minor=self.authorised_minor,
            captured_minor=self.captured_minor,
            refunded_minor=0,
            released_minor=0,
            lowered_minor=0,
            version=1,
            provider_ref=self.provider_ref,
            redirect_url="",
            decline_code=self.decline_code,
            late=False,
            ending="",
            undo_reason="",
            request=self.request,
            request_hash=self.request_hash,
            expires_at=expires_at,
            due_at=None if self.due_after_s is None else in_s(started_at, self.due_after_s),
            tries=0,
            started_at=started_at,
            updated_at=started_at,
        )


class LedgerEntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger to be written."""

    id: UUID
    attempt_id: UUID
    checkout_id: UUID
    gateway: str
    kind: LedgerKind
    amount_minor: int
    currency: str
    provider_ref: str
    cause: str = ""


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


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a gateway as it came. `due_after_s`: when somebody works it off if nobody has until then."""

    gateway: str
    event_id: str
    kind: str
    merchant_reference: str
    provider_refs: list[str]
    due_after_s: float

    def row(self, received_at: datetime) -> MessageRow:
        """Return it as it was written down."""
        return MessageRow(
            gateway=self.gateway,
            event_id=self.event_id,
            merchant_reference=self.merchant_reference,
            provider_refs=self.provider_refs,
            received_at=received_at,
            tries=0,
        )


class SettledMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is worked off, and the attempt it spoke of."""

    gateway: str
    event_id: str
    attempt_id: UUID


class SwitchRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a gateway's switch stands, and who moved it there."""

    gateway: str
    state: GatewaySwitch
    reason: str
    changed_by: str
    changed_at: datetime
    before: GatewaySwitch = GatewaySwitch.ON

    def __post_init__(self) -> None:
        """Return the driver gives text for the states."""
        msgspec.structs.force_setattr(self, "state", GatewaySwitch(self.state))
        msgspec.structs.force_setattr(self, "before", GatewaySwitch(self.before))

    def told(self) -> GatewaySwitched:
        """Return the move in the contract's words."""
        return GatewaySwitched(
            gateway=self.gateway,
            before=self.before,
            state=self.state,
            by=self.changed_by,
            at=self.changed_at,
            reason=self.reason,
        )


class SightRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a process saw of a gateway at `seen_at`. `bins`: number of a bin of durations -> attempts."""

    process: str
    gateway: str
    seen_at: datetime
    breaker: BreakerState
    diverted: int
    in_flight: int
    attempts: int
    failures: int
    slow: int
    bins: dict[str, int]

    def __post_init__(self) -> None:
        """Return the driver gives text for the state."""
        msgspec.structs.force_setattr(self, "breaker", BreakerState(self.breaker))


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    attempt_id: UUID


def insert_attempts(new: Sequence[NewRow]) -> Ask:
    """Return the statement that writes new attempts; its rows are (id, started_at, expires_at) of those written.

    One whose id, or another live attempt of whose checkout, is there already is left out.
    """
    return "insert_attempts", rows(new)


def lock_attempts(attempt_ids: Iterable[UUID]) -> Ask:
    """Return the statement that locks attempts, in the order of their ids; read its rows by `attempt_of`."""
    return "lock_attempts", {"ids": sorted(attempt_ids)}


def parked_for(attempt_ids: Iterable[UUID]) -> Ask:
    """Return the statement that finds messages parked for attempts; read its rows by `message_of`."""
    return "parked_for_attempts", {"merchant_references": [str(attempt_id) for attempt_id in attempt_ids]}


def insert_messages(new: Sequence[NewMessage]) -> Ask:
    """Return the statement that writes messages down; its rows are (gateway, event_id, received_at) of the new ones."""
    return "insert_messages", rows(new)


def settle_messages(tx: Batch, settled: Sequence[SettledMessage]) -> None:
    """Note messages as worked off, with the commit."""
    tx.later("settle_messages", rows(settled))


def attempt_of(columns: Sequence[Any]) -> AttemptRow:
    """Return a row of `lock_attempts`."""
    return AttemptRow(**dict(zip(AttemptRow.__struct_fields__, columns, strict=True)))


def message_of(columns: Sequence[Any]) -> MessageRow:
    """Return a row of `parked_for`."""
    return MessageRow(**dict(zip(MessageRow.__struct_fields__, columns, strict=True)))


def save_attempts(tx: Batch, attempts: Sequence[AttemptRow]) -> None:
    """Write changed attempts back, with the commit."""
    tx.later("save_attempts", {**rows(attempts), "now": tx.now})


def append_ledger_rows(tx: Batch, entries: Sequence[LedgerEntryRow]) -> None:
    """Write what moved, with the commit."""
    tx.later("append_ledger_rows", {**rows(entries), "at": tx.now})


def ledger_rows(row: AttemptRow, entries: Iterable[tuple[LedgerKind, int]]) -> list[LedgerEntryRow]:
    """Return what moved of an attempt as rows of the ledger."""
    return [
        LedgerEntryRow(
            id=uuid7(),
            attempt_id=row.id,
            checkout_id=row.checkout_id,
            gateway=row.gateway,
            kind=kind,
            amount_minor=amount_minor,
            currency=row.currency,
            provider_ref=row.provider_ref,
        )
        for kind, amount_minor in entries
    ]


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


async def due_ids(tx: Tx, *, lease_s: float, limit: int) -> list[UUID]:
    """Lease attempts that somebody has to look at."""
    params = {"now": tx.now, "lease_s": lease_s, "limit": limit}
    return [row.id for row in await tx.all("take_due_attempts", params, row=_Id)]


async def attempts_with_due_operations(tx: Tx, limit: int) -> list[UUID]:
    """Return attempts that have an order due."""
    due = await tx.all("due_operation_attempts", {"now": tx.now, "limit": limit}, row=_LedgerRow)
    return [row.attempt_id for row in due]


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


async def tell_sights(tx: Tx, sights: Sequence[SightRow]) -> None:
    """Write what a process sees of its gateways, over what it told before."""
    params = {**rows(sights), "process": sights[0].process, "now": sights[0].seen_at}
    await tx.run("tell_sights", params)
