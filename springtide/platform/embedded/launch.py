"""Starting a process that cannot outlive us, and ending one that a killed run of before left behind.

A child is started through `child.py`: it leaves the terminal's process group (Ctrl-C reaches only the supervisor, which
stops children in order), drops rights, and asks Linux for a signal when its parent dies. "Parent" is the *thread* that
started it, so start children from a thread that lives as long as they should: the event loop's.

A record (`run/<name>.json`) says which process was started. Should a child survive a killed run after all, the next run
finds it by pid, start time and boot, which a recycled pid cannot match, and ends it first: never two of a kind.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from springtide.platform.embedded import child
from springtide.platform.embedded.account import Account
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.problems import ChildFailed

StopSignals = Sequence[tuple[signal.Signals, float]]

POLITE: StopSignals = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
_CHILD_SCRIPT = child.__file__
_POLL_S = 0.02
_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How one process is started. `environ` is the whole environment; `death_signal` is sent when we die."""

    command: Sequence[str]
    environ: Mapping[str, str]
    log: IO[bytes] | int
    stdin: int = asyncio.subprocess.DEVNULL
    cwd: Path = Path("/")
    account: Account | None = None
    death_signal: signal.Signals = signal.SIGTERM


async def launch(how: Launch) -> asyncio.subprocess.Process:
    """Start a process with its output appended to the log."""
    return await asyncio.create_subprocess_exec(
        *bound_to_us(how.command, how.death_signal, how.account),
        stdin=how.stdin,
        stdout=how.log,
        stderr=asyncio.subprocess.STDOUT,
        cwd=how.cwd,
        env=dict(how.environ),
    )


def bound_to_us(
    command: Sequence[str], death_signal: signal.Signals = signal.SIGTERM, account: Account | None = None
) -> tuple[str, ...]:
    """Return the words that start a command in a session of its own that cannot outlive us."""
    uid, gid = (str(account.uid), str(account.gid)) if account else ("-", "-")
    ours = (str(os.getpid()), str(int(death_signal)), uid, gid, "--")
    return (sys.executable, "-I", "-S", str(_CHILD_SCRIPT), *ours, *command)


def end_with_parent(parent_pid: int, death_signal: signal.Signals) -> None:
    """Ask for a signal to ourselves when our parent dies; at once if it just did."""
    child.ask_for_death_signal(death_signal)
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), death_signal)


def bare_environ() -> dict[str, str]:
    """Return the environment for the engines: nothing of ours may change how they behave (PGDATA, LD_PRELOAD, …)."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def sparing_environ() -> dict[str, str]:
    """Return what lets a Python process of ours give memory back: glibc's thresholds stay where they start.

    Left alone they grow with the largest block ever freed, and what a read model needed while it loaded is kept for
    good (docs/performance.md). One arena: there is one busy thread.
    """
    return {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}


def record(path: Path, pid: int) -> None:
    """Remember a started process for the next run."""
    identity = _identity(pid)
    if identity is not None:
        write_atomically(path, json.dumps({"pid": pid, **identity}), mode=0o600)


def recorded_pid(path: Path) -> int | None:
    """Return the pid of the recorded process if that very process is still alive."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        pid = int(facts.pop("pid"))
    except (FileNotFoundError, ValueError, KeyError, AttributeError):
        return None  # no record, or one torn by a crash: there is nobody we could name
    return pid if facts == _identity(pid) else None


async def end_process(pid: int, signals: StopSignals, *, is_alive: Callable[[], bool]) -> bool:
    """Send each signal in turn, each with its patience in seconds, until `is_alive` says no. Tell whether it ended."""
    for number, patience_s in signals:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience_s
        while is_alive():
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_POLL_S)
        else:
            return True
    return not is_alive()


async def end_recorded(path: Path, name: str, signals: StopSignals, say: Callable[[str], None]) -> None:
    """End the process of a record if it is still alive. Raises ChildFailed when it cannot be ended."""
    pid = recorded_pid(path)
    if pid is None:
        return
    say(f"{name}: ending process {pid} of a former run")
    if not await end_process(pid, signals, is_alive=lambda: recorded_pid(path) == pid):
        msg = f"{name}: process {pid} of a former run does not end: end it by hand"
        raise ChildFailed(msg)


def _identity(pid: int) -> dict[str, str] | None:
    """Return what tells this process from a later one with the same pid; None when it is gone or a zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = _BOOT_ID_FILE.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    fields = status.rpartition(")")[2].split()
    state, started_ticks = fields[0], fields[19]
    return None if state in "ZX" else {"started_ticks": started_ticks, "boot": boot}
