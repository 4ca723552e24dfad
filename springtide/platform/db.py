"""PostgreSQL for one context: named statements, reading (`Read`) and writing (`Tx`) units of work.

One request or message is one transaction, opened and committed by `Database.tx` at the edge of a use case. Inner code
gets a `Tx` and cannot commit. Leaving the block with an exception rolls everything back, events included.

Facts, outbox rows, audit rows and the idempotency row are sent together and commit together.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import msgspec
import psycopg
from prometheus_client import Counter
from psycopg import errors as pg_errors
from psycopg.rows import class_row, dict_row, scalar_row, tuple_row
from psycopg_pool import PoolTimeout

from springtide.platform import gauges
from springtide.platform.caller import Caller
from springtide.platform.errors import SpringtideError, Unavailable
from springtide.platform.events import MAX_EVENT_BYTES, Event
from springtide.platform.ids import uuid7
from springtide.platform.pools import BATCH_PLANS, Pool, new_pool
from springtide.platform.replica import Replica, ReplicaAway
from springtide.platform.slow import DEFAULT_SLOW_S, Watch
from springtide.platform.telemetry import Counted, count_all, current_trace

Row = TypeVar("Row")
Found = TypeVar("Found")
Params = Mapping[str, Any]
NO_PARAMS: Params = {}
_Cursor = psycopg.AsyncCursor[Any]


_open_transactions: ContextVar[int] = ContextVar("springtide_open_transactions", default=0)


class DatabaseUnavailable(Unavailable):
    """The database of a context does not answer, or has no connection free."""

    code = "database_unavailable"
    title = "The shop cannot take this right now"


class UniqueViolation(SpringtideError):
    """A unique index said no. `constraint` names it, so that the use case can turn it into a refusal by name."""

    code = "unique_violation"

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


def transaction_is_open() -> bool:
    """Tell whether this task is inside a transaction: then no call to the outside may be made (promise 4)."""
    return _open_transactions.get() > 0


@contextmanager
def _unit_of_work() -> Iterator[None]:
    token = _open_transactions.set(_open_transactions.get() + 1)
    try:
        yield
    finally:
        _open_transactions.reset(token)


class Statements:
    """The named statements of a `queries.sql`: each starts with a line `-- name: verb_noun`."""

    def __init__(self, by_name: Mapping[str, str]) -> None:
        self.by_name = dict(by_name)
        self._encoded = {name: f"/* {name} */ {text}".encode() for name, text in self.by_name.items()}

    @classmethod
    def load(cls, *paths: Path) -> "Statements":
        """Read one or several files; a name used twice raises ValueError."""
        found: dict[str, str] = {}
        for path in paths:
            for chunk in path.read_text(encoding="utf-8").split("-- name:")[1:]:
                name, _, text = chunk.partition("\n")
                if name.strip() in found:
                    msg = f"{path}: statement {name.strip()!r} is there twice"
                    raise ValueError(msg)
                found[name.strip()] = text.strip()
        return cls(found)

    def __getitem__(self, name: str) -> bytes:
        return self._encoded[name]

    def merged(self, other: "Statements") -> "Statements":
        """Return both sets in one; the context's own names win nothing: a clash raises ValueError."""
        clash = self.by_name.keys() & other.by_name.keys()
        if clash:
            msg = f"statements defined twice: {sorted(clash)}"
            raise ValueError(msg)
        return Statements({**self.by_name, **other.by_name})


class Read:
    """Reading code gets this: named statements in, typed rows out. `row` classes take the columns as keywords."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], statements: Statements, watch: Watch) -> None:
        self._connection = connection
        self._statements = statements
        self._watch = watch

    async def _execute(self, cursor: _Cursor, statement: str, params: Params) -> None:
        started, rows = perf_counter(), -1
        try:
            await cursor.execute(self._statements[statement], params)
            rows = cursor.rowcount
        finally:
            self._watch.took(perf_counter() - started, (statement,), rows)

    async def all(self, statement: str, params: Params = NO_PARAMS, *, row: type[Row]) -> list[Row]:
        """Return every row as `row`."""
        async with self._connection.cursor(row_factory=class_row(row)) as cursor:
            await self._execute(cursor, statement, params)
            return await cursor.fetchall()

    async def maybe(self, statement: str, params: Params = NO_PARAMS, *, row: type[Row]) -> Row | None:
        """Return the first row as `row`, or None."""
        async with self._connection.cursor(row_factory=class_row(row)) as cursor:
            await self._execute(cursor, statement, params)
            return await cursor.fetchone()

    async def one(self, statement: str, params: Params = NO_PARAMS, *, row: type[Row]) -> Row:
        """Return the one row as `row`; LookupError when there is none."""
        found = await self.maybe(statement, params, row=row)
        if found is None:
            raise LookupError(statement)
        return found

    async def dicts(self, statement: str, params: Params = NO_PARAMS) -> list[dict[str, Any]]:
        """Return every row as a dict: for reports whose columns are the answer."""
        async with self._connection.cursor(row_factory=dict_row) as cursor:
            await self._execute(cursor, statement, params)
            return await cursor.fetchall()

    async def tuples(self, statement: str, params: Params = NO_PARAMS) -> list[tuple[Any, ...]]:
        """Return every row as a tuple."""
        async with self._connection.cursor(row_factory=tuple_row) as cursor:
            await self._execute(cursor, statement, params)
            return await cursor.fetchall()

    async def value(self, statement: str, params: Params = NO_PARAMS) -> Any:  # noqa: ANN401 - a column of any type
        """Return the first column of the first row, or None."""
        async with self._connection.cursor(row_factory=scalar_row) as cursor:
            await self._execute(cursor, statement, params)
            return await cursor.fetchone()

    async def stream(self, statement: str, params: Params = NO_PARAMS, *, row: type[Row]) -> AsyncIterator[Row]:
        """Yield rows one by one through a server-side cursor: constant memory for checks and exports."""
        name = f"stream_{uuid7().hex}"
        async with self._connection.cursor(name=name, row_factory=class_row(row)) as cursor:
            cursor.itersize = 2_000
            await cursor.execute(self._statements[statement], params)
            async for found in cursor:
                yield found


class PendingEvent(msgspec.Struct, frozen=True):
    """An event waiting for its transaction's commit."""

    event: Event
    aggregate_id: str
    aggregate_version: int
    market: str


class Tx(Read):
    """Writing code gets this: everything `Read` can, plus writing, events and audit rows. It cannot commit.

    `now` is the owning database's time (plus the test offset), read in the first statement: the one clock that judges
    expiry and deadlines.
    """

    def __init__(
        self,
        connection: psycopg.AsyncConnection[Any],
        statements: Statements,
        watch: Watch,
        caller: Caller,
        now: datetime,
    ) -> None:
        super().__init__(connection, statements, watch)
        self.caller = caller
        self.now = now
        self.connection = connection  # for job deferral in the same transaction, nothing else
        self._events: list[PendingEvent] = []
        self._audits: list[tuple[str, str, bytes]] = []
        self.counted: list[Counted] = []

    async def run(self, statement: str, params: Params = NO_PARAMS) -> int:
        """Execute one writing statement; return the number of rows it touched."""
        async with self._connection.cursor() as cursor:
            await self._execute(cursor, statement, params)
            return cursor.rowcount

    async def copy(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Write many rows through a named COPY … FROM STDIN statement: for bulk imports."""
        async with self._connection.cursor() as cursor, cursor.copy(self._statements[statement]) as copy:
            for row in rows:
                await copy.write_row(row)

    def emit(self, event: Event, *, aggregate_id: object, aggregate_version: int, market: str = "") -> None:
        """Add an event to this transaction's outbox rows. Take `aggregate_version` under the aggregate's row lock."""
        self._events.append(PendingEvent(event, str(aggregate_id), aggregate_version, market))

    def audit(self, action: str, aggregate_id: object, **difference: Any) -> None:  # noqa: ANN401 - JSON values
        """Add an audit row: who did what to which aggregate. Never personal data in `difference`: field names only."""
        self._audits.append((action, str(aggregate_id), msgspec.json.encode(difference)))

    def count(self, counter: Counter, *labels: str, by: float = 1.0) -> None:
        """Count something once this transaction has committed."""
        self.counted.append((counter, labels, by))

    @property
    def has_events(self) -> bool:
        """Tell whether the relay has to be woken after the commit."""
        return bool(self._events)

    async def flush(self) -> None:
        """Send outbox and audit rows; called once by `Database.tx` right before the commit."""
        if self._events:
            await self.run("kernel_append_outbox", self._outbox_arrays())
        if self._audits:
            await self.run(
                "kernel_append_audit",
                {
                    "ids": [uuid7() for _ in self._audits],
                    "actions": [action for action, _, _ in self._audits],
                    "aggregates": [aggregate for _, aggregate, _ in self._audits],
                    "differences": [difference.decode() for _, _, difference in self._audits],
                    "actor": self.caller.principal,
                    "request_id": self.caller.request_id,
                    "reason": self.caller.reason,
                    "at": self.now,
                },
            )

    def _outbox_arrays(self) -> Params:
        return {
            "ids": [uuid7() for _ in self._events],
            "types": [pending.event.TYPE for pending in self._events],
            "versions": [pending.event.VERSION for pending in self._events],
            "aggregates": [pending.aggregate_id for pending in self._events],
            "aggregate_versions": [pending.aggregate_version for pending in self._events],
            "markets": [pending.market for pending in self._events],
            "payloads": [encode_event(pending.event) for pending in self._events],
            "actor": self.caller.principal,
            "cause": self.caller.request_id,
            "trace": current_trace(),
            "at": self.now,
        }


def encode_event(event: Event) -> bytes:
    """Return an event's payload as JSON; ValueError when it is larger than what travels."""
    encoded = msgspec.json.encode(event)
    if len(encoded) > MAX_EVENT_BYTES:  # the relay could never publish it, nor what stands behind it
        msg = f"{event.TYPE}: an event has at most {MAX_EVENT_BYTES} bytes, not {len(encoded)}"
        raise ValueError(msg)
    return encoded


class Database:
    """The schema of one context behind a bounded pool. Opening does not wait for the server: a context starts and
    says 503 while its database is away.

    `is_pooled`: there is a PgBouncer in transaction mode between. `replica_url`: a standby for `late`.
    `slow_s`: statements that take longer are logged by name (0: none).
    """

    def __init__(
        self,
        url: str,
        context: str,
        statements: Statements,
        *,
        max_connections: int = 4,
        is_pooled: bool = False,
        replica_url: str = "",
        slow_s: float = DEFAULT_SLOW_S,
    ) -> None:
        self.context = context
        self.url = url
        self.is_pooled = is_pooled
        self.watch = Watch(context, slow_s)
        self.wake_relay = asyncio.Event()
        self._statements = statements.merged(KERNEL)
        self._pool = new_pool(
            url, context, "pool", max_connections, at_once=1, prepare_after=3, is_pooled=is_pooled
        )  # fmt: skip
        # A connection for batches: `platform.exchange` prepares its own statements there.
        self._batches = new_pool(
            url, context, "batches", 1, at_once=0, prepare_after=None, is_pooled=is_pooled,
            more=" ".join(f"-c {name}={value}" for name, value in BATCH_PLANS.items()),
        )  # fmt: skip
        self._replica = Replica(replica_url, context, max_connections=max_connections) if replica_url else None
        gauges.watch_pools(self)

    async def open(self) -> None:
        """Start the pool; connections are made in the background."""
        await self._pool.open(wait=False)
        await self._batches.open(wait=False)
        if self._replica is not None:
            await self._replica.open()

    def pools(self) -> Iterator[tuple[str, Mapping[str, int]]]:
        """Yield the pools by name with their own figures (`psycopg_pool`'s statistics)."""
        yield "statements", self._pool.get_stats()
        yield "batches", self._batches.get_stats()

    async def close(self) -> None:
        """Give every connection back."""
        gauges.forget_pools(self)
        await self._pool.close(timeout=3)
        await self._batches.close(timeout=3)
        if self._replica is not None:
            await self._replica.close()

    async def ping(self) -> None:
        """Ask for the time; `DatabaseUnavailable`."""
        async with self._connection() as connection:
            await self._now(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Read]:
        """Open a reading unit of work: each statement sees what was committed when it started."""
        async with self._connection() as connection:
            with _unit_of_work():
                yield Read(connection, self._statements, self.watch)

    async def late(self, work: Callable[[Read], Awaitable[Found]]) -> Found:
        """Do reading work that may be a little late: on the replica, or on the primary when there is none to ask.

        `work` is done again on the primary when the replica goes away in the middle.
        """
        if self._replica is not None:
            try:
                async with self._replica.connection() as connection:
                    with _unit_of_work():
                        return await work(Read(connection, self._statements, self.watch))
            except ReplicaAway:
                pass  # told by the replica itself
            except pg_errors.QueryCanceled as error:
                raise self._unavailable() from error
        async with self.read() as read:
            return await work(read)

    @property
    def late_by_s(self) -> float:
        """Return how late `late` was when last measured, in seconds; 0 when the primary answers."""
        return self._replica.lag_s if self._replica is not None else 0.0

    @asynccontextmanager
    async def snapshot(self, *, timeout_s: int = 600) -> AsyncIterator[Read]:
        """Open a repeatable-read unit of work with a longer limit: for checks and exports, never for a buyer."""
        async with self._connection() as connection, connection.transaction():
            await connection.execute("set transaction isolation level repeatable read read only")
            await connection.execute(f"set local statement_timeout = {int(timeout_s) * 1000}")
            with _unit_of_work():
                yield Read(connection, self._statements, self.watch)

    @asynccontextmanager
    async def tx(self, caller: Caller, *, timeout_s: int | None = None) -> AsyncIterator[Tx]:
        """Open a writing unit of work; commit when the block ends, roll back when it raises.

        `timeout_s` lifts the statement limit for bulk imports.
        """
        async with self._connection() as connection:
            with _unit_of_work():
                async with connection.transaction():
                    tx = Tx(connection, self._statements, self.watch, caller, await self._now(connection))
                    if timeout_s is not None:
                        await connection.execute(f"set local statement_timeout = {int(timeout_s) * 1000}")
                    yield tx
                    await tx.flush()
            count_all(tx.counted)
            if tx.has_events:
                self.wake_relay.set()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[tuple[psycopg.AsyncConnection[Any], Statements]]:
        """Lend the connection of batches (autocommit) and the statements: the batch begins and commits itself."""
        async with self._connection(self._batches) as connection:
            with _unit_of_work():
                yield connection, self._statements

    async def _now(self, connection: psycopg.AsyncConnection[Any]) -> datetime:
        async with connection.cursor(row_factory=scalar_row) as cursor:
            await cursor.execute(self._statements["kernel_now"])
            now: datetime | None = await cursor.fetchone()
        if now is None:
            msg = "the schema has no test_clock row: is it migrated?"
            raise LookupError(msg)
        return now

    @asynccontextmanager
    async def _connection(self, pool: Pool | None = None) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        try:
            async with (pool or self._pool).connection() as connection:
                yield connection
        except pg_errors.UniqueViolation as error:
            raise UniqueViolation(error.diag.constraint_name or "") from error
        except (
            PoolTimeout,
            pg_errors.OperationalError,
            pg_errors.InterfaceError,
            pg_errors.DeadlockDetected,
            pg_errors.ReadOnlySqlTransaction,
        ) as error:
            raise self._unavailable() from error

    def _unavailable(self) -> DatabaseUnavailable:
        return DatabaseUnavailable(f"The database of {self.context} does not answer.", retry_after_s=2)


KERNEL = Statements.load(Path(__file__).parent / "kernel.sql", Path(__file__).parent / "differences.sql")
