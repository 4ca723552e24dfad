"""What is still to be done behind the buyers' backs: unsent events, events not consumed, jobs waiting."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg import sql

from springtide.platform.bus import Bus
from springtide.settings import CONTEXTS, Settings

_POLL_S = 0.2
_UNSENT = sql.SQL("select count(*) from {} where sent_at is null")
_WAITING = sql.SQL(
    "select count(*) from {} where status in ('todo', 'doing') and coalesce(scheduled_at, now()) <= now()"
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows and messages that wait. `jobs` are due ones only."""

    unsent: int
    unconsumed: int
    jobs: int

    @property
    def total(self) -> int:
        """Return everything that waits."""
        return self.unsent + self.unconsumed + self.jobs


class BacklogMeter:
    """Asks the engines, not the shop: it works while the shop is at its limit."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bus = Bus(settings.nats_url, name="bench", namespace=settings.bus_namespace)

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._bus.open()
        self._connection = await psycopg.AsyncConnection.connect(self._settings.database_url, autocommit=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave."""
        await self._connection.close()
        await self._bus.close()

    async def now(self) -> Backlog:
        """Count."""
        unsent = jobs = 0
        for context in CONTEXTS:
            unsent += await _count(self._connection, _UNSENT, sql.Identifier(context, "outbox"))
        for context in await _with_jobs(self._connection):
            jobs += await _count(self._connection, _WAITING, sql.Identifier(context, "procrastinate_jobs"))
        lags = [await self._bus.consumer_lag(context) for context in CONTEXTS]
        return Backlog(unsent, sum(lags), jobs)

    async def drained_after(self, patience_s: float) -> float | None:
        """Wait until nothing waits; return the seconds it took, None when it takes longer than `patience_s`."""
        started = time.monotonic()
        while (await self.now()).total:
            if time.monotonic() - started > patience_s:
                return None
            await asyncio.sleep(_POLL_S)
        return time.monotonic() - started


async def _with_jobs(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    cursor = await connection.execute("select schemaname from pg_tables where tablename = 'procrastinate_jobs'")
    return [schema for (schema,) in await cursor.fetchall() if schema in CONTEXTS]


async def _count(connection: psycopg.AsyncConnection[Any], statement: sql.SQL, table: sql.Identifier) -> int:
    row = await (await connection.execute(statement.format(table))).fetchone()
    assert row is not None
    return int(row[0])
