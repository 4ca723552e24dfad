"""Growth: the same orders in a shop that has 10 thousand, 100 thousand, a million of them."""

import asyncio
from dataclasses import dataclass

from bench.backlog import BacklogMeter
from bench.bench import Bench
from bench.explained import Cost, explained_order, side_by_side, total
from bench.figures import Figure, median
from bench.filling import Filling
from bench.load import closed_loop
from bench.schedule import interleaved
from bench.shop import Shop
from bench.touched import Touched, touched_so_far

ROW = "growth"
_SAMPLE_BUYERS = 50
_SAMPLE_S = 3.0
_SHORTER = 3
_PATIENCE_S = 300.0
_SLOWER = 0.20


@dataclass(frozen=True, slots=True)
class Grown:
    """Orders per second and what an order touches at a size."""

    orders: int
    per_s: float
    p99_ms: float
    touched: Touched
    costs: dict[str, Cost]


async def measure(bench: Bench) -> list[Figure]:
    """Fill, measure, fill further; the sizes can only come one after the other."""
    shop = await bench.shop()
    filling = Filling(shop.settings.database_url)
    async with BacklogMeter(shop.settings) as backlog:
        await _sample(shop, backlog, filling)
        grown = []
        for size in bench.options.growth:
            bench.say(f"Filling to {size:,} orders")
            await asyncio.to_thread(filling.fill, size, say=lambda _: None)
            grown.append(await _measured(bench, shop, backlog, filling))
    bench.note(side_by_side({size.orders: size.costs for size in grown}))
    first = grown[0]
    return [_figure(size, first) for size in grown]


async def _sample(shop: Shop, backlog: BacklogMeter, filling: Filling) -> None:
    await backlog.drained_after(_PATIENCE_S)
    mark = await asyncio.to_thread(filling.begin)
    await closed_loop(shop.address, shop.skus, buyers=_SAMPLE_BUYERS, seconds=_SAMPLE_S)
    await backlog.drained_after(_PATIENCE_S)
    await asyncio.to_thread(filling.take, mark)


async def _measured(bench: Bench, shop: Shop, backlog: BacklogMeter, filling: Filling) -> Grown:
    url = shop.settings.database_url
    stored = await asyncio.to_thread(lambda: filling.orders)
    await closed_loop(shop.address, shop.skus, buyers=bench.options.buyers, seconds=2.0)
    await backlog.drained_after(_PATIENCE_S)
    before = await asyncio.to_thread(touched_so_far, url)
    runs = []
    for _ in interleaved((None,), bench.options.rounds):
        seconds = max(2.0, bench.options.seconds / _SHORTER)
        runs.append(await closed_loop(shop.address, shop.skus, buyers=bench.options.buyers, seconds=seconds))
    await backlog.drained_after(_PATIENCE_S)
    after = await asyncio.to_thread(touched_so_far, url)
    placed = sum(len(bought.times) for bought in runs)
    return Grown(
        stored,
        median(bought.per_s for bought in runs),
        median(bought.ms(0.99) for bought in runs),
        after.per_order(before, placed),
        await explained_order(shop),
    )


def _figure(grown: Grown, first: Grown) -> Figure:
    explained = total(grown.costs)
    slower = 1 - grown.per_s / first.per_s
    return Figure(
        row=ROW,
        what=f"orders with {grown.orders:,} stored",
        value=f"{grown.per_s:,.0f}/s ({-slower:+.0%})",
        target="" if grown is first else f"≤ {_SLOWER:.0%} slower",
        met=None if grown is first else slower <= _SLOWER,
        detail=f"p99 {grown.p99_ms:,.0f} ms; per order with all that follows {grown.touched};"
        f" EXPLAIN of the buyer's statements: {explained.rows:,} rows, {explained.buffers:,} buffers",
    )
