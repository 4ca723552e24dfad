"""The same over the real bus: an order's event comes in, a band's change goes out, a hold runs out by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from springtide.bootstrap import Node
from springtide.contracts.inventory.api import Allocation, Band, StockLevel
from springtide.contracts.inventory.events import AvailabilityChanged
from springtide.platform.ids import uuid7
from tests.context.inventory.events import envelope, shipped
from tests.context.inventory.shop import SetClock, Shop


class NodeWith(Protocol):
    async def __call__(self, *contexts: str, background: bool) -> Node: ...


async def until(is_true: Callable[[], Awaitable[bool]], *, within_s: float = 15) -> None:
    clock = asyncio.get_running_loop()
    deadline = clock.time() + within_s
    while True:
        if await is_true():
            return
        assert clock.time() < deadline
        await asyncio.sleep(0.05)


async def test_events_come_in_and_go_out(node_with: NodeWith, set_clock: SetClock) -> None:
    shop = Shop(await node_with("inventory", background=True))
    await shop.open(StockLevel(sku="mug", location="own", quantity=10))
    before = (await shop.api.snapshot(caller=shop.caller)).sequence
    order = (await shop.claim((await shop.hold(("mug", 5))).checkout_id)).checkout_id
    event = shipped(order, Allocation(sku="mug", location="own", quantity=5))
    await shop.node.bus.publish([envelope(event, uuid7())])

    async def is_shipped() -> bool:
        row = await shop.row("mug")
        return (row.on_hand, row.claimed) == (5, 0)

    await until(is_shipped)
    seen: list[Band] = []
    async with asyncio.timeout(15):
        async for batch in shop.node.bus.follow([AvailabilityChanged.TYPE], after_sequence=before):
            seen += [band.band for one in batch for band in one.envelope.read(AvailabilityChanged).changed]
            if Band.FEW_LEFT in seen:
                break
    await shop.hold(("mug", 5), expires_after_s=60)
    await set_clock(shop.node, 61)

    async def is_swept() -> bool:
        return await shop.sql("select held from stock where sku = 'mug'") == [(0,)]

    await until(is_swept)
