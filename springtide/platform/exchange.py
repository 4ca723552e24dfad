"""Several named statements in one network round trip, at the cost of the bytes: libpq's pipeline without cursors.

A cursor of psycopg costs about 100 µs of Python per statement; a batch has a dozen of them. Here a statement is
prepared once per connection with `$1, $2, …` in place of its names, parameters travel as text (the server knows their
types from the statement), and rows come back through psycopg's own loaders. Behind PgBouncer in transaction mode, where
the next transaction has another connection, the same statements travel whole and without a name.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from psycopg import errors as pg_errors
from psycopg import pq
from psycopg.abc import AdaptContext
from psycopg.adapt import Transformer

from springtide.platform.db import Params, Statements

Connection = psycopg.AsyncConnection[Any]
Tuples = list[tuple[Any, ...]]
Ask = tuple[str, Params]
"""A named statement and its parameters."""

_NAMED = re.compile(r"%\((\w+)\)s")
_DEADLINE_S = 10.0
_BAD = frozenset({pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE})
_ROWS = pq.ExecStatus.TUPLES_OK


class _Plan:
    """A statement as it is prepared: its text with numbered places, and the names that stand in them."""

    __slots__ = ("name", "places", "text")

    def __init__(self, statement: str, text: str) -> None:
        places: dict[str, int] = {}

        def number(found: re.Match[str]) -> str:
            return f"${places.setdefault(found[1], len(places) + 1)}"

        self.name = f"st_{statement}".encode()
        self.text = _NAMED.sub(number, f"/* {statement} */ {text}").replace("%%", "%").encode()
        self.places = tuple(places)


_plans: WeakKeyDictionary[Statements, dict[str, _Plan]] = WeakKeyDictionary()
_prepared: WeakKeyDictionary[Connection, set[str]] = WeakKeyDictionary()


class Exchange:
    """What one transaction says to the server, and what it is told.

    The connection must not prepare statements by itself (`prepare_threshold=None`): psycopg would deallocate ours with
    its own. When the server cannot be heard any more the connection is closed: whatever is still on its way has no
    reader.
    """

    def __init__(self, connection: Connection, statements: Statements, *, prepare: bool = True) -> None:
        self.connection = connection
        self.statements = statements
        self._plans = _plans.setdefault(statements, {})
        self._prepared = _prepared.setdefault(connection, set())
        self._prepare = prepare
        self._asked: list[bool] = []  # for each result that is on its way: does anybody want its rows?
        self._new: dict[int, str] = {}  # prepared on the way, by the place of the result

    async def send(self, asks: Sequence[Ask]) -> None:
        """Send writes without waiting: the server works on them while the caller goes on.

        Whether they succeeded is told by the next `ask`.
        """
        async with self._heard():
            for statement, params in asks:
                self._say(statement, params, wanted=False)
            await _flush(self.connection.pgconn)

    async def ask(
        self, asks: Sequence[Ask], *, first: Sequence[bytes] = (), last: Sequence[bytes] = ()
    ) -> list[Tuples]:
        """Send `asks` (between the plain commands `first` and `last`) in one round trip; return each ask's rows.

        Raises what the server said of the first statement that failed, among those sent before too; those after it
        were not executed.
        """
        pgconn = self.connection.pgconn
        async with self._heard():
            for command in first:
                self._say_plainly(command)
            for statement, params in asks:
                self._say(statement, params, wanted=True)
            for command in last:
                self._say_plainly(command)
            pgconn.pipeline_sync()
            results = await _results(pgconn)
            pgconn.exit_pipeline_mode()
        asked, self._asked = self._asked, []
        new, self._new = self._new, {}
        # What was prepared stays, whatever failed after it.
        self._prepared.update(name for place, name in new.items() if results[place].status == pq.ExecStatus.COMMAND_OK)
        for result in results:
            if result.status in _BAD:
                raise pg_errors.error_from_result(result)
        transformer = Transformer(self.connection)
        return [_rows(transformer, result) for result, wanted in zip(results, asked, strict=True) if wanted]

    async def drain(self) -> None:
        """Hear what is still on its way, and forget it: the transaction was given up."""
        if self._asked:
            with suppress(psycopg.Error):
                await self.ask(())

    def _say(self, statement: str, params: Params, *, wanted: bool) -> None:
        pgconn = self._speaking()
        plan = self._plans.get(statement) or self._plans.setdefault(
            statement, _Plan(statement, self.statements.by_name[statement])
        )
        values = [_text(params[name]) for name in plan.places]
        if not self._prepare:
            pgconn.send_query_params(plan.text, values)
        else:
            if statement not in self._prepared and statement not in self._new.values():
                pgconn.send_prepare(plan.name, plan.text)
                self._new[len(self._asked)] = statement
                self._asked.append(False)
            pgconn.send_query_prepared(plan.name, values)
        self._asked.append(wanted)

    def _say_plainly(self, command: bytes) -> None:
        self._speaking().send_query_params(command, None)
        self._asked.append(False)

    def _speaking(self) -> pq.abc.PGconn:
        pgconn = self.connection.pgconn
        if pgconn.pipeline_status == pq.PipelineStatus.OFF:
            pgconn.enter_pipeline_mode()
        return pgconn

    @asynccontextmanager
    async def _heard(self) -> AsyncIterator[None]:
        """Close the connection when the server was not heard to its end."""
        try:
            yield
        except BaseException as error:
            self._asked, self._new = [], {}
            await self.connection.close()
            if isinstance(error, TimeoutError):
                msg = "the server did not answer in time"
                raise pg_errors.OperationalError(msg) from error
            raise


def _rows(loaders: AdaptContext, result: pq.abc.PGresult) -> Tuples:
    if result.status != _ROWS:
        return []
    loaders.set_pgresult(result)  # type: ignore[attr-defined]  # psycopg types its own class by another name
    found: Tuples = loaders.load_rows(0, result.ntuples, tuple)  # type: ignore[attr-defined]  # as above
    return found


async def _flush(pgconn: pq.abc.PGconn) -> None:
    """Hand over what was queued, and no answers yet."""
    async with asyncio.timeout(_DEADLINE_S):
        while pgconn.flush():
            await _ready(pgconn.socket, writing=True)
            pgconn.consume_input()


async def _results(pgconn: pq.abc.PGconn) -> list[pq.abc.PGresult]:
    """Flush what was queued and collect results until the pipeline's end, in their order."""
    results: list[pq.abc.PGresult] = []
    async with asyncio.timeout(_DEADLINE_S):
        unsent = pgconn.flush()
        while True:
            await _ready(pgconn.socket, writing=bool(unsent))
            if unsent:
                unsent = pgconn.flush()
            pgconn.consume_input()
            if _collect(pgconn, results):
                return results


def _collect(pgconn: pq.abc.PGconn, results: list[pq.abc.PGresult]) -> bool:
    """Take the results that have arrived; True when the pipeline's end is among them."""
    ended_one = False
    while not pgconn.is_busy():
        result = pgconn.get_result()
        if result is None:
            if ended_one:
                return False
            ended_one = True
            continue
        ended_one = False
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return True
        results.append(result)
    return False


async def _ready(socket: int, *, writing: bool) -> None:
    """Wait until the socket can be read, or also written when something is left to send."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(socket, wake)
    if writing:
        loop.add_writer(socket, wake)
    try:
        await ready
    finally:
        loop.remove_reader(socket)
        if writing:
            loop.remove_writer(socket)


def _text(value: object) -> bytes | None:
    """Return a parameter as the server reads it from text."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list | tuple | set | frozenset):
        return ("{" + ",".join(_element(element) for element in value) + "}").encode()
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return (value.isoformat() if isinstance(value, datetime) else str(value)).encode()


def _element(value: object) -> str:
    """Return an element of an array."""
    if value is None:
        return "NULL"
    if isinstance(value, UUID | int | float) and not isinstance(value, bool):
        return str(value)
    text = _text(value)
    if text is None:
        return "NULL"
    escaped = text.decode().replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
