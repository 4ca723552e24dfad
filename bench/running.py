"""Running a measurement in the foreground: Ctrl-C and SIGTERM end it in order; nothing it started is left behind."""

import asyncio
import contextlib
import resource
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from springtide.platform.telemetry import configure_logging

Result = TypeVar("Result")


class Stopped(Exception):
    """The measurement was ended from outside."""


def say(line: str) -> None:
    """Print progress beside the table."""
    sys.stderr.write(f"  {line}\n")
    sys.stderr.flush()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run on uvloop with room for 10,000 connections; `Stopped` after a stop signal, everything cleaned up."""
    configure_logging(level="ERROR", json_lines=False)  # of the contexts that run in this process
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_until_stopped(work))


async def _until_stopped(work: Coroutine[Any, Any, Result]) -> Result:
    task = asyncio.ensure_future(work)
    asked: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not asked:
            task.cancel()
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    with contextlib.suppress(asyncio.CancelledError):
        return await task
    raise Stopped
