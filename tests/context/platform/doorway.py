"""A TCP door in front of an engine that a test may close: refused connections, and broken ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

from fakes.serving import free_port

from springtide.platform.tasks import stopped


class Door:
    """Forwards connections to the port of `url` while it is open; keeps its own port while it is closed."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = free_port()  # not one that the system may give to somebody's connection while the door is closed

    @property
    def url(self) -> str:
        """The engine's URL through the door."""
        credentials = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{credentials}@127.0.0.1:{self._port}"))

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", self._port)

    async def close(self) -> None:
        """Refuse new connections and break those that are there."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await stopped(self._tasks)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        engine_reader, engine_writer = await asyncio.open_connection("127.0.0.1", self._target.port)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await asyncio.gather(_pump(reader, engine_writer), _pump(engine_reader, writer))
        finally:
            engine_writer.close()
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def door_to(url: str) -> AsyncIterator[Door]:
    """A door, closed at first."""
    door = Door(url)
    try:
        yield door
    finally:
        await door.close()
