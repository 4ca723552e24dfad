"""A read replica: for lists and figures of the back office, which may be a little late.

What it cannot answer the primary answers: while it is away, while it is too far behind, and when recovery cancels a
statement of ours.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import errors as pg_errors
from psycopg_pool import PoolTimeout

from springtide.platform.pools import new_pool
from springtide.platform.telemetry import REPLICA_LAG_SECONDS, REPLICA_UP, logger

log = logger(__name__)

Connection = psycopg.AsyncConnection[Any]

TOO_LATE_S = 60.0
"""Older than this nothing is shown from a replica."""

_MEASURED_EVERY_S = 1.0
_LEFT_ALONE_S = 10.0
_POOL_TIMEOUT_S = 1.0

# Nothing left to replay while the stream is connected: not late, however long ago the last commit was. Without a stream
# the last commit that arrived says how old all of it is.
_LAG = """
select case
    when not pg_is_in_recovery() then 0
    when exists (select pid from pg_stat_wal_receiver)
         and pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
    else greatest(0, extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()))
end::float8
"""


class ReplicaAway(Exception):
    """The replica does not answer, is too late, or has cancelled a statement: the primary has to be asked."""


class Replica:
    """A context's schema on a standby. `lag_s`: how late it was when it was last measured, 0 while it is not used."""

    def __init__(self, url: str, context: str, *, max_connections: int) -> None:
        self._context = context
        self._pool = new_pool(
            url, context, "replica", max_connections, at_once=0, prepare_after=3, is_pooled=False,
            timeout_s=_POOL_TIMEOUT_S,
        )  # fmt: skip
        self._measured_at = -_MEASURED_EVERY_S
        self._ask_again_at = 0.0
        self.lag_s = 0.0

    async def open(self) -> None:
        """Start the pool; connections are made when they are needed."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Give every connection back."""
        await self._pool.close(timeout=3)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection whose data are fresh enough; `ReplicaAway` otherwise, also for what fails inside."""
        if time.monotonic() < self._ask_again_at:
            raise ReplicaAway
        try:
            async with self._pool.connection() as connection:
                await self._measure(connection)
                yield connection
        except pg_errors.QueryCanceled:  # our own limit: on the primary it would take as long
            raise
        except (PoolTimeout, pg_errors.OperationalError, pg_errors.InterfaceError) as error:
            self._leave_alone(str(error) or type(error).__name__)
            raise ReplicaAway from error

    async def _measure(self, connection: Connection) -> None:
        if time.monotonic() >= self._measured_at + _MEASURED_EVERY_S:
            cursor = await connection.execute(_LAG)
            ((self.lag_s,),) = await cursor.fetchall()
            self._measured_at = time.monotonic()
            REPLICA_LAG_SECONDS.labels(self._context).set(self.lag_s)
            REPLICA_UP.labels(self._context).set(1)
        if self.lag_s > TOO_LATE_S:
            why = f"{self.lag_s:.0f} s late"
            self._leave_alone(why)
            raise ReplicaAway(why)

    def _leave_alone(self, why: str) -> None:
        self._ask_again_at = time.monotonic() + _LEFT_ALONE_S
        self._measured_at = -_MEASURED_EVERY_S
        self.lag_s = 0.0
        REPLICA_UP.labels(self._context).set(0)
        log.warning("replica.away", context=self._context, why=why, asked_again_after_s=_LEFT_ALONE_S)
