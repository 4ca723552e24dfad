"""Ending tasks for good."""

import asyncio
from collections.abc import Iterable

_CANCEL_AGAIN_S = 0.5


async def stopped(tasks: Iterable["asyncio.Task[None]"]) -> None:
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
