"""The processes of a shop under fire: kept alive without any pause between a death and the next start.

`springtide up` waits longer the more often a process dies, and gives up at last: right for a shop, wrong for a drill
that kills on purpose. All processes are started by one thread and end with it, also when we are killed ourselves.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from springtide.platform.embedded import child

_LOOK_EVERY_S = 0.03
_END_WITHIN_S = 15.0
_BLOCK = 65_536
_CHILD_SCRIPT = child.__file__
FAILPOINTS = "SPRINGTIDE_FAILPOINTS"
"""The variable that names the folder of armed failpoints to the processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to keep alive: a command with its whole environment, or roles that the nursery gives birth to."""

    name: str
    command: Sequence[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Death:
    """A process that ended: by `-code` when it was a signal, at a moment of `time.monotonic`."""

    name: str
    code: int
    at_s: float


class Failpoints:
    """Steps at which the next process that reaches them dies by SIGKILL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def arm(self, point: str) -> None:
        """Let the next process that reaches this point die there."""
        (self.folder / point).touch()

    def is_armed(self, point: str) -> bool:
        """Tell whether nobody has died there yet."""
        return (self.folder / point).exists()

    def disarm(self, point: str) -> bool:
        """Take a point back; tell whether it was still armed."""
        try:
            (self.folder / point).unlink()
        except FileNotFoundError:
            return False
        return True


class Fleet:
    """See the module. Every process writes to `<logs>/<name>.log`; `nursery` is needed where a program has roles."""

    def __init__(self, programs: Iterable[Program], *, logs: Path, nursery: Program | None = None) -> None:
        self.deaths: list[Death] = []
        self._programs = {program.name: program for program in programs}
        self._logs = logs
        self._nursery = Nursery(nursery, logs) if nursery is not None else None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._born: dict[str, int] = {}
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="fleet")
        self._problem: BaseException | None = None

    def start(self) -> None:
        """Start all processes; to wait until they answer is the caller's."""
        self._keeper.start()

    def kill(self, name: str) -> bool:
        """Kill -9 a process; it is started again. Tell whether it was running."""
        pid = self._born.pop(name, None) if self._programs[name].roles else self._pid(name)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def is_whole(self) -> bool:
        """Tell whether every process is running. Raises what made keeping them impossible."""
        if self._problem is not None:
            raise self._problem
        return all(self._pid(name) is not None for name in self._programs)

    def stop(self) -> None:
        """Stop all processes in order and wait for them."""
        self._stopping.set()
        if self._keeper.ident is not None:
            self._keeper.join()

    def logs(self) -> str:
        """Return everything the processes wrote."""
        files = [self._logs / f"{name}.log" for name in (*self._programs, "nursery")]
        return "\n".join(f"== {file.name}\n{file.read_text(errors='replace')}" for file in files if file.exists())

    def _pid(self, name: str) -> int | None:
        if self._programs[name].roles:
            return self._born.get(name)
        process = self._processes.get(name)
        return process.pid if process is not None and process.poll() is None else None

    def _keep(self) -> None:
        try:
            if self._nursery is not None:
                self._nursery.open()
                for name, program in self._programs.items():
                    if program.roles:
                        self._nursery.order(name, program.roles)
            while not self._stopping.is_set():
                self._look_after_commands()
                self._hear_from_nursery()
        except BaseException as problem:  # noqa: BLE001 - carried to whoever asks
            self._problem = problem
        finally:
            self._end_all()

    def _look_after_commands(self) -> None:
        for name, program in self._programs.items():
            if program.roles:
                continue
            process = self._processes.get(name)
            code = None if process is None else process.poll()
            if code is not None:
                self.deaths.append(Death(name, code, time.monotonic()))
            if process is None or code is not None:
                self._processes[name] = start_bound(program, self._logs)

    def _hear_from_nursery(self) -> None:
        if self._nursery is None:
            self._stopping.wait(_LOOK_EVERY_S)
            return
        for news in self._nursery.news(_LOOK_EVERY_S):
            name = news["name"]
            if "code" in news:
                self._born.pop(name, None)
                self.deaths.append(Death(name, news["code"], time.monotonic()))
                self._nursery.order(name, self._programs[name].roles)
            else:
                self._born[name] = news["pid"]

    def _end_all(self) -> None:
        if self._nursery is not None:
            self._nursery.close()
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            _wait(process)


class Nursery:
    """The process that gives birth to others with everything imported: see `springtide.commands.nursery`."""

    def __init__(self, program: Program, logs: Path) -> None:
        self._program = program
        self._logs = logs
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = b""

    def open(self) -> None:
        """Start it, in the thread that calls: it ends with that thread."""
        self._process = start_bound(self._program, self._logs, is_spoken_to=True)

    def order(self, name: str, roles: Sequence[str]) -> None:
        """Ask for a process."""
        order = {"name": name, "roles": list(roles), "log": str(self._logs / f"{name}.log")}
        stdin = self._require().stdin
        if stdin is not None:
            stdin.write(json.dumps(order).encode() + b"\n")
            stdin.flush()

    def news(self, patience_s: float) -> list[dict[str, Any]]:
        """Return births and deaths told since the last call, waiting a little for some."""
        stdout = self._require().stdout
        if stdout is None or not select.select([stdout], [], [], patience_s)[0]:
            return []
        block = os.read(stdout.fileno(), _BLOCK)
        if not block:
            msg = f"the nursery ended: {(self._logs / 'nursery.log').read_text(errors='replace')[-2000:]}"
            raise RuntimeError(msg)
        *lines, self._heard = (self._heard + block).split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """Let it end its children and itself."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with suppress(BrokenPipeError):  # it ended with an order on its way
                process.stdin.close()
        _wait(process, _END_WITHIN_S * 2)
        if process.stdout is not None:
            process.stdout.close()

    def _require(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            msg = "the nursery is not open"
            raise RuntimeError(msg)
        return self._process


def start_bound(program: Program, logs: Path, *, is_spoken_to: bool = False) -> "subprocess.Popen[bytes]":
    """Start a program that ends with the thread that calls, its output in its log, or heard when it is spoken to."""
    bound = (sys.executable, "-I", "-S", _CHILD_SCRIPT, str(os.getpid()), str(int(signal.SIGTERM)), "-", "-", "--")
    with (logs / f"{program.name}.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own programs
            [*bound, *program.command],
            env=dict(program.environ),
            stdin=subprocess.PIPE if is_spoken_to else subprocess.DEVNULL,
            stdout=subprocess.PIPE if is_spoken_to else log,
            stderr=log,
        )


def _wait(process: "subprocess.Popen[bytes]", patience_s: float = _END_WITHIN_S) -> None:
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
