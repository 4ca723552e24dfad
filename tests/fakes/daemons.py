"""Debian's programs for tests: found or the test is skipped with one line, started, waited for, ended."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))  # where Debian keeps daemons
_STARTED_WITHIN_S = 20.0


def program(name: str, package: str) -> str:
    """Return the path of a program; the test is skipped where it is missing."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"{name} is missing: apt-get install {package}")
    return found


@contextmanager
def daemon(
    command: Sequence[str], *, log: Path, is_up: Callable[[], bool], environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in the foreground of its own process while the block lasts; its words go to `log`."""
    with log.open("wb") as words:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env={**os.environ, "PATH": _PATH, **(environment or {})},
        )
    try:
        wait_for(lambda: process.poll() is not None or is_up(), what=lambda: log.read_text(errors="replace"))
        assert process.poll() is None, f"{command[0]} ended: {log.read_text(errors='replace')}"
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def wait_for(
    is_true: Callable[[], bool], *, within_s: float = _STARTED_WITHIN_S, what: Callable[[], object] = lambda: ""
) -> None:
    """Poll until it is true; an assertion fails, with `what()`, when it is not in time."""
    deadline = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < deadline, f"waited {within_s} s in vain: {what()}"
        time.sleep(0.02)


def status_of(address: str) -> int:
    """Return the status an address answers with, 0 when nobody does."""
    try:
        with urlopen(address, timeout=2) as answer:  # noqa: S310 - an address of ours
            status: int = answer.status
            return status
    except HTTPError as error:
        return error.code
    except (URLError, ConnectionError):
        return 0
