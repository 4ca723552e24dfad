"""Kill switches are shared by every process through NATS."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, cast

import pytest

from springtide.platform.bus import Bus, BusUnavailable
from springtide.platform.caller import Caller
from springtide.platform.errors import Unavailable
from springtide.platform.gate import Busy, Gate, SwitchedOff
from springtide.platform.promise import always_answered
from springtide.platform.rpc import Contract, Server, local, remote
from springtide.platform.switches import Switches
from springtide.platform.tasks import stopped
from tests.context.platform.probe import CALLER, until

BusWith = Callable[[str], "asyncio.Future[Bus]"]


class ShopApi(Protocol):
    async def look(self, *, caller: Caller) -> str: ...

    @always_answered
    async def pay_back(self, *, caller: Caller) -> str: ...


class Shop:
    def __init__(self) -> None:
        self.looked = 0
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def look(self, *, caller: Caller) -> str:
        self.looked += 1
        await self.go_on.wait()
        return "seen"

    async def pay_back(self, *, caller: Caller) -> str:
        return "paid back"


CONTRACT: Contract[ShopApi] = Contract("shop", ShopApi)


async def test_nothing_is_off_where_nobody_ever_moved_a_switch(bus: Bus) -> None:
    switches = Switches(bus)
    assert (await switches.table()).off == {}
    assert await switches.history() == []


async def test_a_moved_switch_says_who_when_and_why_and_is_remembered(bus: Bus, bus_with: BusWith) -> None:
    elsewhere = Switches(await bus_with("elsewhere"))
    await Switches(bus).move("shop.look", on=False, by="ada", reason="it is slow")
    off = (await elsewhere.table()).off["shop.look"]
    assert (off.on, off.by, off.reason) == (False, "ada", "it is slow")
    await elsewhere.move("shop.look", on=True, by="bo", reason="mended")
    assert (await Switches(bus).table()).off == {}
    assert [(move.on, move.by) for move in await elsewhere.history()] == [(True, "bo"), (False, "ada")]


async def test_switches_moved_at_once_are_all_moved(bus: Bus, bus_with: BusWith) -> None:
    both = Switches(bus), Switches(await bus_with("second"))
    await asyncio.gather(
        *(both[number % 2].move(f"shop.verb{number}", on=False, by="x", reason="y") for number in range(4))
    )
    assert set((await both[0].table()).off) == {f"shop.verb{number}" for number in range(4)}


async def test_a_process_refuses_within_a_second_and_takes_up_again(bus: Bus, bus_with: BusWith) -> None:
    shop, server_bus = Shop(), await bus_with("server")
    gate, server_gate = Gate(), Gate()
    api = remote(CONTRACT, bus, gate=gate)
    unaware = remote(CONTRACT, bus)  # a caller whose process has not read the switches yet
    following = [asyncio.create_task(Switches(b).follow(g)) for b, g in ((bus, gate), (server_bus, server_gate))]
    try:
        async with server_bus.serving("shop", Server(CONTRACT, shop, gate=server_gate).handle):
            assert await api.look(caller=CALLER) == "seen"
            await Switches(bus).move("shop.look", on=False, by="ada", reason="slow")
            await Switches(bus).move("shop.pay_back", on=False, by="ada", reason="by mistake, past the command")
            await until(lambda: gate.off == server_gate.off == {"shop.look", "shop.pay_back"}, within_s=3)
            for caller in (api, unaware):
                with pytest.raises(SwitchedOff) as refused:
                    await caller.look(caller=CALLER)
                assert (refused.value.retry_after_s, refused.value.facts) == (30, {"method": "shop.look"})
                assert await caller.pay_back(caller=CALLER) == "paid back"
            assert shop.looked == 1
            await Switches(bus).move("shop.look", on=True, by="ada", reason="mended")
            await until(lambda: _sees(api))
    finally:
        await stopped(following)


async def _sees(api: ShopApi) -> bool:
    with suppress(Unavailable):
        return await api.look(caller=CALLER) == "seen"
    return False


@pytest.mark.parametrize("side", ["caller", "answerer"])
async def test_a_limit_holds_over_the_bus_on_either_side(bus: Bus, bus_with: BusWith, side: str) -> None:
    shop, limited = Shop(), Gate({"shop.look": 2})
    shop.go_on.clear()
    api = remote(CONTRACT, bus, gate=limited if side == "caller" else None)
    server = Server(CONTRACT, shop, gate=limited if side == "answerer" else None)
    async with (await bus_with("server")).serving("shop", server.handle):
        under_way = [asyncio.create_task(api.look(caller=CALLER)) for _ in range(2)]
        await until(lambda: shop.looked == 2)
        with pytest.raises(Busy) as refused:
            await api.look(caller=CALLER)
        assert refused.value.retry_after_s == 1
        shop.go_on.set()
        assert await asyncio.gather(*under_way) == ["seen", "seen"]
        assert await api.look(caller=CALLER) == "seen"


async def test_calls_within_a_process_stand_before_the_same_gate() -> None:
    shop, gate = Shop(), Gate()
    api = local(CONTRACT, cast("ShopApi", shop), gate=gate)
    gate.switch_off_only(frozenset({"shop.look"}))
    with pytest.raises(SwitchedOff):
        await api.look(caller=CALLER)
    assert shop.looked == 0


async def test_without_the_bus_nobody_moves_a_switch_and_what_is_known_stays() -> None:
    bus, gate = Bus("nats://127.0.0.1:1", name="alone"), Gate()
    await bus.open(wait_s=0.05)
    gate.switch_off_only(frozenset({"shop.look"}))
    with pytest.raises(BusUnavailable):
        await Switches(bus).move("shop.look", on=True, by="x", reason="y")
    following = asyncio.create_task(Switches(bus).follow(gate))
    await asyncio.sleep(0)
    assert gate.off == {"shop.look"}
    await stopped([following])
    await bus.close()
