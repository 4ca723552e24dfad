"""Ending tasks: libraries lose a cancellation that comes in the very moment their own work is done."""

import asyncio

import pytest

from springtide.platform.tasks import heeding, stopped


async def library(answer: "asyncio.Future[str]") -> str:
    """Wait as libraries do: in Python 3.11 `wait_for` returns what is there and forgets that it was cancelled."""
    return await asyncio.wait_for(answer, 5)  # noqa: TID251 - its fault is what is tested


async def begun(work: "asyncio.Task[object]") -> None:
    for _ in range(3):
        await asyncio.sleep(0)
    assert not work.done()


async def test_who_is_cancelled_in_the_moment_of_the_answer_leaves() -> None:
    answer = asyncio.get_running_loop().create_future()
    work = asyncio.create_task(heeding(library(answer)))
    await begun(work)
    answer.set_result("here")
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_who_is_not_cancelled_is_answered_also_after_an_earlier_cancellation() -> None:
    answer = asyncio.get_running_loop().create_future()

    async def once_cancelled() -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            return await heeding(library(answer))  # on the way out, with a last call
        return "nobody cancelled"

    work = asyncio.create_task(once_cancelled())
    await begun(work)
    work.cancel()
    await begun(work)
    answer.set_result("here")
    assert await work == "here"


async def test_a_limit_of_time_ends_the_wait_also_in_that_moment() -> None:
    answer = asyncio.get_running_loop().create_future()

    async def limited() -> str:
        async with asyncio.timeout(5) as limit:
            asyncio.get_running_loop().call_soon(answer.set_result, "late")
            limit.reschedule(asyncio.get_running_loop().time())
            return await heeding(library(answer))

    with pytest.raises(TimeoutError):
        await limited()


async def test_stopped_cancels_until_everybody_has_left() -> None:
    lost = 0

    async def deaf_at_first() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost += 1

    async def fails() -> None:
        await asyncio.sleep(0)
        raise RuntimeError

    tasks = [asyncio.create_task(deaf_at_first()), asyncio.create_task(fails())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await stopped(tasks)
    assert all(task.done() for task in tasks)
    assert lost == 1
