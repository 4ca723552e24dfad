"""What can be done to a database from outside while others work with it: drills only.

`move_clock` moves the time a context judges by, `Occupier` takes every connection that a context could use. Both raise
`DatabaseAway` when there is no database to do it to.
"""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from springtide.platform.database_roles import runtime_role, runtime_url
from springtide.platform.tasks import stopped

_TAKE_EVERY_S = 0.02
_CONNECT_TIMEOUT_S = 3
_MOST = 200
_CUT_OTHERS = sql.SQL(
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where usename = %s and application_name <> 'springtide-drill'"
)


class DatabaseAway(Exception):
    """The database is down right now, or has no disk to write to."""


async def move_clock(database_url: str, context: str, offset_s: float) -> None:
    """Set the test clock of a context: its database's time is so many seconds ahead. `DatabaseAway`."""
    statement = sql.SQL("update {} set offset_s = %s").format(sql.Identifier(context, "test_clock"))
    await _as_administrator(database_url, statement, offset_s)


async def _as_administrator(database_url: str, statement: sql.Composed | sql.SQL, value: object) -> None:
    try:
        async with await psycopg.AsyncConnection.connect(
            database_url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S
        ) as connection:
            await connection.execute(statement, [value])
    except psycopg.OperationalError as error:
        raise DatabaseAway(str(error)) from error


class Occupier:
    """While the block lasts a context has no connection to its database: all places are taken, under its own name.

    Its own connections are cut, as by a failover, and whatever becomes free is taken again. The administrator's
    reserved places stay.
    """

    def __init__(self, database_url: str, secret_key: str, context: str) -> None:
        self._admin_url = database_url
        self._url = runtime_url(database_url, secret_key, context)
        self._role = runtime_role(context)
        self._taken: list[psycopg.AsyncConnection] = []
        self._stack = AsyncExitStack()
        self._task: asyncio.Task[None] | None = None

    @property
    def taken(self) -> int:
        """Return how many connections are held."""
        return len(self._taken)

    async def __aenter__(self) -> Self:
        """Take all that is free, cut the others, and go on taking. `DatabaseAway`."""
        try:
            await self._take_all()
            await _as_administrator(self._admin_url, _CUT_OTHERS, self._role)
            await self._take_all()
        except BaseException:
            await self._stack.aclose()
            raise
        self._task = asyncio.create_task(self._keep_taking())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give everything back."""
        if self._task is not None:
            await stopped([self._task])
        await self._stack.aclose()

    async def _take_all(self) -> None:
        while len(self._taken) < _MOST and await self._take():
            pass

    async def _take(self) -> bool:
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S, application_name="springtide-drill"
            )
        except psycopg.OperationalError:
            return False
        self._taken.append(connection)
        self._stack.push_async_callback(connection.close)
        return True

    async def _keep_taking(self) -> None:
        while True:
            await self._take_all()
            await asyncio.sleep(_TAKE_EVERY_S)
