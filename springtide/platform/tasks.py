"""Ending tasks for good."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, TypeVar

_CANCEL_AGAIN_S = 0.5

Result = TypeVar("Result")


async def stopped(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel until everybody has left, and take what they failed with. One cancellation can get lost: in Python 3.11
    `asyncio.wait_for`, which our libraries use, swallows one that comes in the very moment its own work is done.
    """
    everybody = set(tasks)
    pending = everybody
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)
    await asyncio.gather(*everybody, return_exceptions=True)


async def heeding(work: Awaitable[Result]) -> Result:
    """Await what a library does. Cancelled meanwhile, leave also where it has lost the cancellation: see `stopped`."""
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    result = await work
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
    return result


async def finishing(work: Coroutine[Any, Any, Result], *, within_s: float) -> Result:
    """Do `work`; cancelled meanwhile, let it come to its end for at most `within_s` seconds before being cancelled."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await patiently(task, within_s=within_s)
        raise


async def patiently(task: "asyncio.Task[Any]", *, within_s: float) -> None:
    """Wait for the end of `task`, whoever cancels us meanwhile; after `within_s` seconds cancel it. Raises nothing."""
    clock = asyncio.get_running_loop().time
    until = clock() + within_s
    while not task.done() and clock() < until:
        try:
            await asyncio.wait({task}, timeout=until - clock())
        except asyncio.CancelledError:
            continue  # `stopped` cancels again and again: whoever calls us is on the way out already
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
