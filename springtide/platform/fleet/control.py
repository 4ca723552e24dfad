"""Orders to a running fleet: one JSON line in, lines out, over a socket that only its owner may open.

    async with listening(path, answer):          # in the fleet; answer(order, tell) -> reply
        ...
    reply = await asked(path, {"verb": "status"}, tell=print)      # beside it

`tell` passes on a line for people while the order is worked off. What the fleet refuses comes out as `Refused`.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.tasks import stopped

Tell = Callable[[str], None]
Answer = Callable[[dict[str, Any], Tell], Awaitable[Any]]
_LONGEST_PATH = 100  # Linux takes 107 bytes for the path of a socket
_LONGEST_LINE = 1_000_000


class NoFleet(EngineProblem):
    """Nobody listens: there is no fleet in this data folder."""


class Refused(EngineProblem):
    """The fleet said no; the text is its reason."""


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the fleet says: a line for people, or the end with a reply or a refusal."""

    said: str = ""
    ended: bool = False
    refused: str = ""
    reply: Any = None


@asynccontextmanager
async def listening(path: Path, answer: Answer) -> AsyncIterator[None]:
    """Take orders while the block lasts. Raises EngineProblem when the path is too long for a socket."""
    if len(os.fsencode(path)) > _LONGEST_PATH:
        msg = (
            f"the data folder's path is too long for the fleet's socket ({path}): choose a shorter SPRINGTIDE_DATA_DIR"
        )
        raise EngineProblem(msg)
    _forget(path)  # of a run that was killed: whoever is here holds the folder's lock
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        with contextlib.suppress(ConnectionError):  # who asked has gone: the order was carried out all the same
            await _serve(reader, writer, answer)

    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(serve, path, limit=_LONGEST_LINE)
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        await stopped(tasks)
        _forget(path)


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    def send(line: _Line) -> None:
        if not writer.is_closing():
            writer.write(msgspec.json.encode(line) + b"\n")

    try:
        order = msgspec.json.decode(await reader.readline(), type=dict[str, Any])
        reply = await answer(order, lambda said: send(_Line(said=said)))
        send(_Line(ended=True, reply=reply))
    except (EngineProblem, msgspec.DecodeError) as problem:
        send(_Line(ended=True, refused=str(problem)))
    finally:
        writer.close()
        await writer.wait_closed()


async def asked(path: Path, order: dict[str, Any], *, tell: Tell) -> Any:  # noqa: ANN401 - any JSON
    """Give an order and return the reply. Raises NoFleet or Refused."""
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_LINE)
    except (FileNotFoundError, ConnectionRefusedError):
        msg = f"no fleet runs in {path.parent.parent}: start one with `springtide fleet up`"
        raise NoFleet(msg) from None
    except PermissionError:
        msg = f"the fleet's socket {path} belongs to another user: run this as the one who started the fleet"
        raise NoFleet(msg) from None
    try:
        writer.write(msgspec.json.encode(order) + b"\n")
        while text := await reader.readline():
            line = msgspec.json.decode(text, type=_Line)
            if line.refused:
                raise Refused(line.refused)
            if line.ended:
                return line.reply
            tell(line.said)
    finally:
        writer.close()
    msg = "the fleet ended before it answered"
    raise NoFleet(msg)
