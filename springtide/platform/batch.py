"""The transaction of a batch of calls: two network round trips, however many members it has.

The first sends BEGIN, the clock, the lookup of kept answers and what the context wants to lock and read; the second
sends every write, the kernel's rows and COMMIT. A batch with much to decide sends ahead what it has decided already
(`Batch.write_ahead`): PostgreSQL writes it meanwhile, and no round trip comes of that.

Rows travel as one JSON parameter per statement (`rows`), which PostgreSQL takes apart: far cheaper to build than arrays
of single values.
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
from springtide.platform.exchange import Ask, Exchange, Tuples
from springtide.platform.pools import BATCH_PLANS

IDLE = TransactionStatus.IDLE

_BEGIN = (b"begin",)
# What a session of batches has for good, a transaction behind a pooler sets for itself (see `Database`).
_BEGIN_POOLED = (b"begin", *(f"set local {name} = {value}".encode() for name, value in BATCH_PLANS.items()))

__all__ = ["Ask", "Batch", "Tuples", "batch", "hexed", "rows"]


def rows(of: Sequence[Mapping[str, Any] | msgspec.Struct | tuple[Any, ...]]) -> Params:
    """Return rows as the parameter `rows` of a statement with `json_to_recordset(%(rows)s)`; tuples, for rows that are
    many and wide, of one with `jsonb_array_elements(%(rows)s)`.

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
        self._server = Exchange(connection, statements, prepare=not db.is_pooled)
        self._first = _BEGIN_POOLED if db.is_pooled else _BEGIN
        self._later: list[Ask] = []
        self._sent: list[str] = []
        self.found: list[Tuples] = []

    async def begin(self, *asks: Ask) -> list[Tuples]:
        """Begin, read the clock and run `asks`, in one round trip; return the rows of each ask."""
        clock, *found = await self._exchange((("kernel_now", NO_PARAMS), *asks), first=self._first)
        ((self.now,),) = clock
        return found

    async def together(self, *asks: Ask) -> list[Tuples]:
        """Run several statements in one round trip; return the rows of each (none for a statement without rows)."""
        return await self._exchange(asks)

    def later(self, statement: str, params: Params = NO_PARAMS) -> None:
        """Send this write at the end, in order, together with the kernel's rows and the commit."""
        self._later.append((statement, params))

    async def write_ahead(self) -> None:
        """Send what was left for later now, without waiting: PostgreSQL writes it while the next members are decided.

        A write that fails fails the batch, at the latest when it commits.
        """
        asks, self._later = self._later, []
        self._sent += [statement for statement, _ in asks]
        await self._server.send(asks)

    async def commit(self, *kernel: Ask) -> None:
        """Send what was left for later, the kernel's rows and COMMIT, in one round trip."""
        await self._exchange((*self._later, *kernel), last=(b"commit",))

    async def give_up(self) -> None:
        """Roll back, unless the batch has committed."""
        connection = self._connection
        await self._server.drain()
        if not connection.closed and connection.pgconn.transaction_status != IDLE:
            await connection.rollback()

    async def _exchange(
        self, asks: Sequence[Ask], *, first: Sequence[bytes] = (), last: Sequence[bytes] = ()
    ) -> list[Tuples]:
        started, rows = perf_counter(), -1
        sent, self._sent = self._sent, []
        try:
            found = await self._server.ask(asks, first=first, last=last)
            rows = sum(map(len, found))
        finally:
            seconds = perf_counter() - started
            if seconds >= self._watch.slow_s:
                self._watch.took(seconds, [*sent, *(statement for statement, _ in asks)], rows)
        return found


@asynccontextmanager
async def batch(db: Database, caller: Caller) -> AsyncIterator[Batch]:
    """Open the unit of work of a batch. Leaving it without `commit`, or with an exception, rolls back."""
    async with db.exclusive() as (connection, statements):
        tx = Batch(db, connection, statements, caller)
        try:
            yield tx
        finally:
            await tx.give_up()
