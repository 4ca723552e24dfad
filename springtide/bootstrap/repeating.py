"""What a process does again and again: loops that survive their failures, workers that are started again."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from springtide.platform import vitals
from springtide.platform.errors import Unavailable
from springtide.platform.telemetry import LOOP_FAILURES, LOOP_LAST_RUN, LOOP_ROWS, LOOP_SECONDS, logger
from springtide.platform.wiring import Loop

log = logger(__name__)

_BACK_OFF_S = 1.0


async def repeat(context: str, loop: Loop, *, first_after_s: float = 0.0) -> None:
    """Do a context's loop for ever; a failure is counted and logged, and the next turn comes all the same."""
    await asyncio.sleep(first_after_s)
    while True:
        failed = True
        try:
            await _turn(context, loop)
            failed = False
        except Unavailable as error:
            LOOP_FAILURES.labels(context, loop.name).inc()
            log.debug("loop.waits", context=context, loop=loop.name, error=error.detail)
        except Exception:
            LOOP_FAILURES.labels(context, loop.name).inc()
            log.exception("loop.failed", context=context, loop=loop.name)
        vitals.THIS.turned(f"{context}.{loop.name}", failed=failed)
        await _pause(loop)


async def _pause(loop: Loop) -> None:
    """Wait for the next turn: its time, or its bell."""
    if loop.bell is None:
        await asyncio.sleep(loop.every_s)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(loop.every_s):
            await loop.bell.wait()
    loop.bell.clear()


async def _turn(context: str, loop: Loop) -> None:
    """Do a loop's work once; what it returns as a number counts as the rows it dealt with."""
    started = time.perf_counter()
    done = await loop.work()
    LOOP_SECONDS.labels(context, loop.name).set(time.perf_counter() - started)
    LOOP_LAST_RUN.labels(context, loop.name).set_to_current_time()
    if isinstance(done, int):
        LOOP_ROWS.labels(context, loop.name).inc(done)


async def outlive(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start a worker again whenever it ends or fails, until this task is cancelled."""
    while True:
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if _is_being_stopped():  # the worker library answered our cancellation with an error of its own
                raise asyncio.CancelledError from error
            log.warning("worker.waits", worker=name, error=repr(error))
        await asyncio.sleep(_BACK_OFF_S)


def _is_being_stopped() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
