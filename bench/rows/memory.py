"""Memory of all processes (PSS) with 5,000 products: idle, and while 64 guests buy."""

import asyncio

from bench.backlog import BacklogMeter
from bench.bench import Bench
from bench.figures import Figure, at_most
from bench.load import closed_loop
from bench.shop import Shop

ROW = "memory"
_SETTLE_S = 5.0
_PATIENCE_S = 120.0
_SHORTER = 3


async def measure(bench: Bench) -> list[Figure]:
    """Start the processes anew, look at them, then again every second under load; the largest sum counts."""
    await bench.rest()
    shop = await bench.shop()
    async with BacklogMeter(shop.settings) as backlog:
        await backlog.drained_after(_PATIENCE_S)
    await asyncio.sleep(_SETTLE_S)
    idle = shop.pss_mib()
    loaded = await _under_load(bench, shop)
    products = f"{bench.options.products:,} products"
    return [
        _figure(f"memory of all processes, {products}, idle", idle, 450),
        _figure(f"memory of all processes, {products}, {bench.options.buyers} buyers", loaded, 600),
    ]


async def _under_load(bench: Bench, shop: Shop) -> dict[str, float]:
    seconds = max(3.0, bench.options.seconds / _SHORTER)
    buying = asyncio.create_task(closed_loop(shop.address, shop.skus, buyers=bench.options.buyers, seconds=seconds))
    largest: dict[str, float] = {}
    while not buying.done():
        await asyncio.sleep(1.0)
        now = await asyncio.to_thread(shop.pss_mib)
        largest = max(largest, now, key=lambda sample: sum(sample.values()))
    await buying
    return largest


def _figure(what: str, mib: dict[str, float], target: float) -> Figure:
    parts = ", ".join(f"{name} {value:.0f}" for name, value in mib.items())
    return Figure(row=ROW, what=what, detail=parts, **at_most(sum(mib.values()), target, unit=" MiB"))
