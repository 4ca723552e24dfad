"""The archive: receives PostgreSQL's log of changes while it is written, keeps files and base backups fresh.

    async with Archive(shelf, source, plan, say=say) as archive:   # returns when changes are received
        await archive.run()                                        # never returns

pg_receivewal streams through a slot, so the server keeps what it has not received yet. When the receiver says that it
has flushed, PostgreSQL counts it as a standby: named in `synchronous_standby_names`, no commit is answered before it is
on both disks. A receiver that dies is started again; one that cannot work (its disk is full) is tried again and again,
and what is wrong is said.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import psycopg

from springtide.platform.backup.copies import copy_missing
from springtide.platform.backup.problems import BackupFailed
from springtide.platform.backup.programs import APPLICATION, environ_for, program, run_program
from springtide.platform.backup.shelf import Facts, Shelf
from springtide.platform.backup.take import Source, look_at, take
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.embedded.supervisor import Child, Supervisor
from springtide.platform.tasks import stopped

_AGAIN_S = 1.0
_SAY_AGAIN_S = 60.0
_FILES_EVERY_S = 5.0
_LOOK_EVERY_S = 30.0
_RECEIVING_WITHIN_S = 60.0
_HAS_SLOT = "select 1 from pg_replication_slots where slot_name = %s and wal_status <> 'lost'"
_IS_STREAMING = "select 1 from pg_stat_replication where application_name = %s and state = 'streaming'"
_DROP_LOST = "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often a base backup is taken, and for how long one is kept."""

    every: timedelta
    keep: timedelta


class Archive:
    """See the module. `say` takes one short line at a time."""

    def __init__(self, shelf: Shelf, source: Source, plan: Plan, *, say: Callable[[str], None]) -> None:
        self._shelf = shelf
        self._source = source
        self._plan = plan
        self._say = say
        self._receiving = asyncio.Event()
        self._is_new = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Make the slot and start receiving. Raises EngineProblem when that does not work at all."""
        server = await look_at(self._source.url)
        self._shelf.belongs_to(server.system_identifier)
        try:
            self._is_new = await self._make_slot()
        except psycopg.Error as problem:
            msg = f"the archive's slot cannot be made: {problem}"
            raise BackupFailed(msg) from problem
        self._task = asyncio.create_task(self._receive(), name="archive")
        try:
            async with asyncio.timeout(_RECEIVING_WITHIN_S):
                await self._receiving.wait()
        except TimeoutError as problem:
            await stopped([self._task])
            msg = f"nothing is received after {_RECEIVING_WITHIN_S:.0f} s: see {self._shelf.logs}"
            raise EngineProblem(msg) from problem
        except BaseException:
            await stopped([self._task])
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop receiving. The slot stays: the server keeps what is written from now on."""
        if self._task is not None:
            await stopped([self._task])

    async def run(self) -> None:
        """Copy new files every few seconds; take a base backup when one is due, and let old ones go. Never returns."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_files())
            tasks.create_task(self._keep_backups())

    async def _receive(self) -> None:
        child = Child(
            name="pg_receivewal",
            command=(
                *(program("pg_receivewal"), "--directory", str(self._shelf.wal), "--slot", APPLICATION),
                *("--synchronous", "--no-loop", "--no-password", "--verbose"),
            ),
            environ=environ_for(self._source.url),
            is_ready=self._is_streaming,
            ready_within_s=30.0,
        )
        said_at = -_SAY_AGAIN_S
        clock = asyncio.get_running_loop().time
        while True:
            try:
                async with Supervisor(
                    (child,), logs=self._shelf.logs, run=self._shelf.run, say=lambda _: None
                ) as supervisor:
                    self._receiving.set()
                    await supervisor.wait()
            except EngineProblem as problem:
                if clock() - said_at > _SAY_AGAIN_S:
                    said_at = clock()
                    self._say(f"backup: changes are not received: {problem}")
            await asyncio.sleep(_AGAIN_S)
            with suppress(psycopg.Error, EngineProblem):  # the server is away: the next turn says so
                self._is_new = await self._make_slot() or self._is_new

    async def _make_slot(self) -> bool:
        """Make the slot when it is not there, or lost because the archive was away too long. Tell whether it is new."""
        async with await self._connect() as connection:
            cursor = await connection.execute(_HAS_SLOT, [APPLICATION])
            if await cursor.fetchone():
                return False
            await connection.execute(_DROP_LOST, [APPLICATION])
        arguments = ("--slot", APPLICATION, "--create-slot", "--if-not-exists", "--no-password")
        environ = environ_for(self._source.url)
        await run_program("pg_receivewal", *arguments, environ=environ, say=self._say, what="slot")
        return True

    async def _is_streaming(self) -> bool:
        try:
            async with await self._connect() as connection:
                cursor = await connection.execute(_IS_STREAMING, [APPLICATION])
                return await cursor.fetchone() is not None
        except psycopg.Error:
            return False

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self._source.url, autocommit=True, connect_timeout=2)

    async def _keep_files(self) -> None:
        while True:
            try:
                blobs = (self._source.blobs, self._shelf.blobs)
                await asyncio.to_thread(copy_missing, *blobs, say=self._say, what="backup: files")
            except OSError as problem:
                self._say(f"backup: files are not copied: {problem}")
                await asyncio.sleep(_SAY_AGAIN_S)
            await asyncio.sleep(_FILES_EVERY_S)

    async def _keep_backups(self) -> None:
        while True:
            try:
                if await self._is_due():
                    facts = await take(self._shelf, self._source, say=self._say)
                    self._is_new = False
                    self._say(f"backup: {facts.id}, {facts.size_bytes // 1_000_000} MB in {facts.took_s:.1f} s")
                    await prune(self._shelf, self._plan.keep, say=self._say)
            except (EngineProblem, OSError) as problem:
                self._say(f"backup: {problem}")
                await asyncio.sleep(_SAY_AGAIN_S)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _is_due(self) -> bool:
        """Tell whether there is no base backup that what is received now could follow, or the newest is old."""
        newest = next(reversed(self._shelf.backups()), None)
        if self._is_new or newest is None:
            return True
        server = await look_at(self._source.url)
        return newest.timeline != server.timeline or datetime.now(UTC) - newest.finished_at > self._plan.every


async def prune(shelf: Shelf, keep: timedelta, *, say: Callable[[str], None]) -> list[Facts]:
    """Delete base backups older than `keep`, the two newest never, and changes that no kept one needs."""
    old = await asyncio.to_thread(shelf.prune, keep=keep)
    kept = shelf.backups()
    if kept:
        arguments = (str(shelf.wal), min(facts.first_segment for facts in kept))
        await run_program("pg_archivecleanup", *arguments, environ={}, say=say, what="old changes")
    for facts in old:
        say(f"backup: {facts.id} is older than {keep.days} days and was deleted")
    return old
