"""Compare our ledger with what was read of a gateway's: what moved on either side, and all the rest by and by."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

import msgspec

from springtide.contexts.payments.providers.port import Capability, Provider
from springtide.contexts.payments.service.check_books import (
    KINDS,
    BookRow,
    Sums,
    gateway_differences,
    own_differences,
    unknown_here,
)
from springtide.contexts.payments.service.differences_reading import SETTLES_AFTER_S, Position
from springtide.contracts.common import Finding
from springtide.platform.db import Tx
from springtide.platform.differences import Comparison, note, subjects_to_see_again

AT_ONCE = 300
"""Payments a turn, of each kind: moved there, moved here, open differences, and the sweep through all."""


class ComparedRow(BookRow, frozen=True, kw_only=True):
    """An attempt in our books, and in the gateway's as we read them. `read_at` None: nothing was read of it."""

    gateway_authorised_minor: int
    gateway_captured_minor: int
    gateway_refunded_minor: int
    gateway_voided_minor: int
    moved_at: datetime
    read_at: datetime | None

    @property
    def gateway_sums(self) -> Sums:
        """Return what the gateway's books say."""
        figures = (
            self.gateway_authorised_minor,
            self.gateway_captured_minor,
            self.gateway_refunded_minor,
            self.gateway_voided_minor,
        )
        return dict(zip(KINDS, figures, strict=True))


class SumRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in a gateway's books as we read them."""

    subject: str
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    voided_minor: int
    read_at: datetime

    @property
    def sums(self) -> Sums:
        """Return what the gateway's books say."""
        figures = (self.authorised_minor, self.captured_minor, self.refunded_minor, self.voided_minor)
        return dict(zip(KINDS, figures, strict=True))


class _Moved(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    at: datetime
    attempt_id: UUID
    gateway: str


class _Attempt(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    gateway: str


def books_task(gateway: str) -> str:
    """Return the name of the comparison of our attempts at a gateway with our own ledger."""
    return f"books of {gateway}"


def gateway_task(gateway: str) -> str:
    """Return the name of the comparison of our ledger with a gateway's."""
    return f"gateway {gateway}"


async def compare_books(tx: Tx, provider: Provider, position: Position) -> Position:
    """Compare a bounded number of payments and note the differences; return how far we are."""
    gateway = provider.name
    settled_before = tx.now - timedelta(seconds=SETTLES_AFTER_S)
    known_until = _known_until(provider, position, settled_before)
    moved_there = await _moved_there(tx, gateway)
    moved_here, position = await _moved_here(tx, gateway, position, known_until)
    swept, position = await _swept(tx, gateway, position)
    again = [
        subject
        for task in (books_task(gateway), gateway_task(gateway))
        for subject in await subjects_to_see_again(tx, task, AT_ONCE)
    ]
    subjects = {*moved_there, *moved_here, *swept, *again}
    rows = await _rows(tx, gateway, subjects)
    await note(tx, _own_comparison(gateway, rows, again))
    if Capability.LIST_LEDGER in provider.capabilities:
        await _compare_with_gateway(tx, provider, known_until, subjects, rows)
    return position


def _known_until(provider: Provider, position: Position, settled_before: datetime) -> datetime | None:
    """Return up to which moment both sides are known and still; None: nothing was read of this gateway's books."""
    if Capability.LIST_LEDGER not in provider.capabilities:
        return settled_before
    return min(position.known_until, settled_before) if position.known_until else None


async def _compare_with_gateway(
    tx: Tx, provider: Provider, known_until: datetime | None, subjects: set[str], rows: list[ComparedRow]
) -> None:
    gateway = provider.name
    settled_before = tx.now - timedelta(seconds=SETTLES_AFTER_S)
    judged = [row for row in rows if _is_still(row, known_until, settled_before)]
    known = {name for row in rows for name in (str(row.attempt_id), row.provider_ref)}
    strangers = await tx.all("gateway_sums_of", {"gateway": gateway, "subjects": sorted(subjects - known)}, row=SumRow)
    settled = [stranger for stranger in strangers if stranger.read_at <= settled_before]
    findings = [
        *(finding for row in judged for finding in _differences(provider, row)),
        *(unknown_here(gateway, stranger.subject, stranger.sums) for stranger in settled),
    ]
    under_way = [str(row.attempt_id) for row in rows if row not in judged]
    waiting = {*under_way, *(stranger.subject for stranger in strangers if stranger not in settled)}
    compared = frozenset((subjects | {str(row.attempt_id) for row in judged}) - waiting)
    await note(tx, Comparison(task=gateway_task(gateway), findings=findings, subjects=compared))
    params = {"gateway": gateway, "at": tx.now + timedelta(seconds=SETTLES_AFTER_S)}
    names = [name for row in rows if row not in judged for name in (str(row.attempt_id), row.provider_ref)]
    await tx.run("compare_gateway_sums_at", {**params, "subjects": names})


def _is_still(row: ComparedRow, known_until: datetime | None, settled_before: datetime) -> bool:
    """Tell whether nothing of a payment is under way, and the gateway's books are known up to its last movement."""
    if row.is_open or known_until is None or row.moved_at > known_until:
        return False
    return row.read_at is None or row.read_at <= settled_before


def _differences(provider: Provider, row: ComparedRow) -> list[Finding]:
    return gateway_differences(provider.name, provider.ledger_kinds, row, row.gateway_sums)


def _own_comparison(gateway: str, rows: Iterable[ComparedRow], again: Iterable[str]) -> Comparison:
    """Both sides are rows of one statement: what differs differs now, whatever is under way."""
    rows = list(rows)
    compared = frozenset({*again, *(str(row.attempt_id) for row in rows)})
    return Comparison(task=books_task(gateway), findings=own_differences(rows), subjects=compared)


async def _moved_there(tx: Tx, gateway: str) -> list[str]:
    params = {"gateway": gateway, "now": tx.now, "limit": AT_ONCE}
    return [subject for (subject,) in await tx.tuples("take_gateway_sums", params)]


async def _moved_here(
    tx: Tx, gateway: str, position: Position, known_until: datetime | None
) -> tuple[list[str], Position]:
    """Return whose ledger rows are new; only settled ones: a row that commits late must not be passed by."""
    if known_until is None:
        return [], position
    found = await tx.all("ledger_after", {"after": position.ledger_after, "limit": AT_ONCE}, row=_Moved)
    rows = list(takewhile(lambda row: row.at <= known_until, found))
    if rows:
        position = msgspec.structs.replace(position, ledger_after=rows[-1].id)
    return [str(row.attempt_id) for row in rows if row.gateway == gateway], position


async def _swept(tx: Tx, gateway: str, position: Position) -> tuple[list[str], Position]:
    """Return the next attempts of all there are; after the last one from the first again."""
    rows = await tx.all("attempts_after", {"after": position.sweep_after, "limit": AT_ONCE}, row=_Attempt)
    after = rows[-1].id if len(rows) == AT_ONCE else UUID(int=0)
    position = msgspec.structs.replace(position, sweep_after=after)
    return [str(row.id) for row in rows if row.gateway == gateway], position


async def _rows(tx: Tx, gateway: str, subjects: Iterable[str]) -> list[ComparedRow]:
    ids, names = [], []
    for subject in sorted(subjects):
        try:
            ids.append(UUID(subject))
        except ValueError:
            names.append(subject)
    return await tx.all("books_of", {"gateway": gateway, "ids": ids, "names": names}, row=ComparedRow)
