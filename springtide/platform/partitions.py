"""Tables that are cut by time: where they are cut, and what the pieces are called.

Keys are UUIDv7, whose first 48 bits are milliseconds: a range of ids is a range of time. The first piece goes from the
beginning, the last one has no end, so that an id always finds its place, also when nobody has cut for months:

    first [.., 2026-12-01)   orders_2026_12 [2026-12-01, 2027-01-01)   orders_2027_01 [2027-01-01, ..)
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

_ID_BITS_BELOW_MS = 80
_PIECE = re.compile(r"_(\d{4}w\d{2}|\d{4}_\d{2}|first)$")
_BOUND = re.compile(r"^FOR VALUES FROM \((?:MINVALUE|'([0-9a-f-]{36})')\) TO \((?:MAXVALUE|'([0-9a-f-]{36})')\)$")


class Every(StrEnum):
    """How long the time of one piece is."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioned:
    """A table cut by the time in its ids. `key`: the column of the ids; `ahead`: how many pieces to have in advance.

    `retention`: the setting that says for how many days pieces are kept; empty: for ever.
    `keep_if`: a condition on rows; a piece that has one such row is kept whatever its age.
    """

    table: str
    key: str = "id"
    every: Every = Every.MONTH
    ahead: int = 2
    retention: str = ""
    keep_if: LiteralString = ""


KERNEL = (
    Partitioned(table="outbox", every=Every.WEEK, retention="outbox_days", keep_if="sent_at is null"),
    Partitioned(table="audit", retention="audit_days"),
)
"""What every context's schema has."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A partition. `low` and `high` are ids, None where it has no end; `is_leaving`: a detach was interrupted."""

    name: str
    low: UUID | None
    high: UUID | None
    is_default: bool = False
    is_leaving: bool = False


def piece(name: str, bound: str, *, is_leaving: bool = False) -> Piece:
    """Return a partition from its bound as PostgreSQL prints it; ValueError for one that nobody here has cut."""
    if bound == "DEFAULT":
        return Piece(name, None, None, is_default=True, is_leaving=is_leaving)
    found = _BOUND.match(bound)
    if found is None:
        msg = f"{name}: not a range of ids: {bound}"
        raise ValueError(msg)
    low, high = (UUID(text) if text else None for text in found.groups())
    return Piece(name, low, high, is_leaving=is_leaving)


def first_id(moment: datetime) -> UUID:
    """Return the smallest id of a moment: every UUIDv7 made at it or later is not below."""
    return UUID(int=round(moment.timestamp() * 1000) << _ID_BITS_BELOW_MS)


def time_of(an_id: UUID) -> datetime:
    """Return the moment in a UUIDv7; OverflowError for what is no UUIDv7 and lies beyond all calendars."""
    return datetime.fromtimestamp((an_id.int >> _ID_BITS_BELOW_MS) / 1000, UTC)


def boundary_after(every: Every, moment: datetime) -> datetime:
    """Return the next Monday, or the next first of a month, at midnight in UTC; never `moment` itself."""
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if every is Every.WEEK:
        return midnight + timedelta(days=7 - midnight.weekday())
    return (midnight.replace(day=28) + timedelta(days=4)).replace(day=1)


def name_from(table: Partitioned, low: datetime) -> str:
    """Return the name of the piece that begins at a boundary."""
    if table.every is Every.WEEK:
        year, week, _ = low.isocalendar()
        return f"{table.table}_{year}w{week:02}"
    return f"{table.table}_{low:%Y_%m}"


def first_name(table: Partitioned) -> str:
    """Return the name of the piece from the beginning."""
    return f"{table.table}_first"


def is_name_of(table: Partitioned, name: str) -> bool:
    """Tell whether a table is called as a piece of `table`."""
    return bool(_PIECE.fullmatch(name.removeprefix(table.table))) if name.startswith(table.table) else False
