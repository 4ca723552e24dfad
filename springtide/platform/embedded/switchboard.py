"""PostgreSQL and NATS with a switch each: for drills that take an engine away and give it back at the same address.

    async with Switchboard(folder, database_folder, say=print) as board:
        board.engines          # where they are
        await board.off("postgres")
        await board.on("postgres")
        board.kill("nats")     # kill -9; it is started again at once

Unlike `running_engines` nothing here gives up: an engine that cannot start (its disk is full) is tried again until it
can, or is switched off.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from springtide.platform.embedded import nats as nats_engine
from springtide.platform.embedded import postgres as postgres_engine
from springtide.platform.embedded.engines import Engines, held
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.nats import Nats
from springtide.platform.embedded.port_book import PortBook
from springtide.platform.embedded.postgres import Postgres
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.embedded.secrets import load_secrets
from springtide.platform.embedded.supervisor import Child, Say, Supervisor
from springtide.platform.tasks import stopped

POSTGRES, NATS = postgres_engine.NAME, nats_engine.NAME
ENGINES = (POSTGRES, NATS)
_AGAIN_S = 0.5
# A small log of changes, so that a small disk under it is enough.
_TUNING: Mapping[str, str] = {"max_wal_size": "96MB", "min_wal_size": "32MB"}


class _Switch:
    """One engine: a supervisor while it is on."""

    def __init__(self, child: Child, folder: DataFolder, say: Say) -> None:
        self._child = child
        self._folder = folder
        self._say = say
        self._supervisor: Supervisor | None = None
        self._is_ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def on(self) -> None:
        """Start it and return when it is ready, however long that takes."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name=f"{self._child.name}-switch")
        ready = asyncio.create_task(self._is_ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            self._task.result()

    async def off(self) -> None:
        """Stop it as an administrator would."""
        task, self._task = self._task, None
        if task is not None:
            await stopped([task])
        self._is_ready.clear()

    def kill(self) -> bool:
        """Kill -9 its process; tell whether there was one."""
        pid = self._supervisor.process_ids().get(self._child.name) if self._supervisor else None
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # it ended by itself a moment before, and its supervisor has not seen it yet
            return False
        return True

    async def _keep(self) -> None:
        """Keep it alive until we are cancelled. A supervisor that gives up is followed by the next one."""
        while True:
            supervisor = Supervisor((self._child,), logs=self._folder.logs, run=self._folder.run, say=self._say)
            self._supervisor = supervisor
            try:
                async with supervisor:
                    self._is_ready.set()
                    await supervisor.wait()
            except EngineProblem as problem:
                self._say(f"{problem}: trying again")
            finally:
                self._supervisor = None
                self._is_ready.clear()
            await asyncio.sleep(_AGAIN_S)


class Switchboard:
    """See the module. `database_folder`: the data folder whose disk the database lies on, often `folder` itself."""

    def __init__(self, folder: DataFolder, database_folder: DataFolder, *, say: Say) -> None:
        self._folder = folder
        secrets = load_secrets(folder)
        self._ports = PortBook(folder)
        self._postgres = Postgres(
            database_folder, self._ports, password=secrets.postgres_password, durable=True, tuning=_TUNING, say=say
        )
        nats = Nats(folder, self._ports, password=secrets.nats_password, durable=True, say=say)
        self._switches = {
            POSTGRES: _Switch(self._postgres.child(), folder, say),
            NATS: _Switch(nats.child(), folder, say),
        }
        self._secret_key = secrets.secret_key
        self._nats = nats
        self._say = say
        self._stack = AsyncExitStack()

    @property
    def engines(self) -> Engines:
        """Where the engines are, also while they are off."""
        return Engines(self._postgres.url(), self._nats.url(), self._secret_key)

    async def __aenter__(self) -> Self:
        """Start both; from then on their ports are fixed."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(held(self._folder, say=self._say))
            for switch in self._switches.values():
                stack.push_async_callback(switch.off)
            await asyncio.gather(*(switch.on() for switch in self._switches.values()))
            self._ports.promise()
            await self._postgres.create_database()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both."""
        await self._stack.aclose()

    async def off(self, engine: str) -> None:
        """Stop an engine in order; it stays away until it is switched on."""
        await self._switches[engine].off()

    async def on(self, engine: str) -> None:
        """Start an engine, or wait until one that is being started again is ready."""
        await self._switches[engine].on()

    def kill(self, engine: str) -> bool:
        """Kill -9 an engine; it is started again at once. Tell whether there was a process to kill."""
        return self._switches[engine].kill()
