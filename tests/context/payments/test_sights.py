"""What the payments processes tell one another about gateways: whoever is asked knows what the sellers see."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from springtide.bootstrap import Node, running
from springtide.contexts.payments.domain.breaker import BreakerState
from springtide.contexts.payments.service.sights import FORGOTTEN_AFTER, SILENT_AFTER, TOLD_AGAIN_AFTER_S, Teller
from springtide.contracts.payments.api import GatewayStatus
from springtide.settings import replaced
from tests.context.payments.till import Till, until

SetClock = Callable[[Node, float], Awaitable[None]]
SHOP = "shop:2"


@asynccontextmanager
async def selling(till: Till, *, loops: bool = False, name: str = SHOP) -> AsyncIterator[Till]:
    """Another payments process over the same database; `loops`: with what a process that only sells runs."""
    settings = replaced(till.node.settings, background=False)
    async with running(settings, {"payments"}, background=loops, serve=False, among=("payments",)) as node:
        shop = Till(node=node, sandbox=till.sandbox, gateway=till.gateway, mailbox=till.mailbox, keys=till.keys)
        shop.tools.desk.process = name
        yield shop


async def status_of(till: Till) -> GatewayStatus:
    return next(status for status in await till.api.gateways(caller=till.caller) if status.name == "north")


async def rows(till: Till) -> list[str]:
    return [
        process for (process,) in await till.fetch("select distinct process from payments.gateway_sight order by 1")
    ]


async def test_the_office_sees_what_the_shop_does(till: Till) -> None:
    async with selling(till, loops=True) as shop:
        for scenario in ({"buyer": "approves", "webhook": "never"}, {"webhook": "never", "fault": "drop_after"}):
            await shop.start(scenario=scenario)

        async def told() -> GatewayStatus | None:
            found = await status_of(till)
            return found if found.attempts == 2 else None

        seen, at_the_shop = await until(told), await status_of(shop)
    assert (seen.attempts, seen.failures, seen.p50_ms, seen.p99_ms) == (2, 1, at_the_shop.p50_ms, at_the_shop.p99_ms)
    assert [(one.process, one.attempts) for one in seen.processes] == [(till.tools.desk.process, 0), (SHOP, 2)]


async def test_several_processes_add_up(till: Till) -> None:
    await till.start()
    async with selling(till) as shop, selling(till, name="shop:3") as other:
        for one, times in ((shop, 2), (other, 3)):
            for _ in range(times):
                await one.start()
            await Teller(one.tools).tell()
        found = [await status_of(one) for one in (till, shop, other)]
    assert [seen.attempts for seen in found] == [6, 5, 5], "the till has told nobody but whoever asks it"
    assert [one.attempts for one in found[0].processes] == [1, 2, 3]


async def test_the_worst_breaker_is_told_with_the_process_it_belongs_to(till: Till) -> None:
    async with selling(till) as shop:
        await till.outage("north", on=True)
        for _ in range(10):
            await shop.start()
        await till.outage("north", on=False)
        await shop.start()
        await Teller(shop.tools).tell()
        seen = await status_of(till)
    assert (seen.breaker, seen.diverted, seen.failures) == (BreakerState.OPEN, 1, 10)
    assert [(one.process, one.breaker) for one in seen.processes[1:]] == [(SHOP, BreakerState.OPEN)]


async def test_the_silent_are_left_out_and_forgotten(till: Till, set_clock: SetClock) -> None:
    async with selling(till) as shop:
        await shop.start()
        await Teller(shop.tools).tell()
    assert (await status_of(till)).attempts == 1
    await set_clock(till.node, SILENT_AFTER.total_seconds() + 1)
    await Teller(till.tools).tell()
    seen = await status_of(till)
    assert (seen.attempts, [one.process for one in seen.processes]) == (0, [till.tools.desk.process])
    assert await rows(till) == sorted([till.tools.desk.process, SHOP])
    await set_clock(till.node, SILENT_AFTER.total_seconds() + FORGOTTEN_AFTER.total_seconds())
    await Teller(till.tools).tell()
    assert await rows(till) == [till.tools.desk.process]


async def test_nothing_new_is_not_told_again_for_a_while(till: Till) -> None:
    now_s = 100.0
    teller = Teller(till.tools, clock=lambda: now_s)
    assert [await teller.tell(), await teller.tell()] == [True, False]
    await till.start()
    assert [await teller.tell(), await teller.tell()] == [True, False]
    now_s += TOLD_AGAIN_AFTER_S
    assert await teller.tell()


async def test_two_processes_tell_at_once(till: Till) -> None:
    async with selling(till) as shop, asyncio.timeout(10):
        await asyncio.gather(*(Teller(one.tools).tell() for one in (till, shop) for _ in range(10)))
    assert await rows(till) == sorted([till.tools.desk.process, SHOP])


@pytest.mark.parametrize("name", ["north", "invoice"])
async def test_every_gateway_is_told(till: Till, name: str) -> None:
    await Teller(till.tools).tell()
    found = await till.fetch("select gateway from payments.gateway_sight where gateway = %s", name)
    assert found == [(name,)]
