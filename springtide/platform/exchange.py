"""Several named statements in one network round trip, at the cost of the bytes: libpq's pipeline without cursors.

A cursor of psycopg costs about 100 µs of Python per statement; a batch has a dozen of them. Here a statement is
prepared once per connection with `$1, $2, …` in place of its names, parameters travel as text (the server knows their
types from the statement), and rows come back through psycopg's own loaders. Behind PgBouncer in transaction mode, where
the next transaction has another connection, the same statements travel whole and without a name.
"""

import asyncio
import re
from collections.abc import Sequence
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


async def exchange(
    connection: Connection,
    statements: Statements,
    asks: Sequence[Ask],
    *,
    first: Sequence[bytes] = (),
    last: Sequence[bytes] = (),
    prepare: bool = True,
) -> list[Tuples]:
    """Send `asks` (between the plain commands `first` and `last`) in one round trip; return each ask's rows.

    Raises what the server said of the first statement that failed; those after it were not executed. The connection
    must not prepare statements by itself (`prepare_threshold=None`): psycopg would deallocate ours with its own.
    """
    plans = _plans.setdefault(statements, {})
    prepared = _prepared.setdefault(connection, set())
    pgconn = connection.pgconn
    answers: list[bool] = []  # for each result: is it the one of an ask?
    new: dict[int, str] = {}  # prepared in this exchange, by the place of the result: they stay, whatever fails after
    pgconn.enter_pipeline_mode()
    try:
        for command in first:
            pgconn.send_query_params(command, None)
            answers.append(False)
        for statement, params in asks:
            plan = plans.get(statement) or plans.setdefault(statement, _Plan(statement, statements.by_name[statement]))
            values = [_text(params[name]) for name in plan.places]
            if not prepare:
                pgconn.send_query_params(plan.text, values)
            else:
                if statement not in prepared and statement not in new.values():
                    pgconn.send_prepare(plan.name, plan.text)
                    new[len(answers)] = statement
                    answers.append(False)
                pgconn.send_query_prepared(plan.name, values)
            answers.append(True)
        for command in last:
            pgconn.send_query_params(command, None)
            answers.append(False)
        pgconn.pipeline_sync()
        results = await _results(pgconn)
        pgconn.exit_pipeline_mode()
    except BaseException as error:
        await connection.close()  # whatever is still on its way has no reader any more
        if isinstance(error, TimeoutError):
            msg = "the server did not answer in time"
            raise pg_errors.OperationalError(msg) from error
        raise
    prepared.update(statement for place, statement in new.items() if results[place].status == pq.ExecStatus.COMMAND_OK)
    for result in results:
        if result.status in _BAD:
            raise pg_errors.error_from_result(result)
    transformer = Transformer(connection)
    return [_rows(transformer, result) for result, is_answer in zip(results, answers, strict=True) if is_answer]


def _rows(loaders: AdaptContext, result: pq.abc.PGresult) -> Tuples:
    if result.status != _ROWS:
        return []
    loaders.set_pgresult(result)  # type: ignore[attr-defined]  # psycopg types its own class by another name
    found: Tuples = loaders.load_rows(0, result.ntuples, tuple)  # type: ignore[attr-defined]  # as above
    return found


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
