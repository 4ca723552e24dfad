"""Keeps several processes alive: starts them, waits until they are ready, restarts them, stops them in reverse order.

    async with Supervisor(children, logs=…, run=…, say=print) as supervisor:   # returns when all are ready
        await supervisor.add(child)                                            # one more, which may also go again
        await supervisor.remove(child.name)
        await supervisor.wait()                                                # raises when one cannot be kept alive

A child that was added is no reason to stop the others: once it has been ready it is tried again for ever.

Leaving the block, however, ends every child: its stop signals in turn, SIGKILL at last. Should we be killed ourselves,
the children get their death signal from Linux (`launch`).
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from springtide.platform.embedded import logs as log_files
from springtide.platform.embedded.account import Account
from springtide.platform.embedded.launch import POLITE, Launch, StopSignals, end_recorded, launch, record
from springtide.platform.embedded.probes import Probe
from springtide.platform.embedded.problems import ChildFailed, EngineProblem, of_system, recognise
from springtide.platform.embedded.restarts import Restarts
from springtide.platform.tasks import stopped

Say = Callable[[str], None]
CommandMaker = Callable[[], Awaitable[Sequence[str]]]
_POLL_S = 0.03
_PROGRESS_EVERY_S = 5.0
_LOG_CHECK_EVERY_S = 5.0
_ALIVE_IS_READY_AFTER_S = 0.5
_TRIED_AGAIN_AFTER_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process to keep alive.

    `command` is the command line, or makes it before each start (and may refuse with an EngineProblem). `environ` is
    the whole environment. Without `is_ready` a process counts as ready when it has lived for half a second.
    `stop_signals` are sent in turn, each with its patience in seconds; the first is also sent when we are killed.
    """

    name: str
    command: Sequence[str] | CommandMaker
    environ: Mapping[str, str]
    is_ready: Probe | None = None
    ready_within_s: float = 60.0
    stop_signals: StopSignals = POLITE
    cwd: Path = Path("/")
    account: Account | None = None


class State(StrEnum):
    """How a child is. `waiting`: it ended, and is started again in a moment."""

    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Condition:
    """A child at this moment. `restarts`: how often it was started again; `since`: seconds since the epoch."""

    state: State
    pid: int | None
    restarts: int
    since: float


@dataclass(slots=True)
class _Kept:
    child: Child
    was_added: bool = False
    state: State = State.STARTING
    since: float = field(default_factory=time.time)
    starts: int = 0
    restarts: Restarts = field(default_factory=Restarts)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None
    started_s: float = 0.0
    log_start: int = 0
    was_ever_ready: bool = False
    task: "asyncio.Task[None] | None" = None


class Supervisor:
    """See the module. `logs` gets one log per child, `run` one record; `say` takes one short line at a time."""

    def __init__(self, children: Sequence[Child], *, logs: Path, run: Path, say: Say) -> None:
        self._kept = [_Kept(child) for child in children]
        self._logs = logs
        self._run = run
        self._say = say
        self._problem: asyncio.Future[EngineProblem] | None = None
        self._log_keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start all children at once and return when every one is ready. Raises EngineProblem, all stopped again."""
        self._problem = asyncio.get_running_loop().create_future()
        try:
            for kept in self._kept:
                kept.task = asyncio.create_task(self._keep(kept), name=kept.child.name)
                kept.task.add_done_callback(self._note_problem)
            self._log_keeper = asyncio.create_task(self._keep_logs_short())
            self._log_keeper.add_done_callback(self._note_problem)
            await self._all_ready_or_problem(self._problem)
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        await self.stop()

    async def add(self, child: Child) -> None:
        """Start one more child and return when it is ready. Raises EngineProblem when it does not start: it is gone."""
        kept = _Kept(child, was_added=True)
        self._kept.append(kept)
        kept.task = asyncio.create_task(self._keep(kept), name=child.name)
        ready = asyncio.create_task(kept.ready.wait())
        try:
            await asyncio.wait({ready, kept.task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._take_out(kept)
            raise
        finally:
            ready.cancel()
        if kept.task.done():
            self._kept.remove(kept)
            kept.task.result()

    async def remove(self, name: str, *, stop_signals: StopSignals | None = None) -> None:
        """End a child and keep it no longer. `stop_signals` instead of its own. Raises KeyError for an unknown name."""
        kept = next((kept for kept in self._kept if kept.child.name == name), None)
        if kept is None:
            raise KeyError(name)
        if stop_signals is not None:
            kept.child = replace(kept.child, stop_signals=stop_signals)
        await self._take_out(kept)

    async def _take_out(self, kept: _Kept) -> None:
        _turn(kept, State.LEAVING)
        await self._end_kept(kept)
        self._record_path(kept.child).unlink(missing_ok=True)
        if kept in self._kept:
            self._kept.remove(kept)

    def conditions(self) -> dict[str, Condition]:
        """Return how the children are, by name."""
        found = {}
        for kept in self._kept:
            process = kept.process
            pid = process.pid if process is not None and process.returncode is None else None
            found[kept.child.name] = Condition(kept.state, pid, max(0, kept.starts - 1), kept.since)
        return found

    async def wait(self) -> None:
        """Wait until a child cannot be kept alive, and raise why (EngineProblem). Otherwise never returns."""
        if self._problem is None:
            msg = "the supervisor was not started"
            raise RuntimeError(msg)
        raise await asyncio.shield(self._problem)

    async def stop(self) -> None:
        """End the children, the last started first, and wait for each."""
        for kept in reversed(self._kept):
            await self._end_kept(kept)
        if self._log_keeper is not None:
            await stopped([self._log_keeper])

    async def _end_kept(self, kept: _Kept) -> None:
        if kept.task is not None:
            await stopped([kept.task])
            await self._end(kept)  # again: the task may have been cancelled while it was ending its process

    def process_ids(self) -> dict[str, int]:
        """Return the process ids of the children that are running now, by name."""
        running = ((kept.child.name, kept.process) for kept in self._kept)
        return {name: process.pid for name, process in running if process is not None and process.returncode is None}

    async def _all_ready_or_problem(self, problem: "asyncio.Future[EngineProblem]") -> None:
        for kept in tuple(self._kept):
            ready = asyncio.create_task(kept.ready.wait())
            either: set[asyncio.Future[Any]] = {ready, problem}
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                ready.cancel()
            if problem.done():
                raise problem.result()

    def _note_problem(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or self._problem is None or self._problem.done():
            return
        error = task.exception()
        if isinstance(error, EngineProblem):
            self._problem.set_result(error)
        elif error is not None:
            self._problem.set_exception(error)

    async def _keep(self, kept: _Kept) -> None:
        """Run one child over and over until we are cancelled or it is hopeless."""
        while True:
            try:
                delay_s = await self._run_until_next(kept)
            except EngineProblem as problem:
                if not (kept.was_added and kept.was_ever_ready):
                    raise
                kept.restarts = Restarts()
                delay_s = _TRIED_AGAIN_AFTER_S
                self._say(f"{problem}; tried again in {delay_s:.0f} s")
            _turn(kept, State.WAITING)
            await asyncio.sleep(delay_s)

    async def _run_until_next(self, kept: _Kept) -> float:
        """Run the child once; return the seconds until its next start. Raises EngineProblem when it is hopeless."""
        _turn(kept, State.STARTING)
        try:
            code, was_ready = await self._run_once(kept)
        finally:
            await self._end(kept)
        ran_s = time.monotonic() - kept.started_s
        delay_s = kept.restarts.delay_after_end(now_s=time.monotonic(), was_ready=was_ready, ran_s=ran_s)
        if delay_s is None:
            raise self._failure(kept, f"cannot be started ({_in_words(code)})")
        if kept.was_ever_ready:
            self._say(f"{kept.child.name}: {_in_words(code)}, starting again in {delay_s:.1f} s")
        return delay_s

    async def _run_once(self, kept: _Kept) -> tuple[int, bool]:
        """Start the child and stay until it ends. Return its exit code and whether it had become ready."""
        try:
            process = await self._start(kept)
        except OSError as error:
            raise of_system(kept.child.name, error) from error
        ended = asyncio.ensure_future(process.wait())
        try:
            was_ready = await self._becomes_ready(kept, ended)
            if was_ready:
                if kept.was_ever_ready:
                    self._say(f"{kept.child.name}: running again")
                kept.was_ever_ready = True
                _turn(kept, State.READY)
                kept.ready.set()
                await asyncio.wait({ended})
            elif not ended.done():
                await self._end(kept)  # it hangs
            return await ended, was_ready
        finally:
            kept.ready.clear()
            ended.cancel()

    async def _start(self, kept: _Kept) -> asyncio.subprocess.Process:
        child = kept.child
        await end_recorded(self._record_path(child), child.name, child.stop_signals, self._say)
        command = await child.command() if callable(child.command) else child.command
        log_path = self._log_path(child)
        with log_files.open_log(log_path) as log:
            kept.log_start = log_path.stat().st_size
            kept.started_s = time.monotonic()
            kept.starts += 1
            kept.process = await launch(
                Launch(
                    command=command,
                    environ=child.environ,
                    log=log,
                    cwd=child.cwd,
                    account=child.account,
                    death_signal=child.stop_signals[0][0],
                )
            )
        record(self._record_path(child), kept.process.pid)
        return kept.process

    async def _becomes_ready(self, kept: _Kept, ended: "asyncio.Future[int]") -> bool:
        """Ask until the child is ready (True) or ended (False). One that hangs at its first start raises."""
        child = kept.child
        next_word_s = _PROGRESS_EVERY_S
        while not ended.done():
            waited_s = time.monotonic() - kept.started_s
            is_ready = await child.is_ready() if child.is_ready else waited_s >= _ALIVE_IS_READY_AFTER_S
            if is_ready and not ended.done():
                return True
            if waited_s > child.ready_within_s:
                if kept.was_ever_ready:
                    return False
                raise self._failure(kept, f"is not ready after {child.ready_within_s:.0f} s")
            if waited_s > next_word_s:
                self._say(f"{child.name}: still starting ({waited_s:.0f} s)")
                next_word_s += _PROGRESS_EVERY_S
            await asyncio.wait({ended}, timeout=_POLL_S)
        return False

    async def _end(self, kept: _Kept) -> None:
        """End the child's process if there is one."""
        process = kept.process
        if process is None:
            return
        waiting = asyncio.ensure_future(process.wait())
        for number, patience_s in kept.child.stop_signals:
            if process.returncode is None:
                process.send_signal(number)
            done, _ = await asyncio.wait({waiting}, timeout=patience_s)
            if done:
                kept.process = None
                return
        self._say(f"{kept.child.name}: process {process.pid} does not end")
        waiting.cancel()

    async def _keep_logs_short(self) -> None:
        while True:
            for kept in tuple(self._kept):
                if log_files.cut_log(self._log_path(kept.child)):
                    kept.log_start = 0
            await asyncio.sleep(_LOG_CHECK_EVERY_S)

    def _failure(self, kept: _Kept, what: str) -> EngineProblem:
        path = self._log_path(kept.child)
        lines = log_files.last_lines(path, since_byte=kept.log_start)
        return recognise(kept.child.name, lines) or ChildFailed(f"{kept.child.name} {what}; its log: {path}", lines)

    def _log_path(self, child: Child) -> Path:
        return self._logs / f"{child.name}.log"

    def _record_path(self, child: Child) -> Path:
        return self._run / f"{child.name}.json"


def _turn(kept: _Kept, state: State) -> None:
    kept.state = state
    kept.since = time.time()


def _in_words(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"
