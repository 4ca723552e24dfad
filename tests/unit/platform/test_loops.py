"""A loop turns when its time has come, or when somebody rings."""

import asyncio

from springtide.bootstrap.repeating import repeat
from springtide.platform.wiring import Loop


async def test_a_bell_brings_the_next_turn_at_once_and_rings_once() -> None:
    turns: asyncio.Queue[int] = asyncio.Queue()

    async def work() -> None:
        turns.put_nowait(turns.qsize())

    bell = asyncio.Event()
    running = asyncio.create_task(repeat("desk", Loop(name="answer", every_s=3600.0, work=work, bell=bell)))
    async with asyncio.timeout(5):
        await turns.get()
        for _ in range(2):
            bell.set()
            await turns.get()
    assert not bell.is_set()
    assert turns.empty()
    running.cancel()


async def test_without_anybody_ringing_a_loop_turns_by_the_clock() -> None:
    turns = asyncio.Semaphore(0)

    async def work() -> None:
        turns.release()

    loop = Loop(name="answer", every_s=0.001, work=work, bell=asyncio.Event())
    running = asyncio.create_task(repeat("desk", loop))
    async with asyncio.timeout(5):
        for _ in range(3):
            await turns.acquire()
    running.cancel()
