"""Rows of attempts: read, locked, written; those of the buyers' path in batches."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.attempt import Ending, Standing
from springtide.contexts.payments.domain.view import Totals
from springtide.contracts.payments.api import Attempt, AttemptNotFound, AttemptState, LedgerKind
from springtide.platform.batch import Ask, Batch, rows
from springtide.platform.db import Read, Tx


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
            due_at=None if self.due_after_s is None else started_at + timedelta(seconds=self.due_after_s),
            tries=0,
            started_at=started_at,
            updated_at=started_at,
        )


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


def insert_attempts(new: Sequence[NewRow]) -> Ask:
    """Return the statement that writes new attempts; its rows are (id, started_at, expires_at) of those written.

    One whose id, or another live attempt of whose checkout, is there already is left out.
    """
    return "insert_attempts", rows(new)


def lock_attempts(attempt_ids: Iterable[UUID]) -> Ask:
    """Return the statement that locks attempts, in the order of their ids; read its rows by `attempt_of`."""
    return "lock_attempts", {"ids": sorted(attempt_ids)}


def attempt_of(columns: Sequence[Any]) -> AttemptRow:
    """Return a row of `lock_attempts`."""
    return AttemptRow(**dict(zip(AttemptRow.__struct_fields__, columns, strict=True)))


def save_attempts(tx: Batch, attempts: Sequence[AttemptRow]) -> None:
    """Write changed attempts back, with the commit."""
    tx.later("save_attempts", {**rows(attempts), "now": tx.now})


async def find_attempt(read: Read, attempt_id: UUID) -> AttemptRow:
    """Return an attempt; `AttemptNotFound`."""
    return _there(await read.maybe("find_attempt", {"id": attempt_id}, row=AttemptRow), attempt_id)


async def lock_attempt(tx: Tx, attempt_id: UUID) -> AttemptRow:
    """Return an attempt, locked; `AttemptNotFound`."""
    return _there(await tx.maybe("lock_attempt", {"id": attempt_id}, row=AttemptRow), attempt_id)


async def save_attempt(tx: Tx, row: AttemptRow) -> None:
    """Write a changed attempt back."""
    await tx.run("save_attempt", {**msgspec.structs.asdict(row), "now": tx.now})


async def due_ids(tx: Tx, *, lease_s: float, limit: int) -> list[UUID]:
    """Lease attempts that somebody has to look at."""
    params = {"now": tx.now, "lease_s": lease_s, "limit": limit}
    return [row.id for row in await tx.all("take_due_attempts", params, row=_Id)]


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


def _there(row: AttemptRow | None, attempt_id: UUID) -> AttemptRow:
    if row is None:
        msg = "There is no such payment attempt."
        raise AttemptNotFound(msg, attempt_id=str(attempt_id))
    return row
