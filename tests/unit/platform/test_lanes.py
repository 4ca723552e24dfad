"""Background work rests between turns, longer while buyers wait, and never for good."""

import asyncio

from springtide.platform import lanes
from springtide.platform.lanes import Turns


class Buyers:
    def __init__(self, waiting: int) -> None:
        self.waiting = waiting


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_the_first_turn_waits_for_nothing_and_the_next_for_a_moment() -> None:
    started = now()
    turns = Turns(rest_s=60.0)
    async with asyncio.timeout(20):
        await turns.next()
    turns = Turns(rest_s=0.05)
    for _ in range(2):
        await turns.next()
    assert now() - started >= 0.05


async def test_a_backlog_is_worked_off_without_resting() -> None:
    turns = Turns(rest_s=60.0, longest_rest_s=60.0)
    async with asyncio.timeout(5):
        for _ in range(10):
            await turns.next(has_more=True)


async def test_while_buyers_wait_a_backlog_rests_but_not_for_good() -> None:
    buyers = Buyers(waiting=3)
    lanes.watch(buyers)
    assert lanes.is_busy()
    turns = Turns(longest_rest_s=0.1)
    await turns.next(has_more=True)
    started = now()
    await turns.next(has_more=True)
    assert now() - started >= 0.09
    waiting = asyncio.create_task(Turns(longest_rest_s=0.1).next())
    buyers.waiting = 0
    await waiting
    assert not lanes.is_busy()


async def test_a_lane_that_is_gone_is_nobodys_business() -> None:
    lanes.watch(Buyers(waiting=1))
    assert not lanes.is_busy()
