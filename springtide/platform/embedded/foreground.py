"""Running a command in the foreground: Ctrl-C and SIGTERM stop it in order, a problem is one line and exit code 1."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from springtide.platform.embedded.launch import end_with_parent
from springtide.platform.embedded.problems import ChildFailed, EngineProblem

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Set by the Makefile to its own pid: when make is killed, the command in front of it must not live on unseen.
PARENT_KEY = "SPRINGTIDE_PARENT_PID"

Main = Callable[[], Coroutine[Any, Any, int]]


def run_foreground(main: Main, *, say: Callable[[str], None]) -> int:
    """Run `main` to its end and return its exit code.

    The first stop signal cancels it, and it may take the time that its own clean-up needs; further ones change nothing.
    Stopped that way, the code is 0. An EngineProblem is said in one line, after the last lines of a failed process, and
    the code is 1.
    """
    parent = os.environ.pop(PARENT_KEY, None)  # not for our own children
    if parent == str(os.getppid()):
        end_with_parent(int(parent), signal.SIGTERM)
    try:
        with asyncio.Runner() as runner:
            return runner.run(_until_stopped(main, say))
    except EngineProblem as problem:
        if isinstance(problem, ChildFailed):
            for line in problem.last_lines:
                say(f"    {line}")
        say(f"springtide: {problem}")
        return 1


async def _until_stopped(main: Main, say: Callable[[str], None]) -> int:
    loop = asyncio.get_running_loop()
    task = loop.create_task(main())
    was_asked = False

    def stop() -> None:
        nonlocal was_asked
        if was_asked:
            say("Still stopping, please wait")
            return
        was_asked = True
        say("Stopping")
        task.cancel()

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if was_asked:
            return 0
        raise
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
