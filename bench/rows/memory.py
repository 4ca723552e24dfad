"""Memory of everything `springtide up` runs (PSS), itself and the engines included: idle, and while 64 guests buy.

Started anew for this row: what was loaded before it is in the engines' caches no more.
"""

import asyncio

from bench.bench import Bench
from bench.figures import Figure, at_most
from bench.load import closed_loop
from bench.processes import pss_mib
from bench.shop import Shop, running_up

ROW = "memory"
_SETTLE_S = 30.0  # by then most loops have run once, and every context has its connections
_SHORTER = 3


async def measure(bench: Bench) -> list[Figure]:
    """Start the shop as its owner would, look at it, then again every second under load; the largest sum counts."""
    shop = await bench.shop()
    settings, folder = await bench.engines()
    await bench.stop()
    async with running_up(settings, folder) as pids:
        await asyncio.sleep(_SETTLE_S)
        idle = _by_name(pids)
        loaded = await _under_load(bench, shop, pids)
    products = f"{bench.options.products:,} products"
    return [
        _figure(f"memory of all processes, {products}, idle", idle, 450),
        _figure(f"memory of all processes, {products}, {bench.options.buyers} buyers", loaded, 600),
    ]


def _by_name(pids: dict[str, int]) -> dict[str, float]:
    """Return MiB by process; `up`, the parent of all, without the others."""
    found = {name: pss_mib(pid) for name, pid in pids.items()}
    found["up"] = 2 * found["up"] - sum(found.values())
    return found


async def _under_load(bench: Bench, shop: Shop, pids: dict[str, int]) -> dict[str, float]:
    seconds = max(3.0, bench.options.seconds / _SHORTER)
    buying = asyncio.create_task(closed_loop(shop.address, shop.skus, buyers=bench.options.buyers, seconds=seconds))
    largest: dict[str, float] = {}
    while not buying.done():
        await asyncio.sleep(1.0)
        now = await asyncio.to_thread(_by_name, pids)
        largest = max(largest, now, key=lambda sample: sum(sample.values()))
    await buying
    return largest


def _figure(what: str, mib: dict[str, float], target: float) -> Figure:
    parts = ", ".join(f"{name} {value:.0f}" for name, value in mib.items())
    return Figure(row=ROW, what=what, detail=parts, **at_most(sum(mib.values()), target, unit=" MiB"))
