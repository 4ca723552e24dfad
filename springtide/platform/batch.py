"""The transaction of a batch of calls: two network round trips, however many members it has.

The first sends BEGIN, the clock, the lookup of kept answers and what the context wants to lock and read; the second
sends every write, the kernel's rows and COMMIT. Rows travel as one JSON parameter per statement (`rows`), which
PostgreSQL takes apart with `json_to_recordset`: far cheaper to build than arrays of single values.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import msgspec
import psycopg
from psycopg.pq import TransactionStatus

from springtide.platform.caller import Caller
from springtide.platform.db import NO_PARAMS, Database, Params, Statements, Tx
from springtide.platform.exchange import Ask, Tuples, exchange
from springtide.platform.pools import BATCH_PLANS

IDLE = TransactionStatus.IDLE

_BEGIN = (b"begin",)
# What a session of batches has for good, a transaction behind a pooler sets for itself (see `Database`).
_BEGIN_POOLED = (b"begin", *(f"set local {name} = {value}".encode() for name, value in BATCH_PLANS.items()))

__all__ = ["Ask", "Batch", "Tuples", "batch", "hexed", "rows"]


def rows(of: Sequence[Mapping[str, Any] | msgspec.Struct]) -> Params:
    """Return rows as the parameter `rows` of a statement with `json_to_recordset(%(rows)s)`.

    UUIDs, times and enums travel as text; give bytes for a `bytea` column through `hexed`,
    JSON columns as plain values or `msgspec.Raw`.
    """
    return {"rows": msgspec.json.encode(of).decode()}


def hexed(value: bytes) -> str:
    r"""Return bytes as PostgreSQL reads them into a `bytea` ("\x…")."""
    return "\\x" + value.hex()


class Batch(Tx):
    """A `Tx` for many members at once. What members emit and audit is theirs: see `member.Member`."""

    def __init__(
        self, db: Database, connection: psycopg.AsyncConnection[Any], statements: Statements, caller: Caller
    ) -> None:
        super().__init__(connection, statements, db.watch, caller, now=None)  # type: ignore[arg-type]  # set by `begin`
        self._prepare = not db.is_pooled
        self._later: list[Ask] = []
        self.found: list[Tuples] = []

    async def begin(self, *asks: Ask) -> list[Tuples]:
        """Begin, read the clock and run `asks`, in one round trip; return the rows of each ask."""
        first = _BEGIN if self._prepare else _BEGIN_POOLED
        clock, *found = await self._exchange((("kernel_now", NO_PARAMS), *asks), first=first)
        ((self.now,),) = clock
        return found

    async def together(self, *asks: Ask) -> list[Tuples]:
        """Run several statements in one round trip; return the rows of each (none for a statement without rows)."""
        return await self._exchange(asks)

    def later(self, statement: str, params: Params = NO_PARAMS) -> None:
        """Send this write at the end, in order, together with the kernel's rows and the commit."""
        self._later.append((statement, params))

    async def commit(self, *kernel: Ask) -> None:
        """Send what was left for later, the kernel's rows and COMMIT, in one round trip."""
        await self._exchange((*self._later, *kernel), last=(b"commit",))

    async def _exchange(
        self, asks: Sequence[Ask], *, first: Sequence[bytes] = (), last: Sequence[bytes] = ()
    ) -> list[Tuples]:
        started, rows = perf_counter(), -1
        try:
            found = await exchange(
                self._connection, self._statements, asks, first=first, last=last, prepare=self._prepare
            )
            rows = sum(map(len, found))
        finally:
            seconds = perf_counter() - started
            if seconds >= self._watch.slow_s:
                self._watch.took(seconds, [statement for statement, _ in asks], rows)
        return found


@asynccontextmanager
async def batch(db: Database, caller: Caller) -> AsyncIterator[Batch]:
    """Open the unit of work of a batch. Leaving it without `commit`, or with an exception, rolls back."""
    async with db.exclusive() as (connection, statements):
        try:
            yield Batch(db, connection, statements, caller)
        finally:
            if not connection.closed and connection.pgconn.transaction_status != IDLE:
                await connection.rollback()
