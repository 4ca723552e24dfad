"""Cuts tables by time while the shop sells: makes the coming pieces, lets go of those whose time is over.

Every lock that a buyer could meet is waited for at most `_LOCK_WAIT_MS` and held for a change of the catalogue, never
for reading rows: what PostgreSQL would have to look through is proven beforehand by a check constraint, validated under
a lock that lets everybody write. Nothing that was stored moves.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import errors as pg_errors
from psycopg import sql

from springtide.platform.partitions import (
    Partitioned,
    Piece,
    boundary_after,
    first_id,
    first_name,
    is_name_of,
    name_from,
    piece,
    time_of,
)
from springtide.platform.telemetry import logger

log = logger(__name__)

Connection = psycopg.AsyncConnection[Any]

_LOCK_WAIT_MS = 200
_TRIES = 40
_PAUSE_S = 0.25
# A cut comes at least so far ahead of the newest row: process clocks differ.
_MARGIN = timedelta(hours=1)
_CUT = "cut"
_SPARE_WIDE_COLUMNS = (Path(__file__).parent / "migrations" / "wide_columns.sql").read_bytes()


@dataclass(frozen=True, slots=True)
class Cut:
    """What was done to one table: names of pieces."""

    made: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


class Cutter:
    """Looks after one partitioned table of one schema. `connection`: autocommit, as the schema's owner."""

    def __init__(self, connection: Connection, table: Partitioned, runtime: str) -> None:
        self._connection = connection
        self._table = table
        self._parent = sql.Identifier(table.table)
        self._key = sql.Identifier(table.key)
        self._runtime = sql.Identifier(runtime)

    async def turn(self, now: datetime, retention_days: Mapping[str, int]) -> Cut:
        """Make what is missing, drop what is over; return what was done. Raises what the server says."""
        done = Cut()
        await self._tidy()
        await self._cut_coming(now, done)
        days = retention_days.get(self._table.retention, 0)
        if days:
            await self._drop_over(now - timedelta(days=days), done)
        return done

    async def pieces(self) -> list[Piece]:
        """Return the partitions, oldest first."""
        cursor = await self._connection.execute(
            "select relname, pg_get_expr(relpartbound, oid), inhdetachpending"
            " from pg_inherits join pg_class on oid = inhrelid where inhparent = %s::regclass",
            [self._table.table],
        )
        found = [piece(name, bound, is_leaving=leaving) for name, bound, leaving in await cursor.fetchall()]
        return sorted(found, key=lambda one: (one.low is not None, one.low or UUID(int=0)))

    async def _tidy(self) -> None:
        """End what a turn before was interrupted in: a detach, a cut, a piece that belongs nowhere."""
        for one in await self.pieces():
            name = sql.Identifier(one.name)
            if one.is_leaving:
                await self._run("alter table {parent} detach partition {name} finalize", name=name)
            await self._patiently("alter table {name} drop constraint if exists {cut}", name=name)
        attached = {one.name for one in await self.pieces()}
        for table in await self._tables():
            if is_name_of(self._table, table) and table not in attached:
                await self._drop_left_over(table)

    async def _tables(self) -> list[str]:
        cursor = await self._connection.execute(
            "select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'"
        )
        return [name for (name,) in await cursor.fetchall()]

    async def _drop_left_over(self, name: str) -> None:
        if not self._table.retention and await self._has_rows(name):
            log.error("partition.belongs_nowhere", table=self._table.table, partition=name)
            return
        await self._run("drop table {name}", name=sql.Identifier(name))

    async def _cut_coming(self, now: datetime, done: Cut) -> None:
        """Cut the piece without an end until enough whole pieces lie ahead."""
        wanted = now
        for _ in range(self._table.ahead):
            wanted = boundary_after(self._table.every, wanted)
        while True:
            last = (await self.pieces())[-1]
            low = time_of(last.low) if last.low is not None else None
            if low is not None and low >= wanted:
                return
            done.made.append(await self._cut(last, await self._boundary(last, low, now)))

    async def _boundary(self, last: Piece, low: datetime | None, now: datetime) -> datetime:
        """Return where to cut: behind the newest row, and, unless the piece lies ahead as a whole, behind now."""
        newest = await self._newest(last.name)
        after = [now + _MARGIN] if low is None or low <= now else [low]
        if newest is not None:
            after.append(time_of(newest) + _MARGIN)
        return boundary_after(self._table.every, max(after))

    async def _newest(self, name: str) -> UUID | None:
        cursor = await self._connection.execute(
            self._made("select {key} from {name} order by {key} desc limit 1", name=sql.Identifier(name))
        )
        row = await cursor.fetchone()
        return row[0] if row else None

    async def _cut(self, last: Piece, boundary: datetime) -> str:
        """End the last piece at `boundary` and begin a new one there; return its name."""
        cut = sql.Literal(str(first_id(boundary)))
        old, name = sql.Identifier(last.name), name_from(self._table, boundary)
        low = sql.SQL("minvalue") if last.low is None else sql.Literal(str(last.low))
        above = sql.SQL("true") if last.low is None else sql.SQL("{} >= {}").format(self._key, low)
        await self._make(name)
        try:
            await self._patiently(
                "alter table {old} add constraint {cut} check ({above} and {key} < {at}) not valid",
                old=old, above=above, at=cut,
            )  # fmt: skip
            await self._run("alter table {old} validate constraint {cut}", old=old)
            await self._patiently(
                "alter table {parent} detach partition {old}",
                "alter table {parent} attach partition {old} for values from ({low}) to ({at})",
                "alter table {parent} attach partition {new} for values from ({at}) to (maxvalue)",
                "alter table {old} drop constraint {cut}",
                *(("alter table {old} rename to {first}",) if last.is_default else ()),
                old=old, low=low, at=cut, new=sql.Identifier(name), first=sql.Identifier(first_name(self._table)),
            )  # fmt: skip
        finally:
            # A check that outlived its cut would refuse rows once its time has come.
            await self._patiently("alter table if exists {old} drop constraint if exists {cut}", old=old)
        return name

    async def _make(self, name: str) -> None:
        """Make an empty piece. Rows are reached through the parent only: whoever may not there, may not here."""
        made = sql.Identifier(name)
        await self._run("create table {made} (like {parent} including all excluding identity)", made=made)
        await self._run("revoke all on {made} from {runtime}", made=made)
        await self._connection.execute(_SPARE_WIDE_COLUMNS)  # as `migrate` does for those that it makes

    async def _drop_over(self, before: datetime, done: Cut) -> None:
        """Let go of every piece that ended before `before` and may go, and close the gap at the beginning."""
        over = [
            one
            for one in await self.pieces()
            if one.high is not None and time_of(one.high) <= before and not await self._must_stay(one)
        ]
        if all(one.low is None for one in over) and not any([await self._has_rows(one.name) for one in over]):
            return
        for one in over:
            name = sql.Identifier(one.name)
            await self._run("alter table {parent} detach partition {name} concurrently", name=name)
            if await self._must_stay(one):  # came in meanwhile: it goes back, and the next turn sees it
                await self._attach(one)
                continue
            await self._run("drop table {name}", name=name)
            done.dropped.append(one.name)
        oldest = (await self.pieces())[0]
        if oldest.low is not None:
            await self._make(first_name(self._table))
            await self._attach(Piece(first_name(self._table), None, oldest.low))

    async def _attach(self, one: Piece) -> None:
        low, high = (sql.Literal(str(end)) if end else None for end in (one.low, one.high))
        await self._patiently(
            "alter table {parent} attach partition {name} for values from ({low}) to ({high})",
            name=sql.Identifier(one.name), low=low or sql.SQL("minvalue"), high=high or sql.SQL("maxvalue"),
        )  # fmt: skip

    async def _must_stay(self, one: Piece) -> bool:
        return bool(self._table.keep_if) and await self._has_rows(one.name, self._table.keep_if)

    async def _has_rows(self, name: str, condition: LiteralString = "true") -> bool:
        where = sql.SQL(condition)
        cursor = await self._connection.execute(
            self._made("select exists (select from {name} where {where})", name=sql.Identifier(name), where=where)
        )
        ((found,),) = await cursor.fetchall()
        return bool(found)

    def _made(self, statement: LiteralString, **parts: sql.Composable) -> sql.Composed:
        return sql.SQL(statement).format(
            parent=self._parent, key=self._key, runtime=self._runtime, cut=sql.Identifier(_CUT), **parts
        )

    async def _run(self, statement: LiteralString, **parts: sql.Composable) -> None:
        await self._connection.execute(self._made(statement, **parts))

    async def _patiently(self, *statements: LiteralString, **parts: sql.Composable) -> None:
        """Run statements in one transaction; give way at once when somebody holds a lock, and try again."""
        for left in reversed(range(_TRIES)):
            try:
                async with self._connection.transaction():
                    await self._connection.execute(f"set local lock_timeout = {_LOCK_WAIT_MS}")
                    for statement in statements:
                        await self._run(statement, **parts)
            except (pg_errors.LockNotAvailable, pg_errors.DeadlockDetected):
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_S)
            else:
                return
