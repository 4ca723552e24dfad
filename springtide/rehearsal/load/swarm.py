"""The swarm as processes: a Locust master and workers beside it, their result as tallies."""

import asyncio
import importlib.util
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from springtide.platform.embedded.launch import bound_to_us
from springtide.rehearsal.load.plan import Plan, encoded
from springtide.rehearsal.load.problems import LocustMissing, SwarmFailed
from springtide.rehearsal.load.tally import Tally

_MASTER, _WORKER = "springtide.rehearsal.load.master", "springtide.rehearsal.load.worker"
_STOPPED_WITHIN_S = 8.0
_LAST_LINES = 12

Say = Callable[[str], None]


def require_locust() -> None:
    """Raise `LocustMissing` where the extra is not installed."""
    if importlib.util.find_spec("locust") is None:
        msg = "Load tests need Locust: pip install 'springtide[rehearse]'"
        raise LocustMissing(msg)


def free_address(host: str = "127.0.0.1") -> str:
    """Return host and a port that is free now."""
    with socket.socket() as found:
        found.bind((host, 0))
        return f"{host}:{found.getsockname()[1]}"


async def swarm(
    plan: Plan,
    *,
    own_workers: int,
    bind: str = "",
    web: str = "",
    allowed: Sequence[str] = (),
    say: Say,
    begins: Callable[[], None],
) -> list[Tally]:
    """Run a plan with so many workers of our own (others of its `workers` join at `bind`); `SwarmFailed`.

    `begins` is called when visitors begin to arrive.
    """
    bind = bind or free_address()
    port = bind.rpartition(":")[2]
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="springtide-rehearse-")))
        (folder / "plan.json").write_bytes(encoded(plan))
        arguments = [str(folder / "plan.json"), str(folder / "result.json"), "--bind", bind]
        said: list[str] = []
        master = await _started(_MASTER, *arguments, *(("--web", web) if web else ()))
        stack.push_async_callback(_stopped, master)
        listening = asyncio.create_task(_hear(master, said, say))
        starting = asyncio.create_task(_await_start(master, begins))
        stack.callback(starting.cancel)
        for _ in range(own_workers):
            worker = await _started(_WORKER, *worker_arguments(f"127.0.0.1:{port}", allowed))
            stack.push_async_callback(_stopped, worker)
            background = asyncio.create_task(_hear(worker, said, say))
            stack.callback(background.cancel)
        await master.wait()
        await listening
        if master.returncode or not (folder / "result.json").exists():
            last = said[-_LAST_LINES:]
            raise SwarmFailed("; ".join((f"the master ended with {master.returncode}", *last)), said=last)
        return msgspec.json.decode((folder / "result.json").read_bytes(), type=list[Tally])


def worker_arguments(master: str, allowed: Sequence[str]) -> list[str]:
    """Return the words a worker is started with."""
    return ["--master", master, *(word for host in allowed for word in ("--allow-host", host))]


async def join(master: str, *, workers: int, allowed: Sequence[str], say: Say) -> int:
    """Work for a master elsewhere until it says that all is over; return how many of our workers failed."""
    async with AsyncExitStack() as stack:
        started = []
        for _ in range(workers):
            worker = await _started(_WORKER, *worker_arguments(master, allowed))
            stack.push_async_callback(_stopped, worker)
            started.append((worker, asyncio.create_task(_hear(worker, [], say))))
        codes = [await worker.wait() for worker, _ in started]
        for _, hearing in started:
            await hearing
        return sum(code != 0 for code in codes)


async def _await_start(master: asyncio.subprocess.Process, begins: Callable[[], None]) -> None:
    assert master.stdout is not None  # noqa: S101 - asked for as a pipe
    if await master.stdout.readline():
        begins()


async def _started(module: str, *arguments: str) -> asyncio.subprocess.Process:
    """Start a process of the swarm; a command that is killed takes its load along."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SPRINGTIDE_", "LOCUST_"))}
    return await asyncio.create_subprocess_exec(
        *bound_to_us((sys.executable, "-m", module, *arguments)),
        env=environ,
        stdout=asyncio.subprocess.PIPE if module == _MASTER else asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


async def _hear(process: asyncio.subprocess.Process, said: list[str], say: Say) -> None:
    assert process.stderr is not None  # noqa: S101 - asked for as a pipe
    async for line in process.stderr:
        text = line.decode(errors="replace").rstrip()
        said.append(text)
        say(text)


async def _stopped(process: asyncio.subprocess.Process) -> None:
    """End a process of ours; one that does not go within some seconds is killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        process.send_signal(number)
        try:
            async with asyncio.timeout(_STOPPED_WITHIN_S):
                await process.wait()
        except TimeoutError:
            continue
