"""Growth: the same orders in shops that have 10 thousand, 100 thousand, a million of them, by turns.

Each size is a shop of its own, filled beforehand and running while others are measured: what else happens on the
machine falls on all sizes alike.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from msgspec.structs import replace

from bench.backlog import BacklogMeter
from bench.bench import Bench
from bench.explained import Cost, explained_order, side_by_side, total
from bench.figures import Figure, median
from bench.filling import Filling
from bench.load import Bought, closed_loop
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
class _Filled:
    """A running shop with `stored` orders, and what was bought in it since."""

    shop: Shop
    backlog: BacklogMeter
    stored: int
    touched: Touched
    runs: list[Bought] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Grown:
    """Orders per second and what an order touches at a size."""

    orders: int
    per_s: float
    p99_ms: float
    touched: Touched
    costs: dict[str, Cost]


async def measure(bench: Bench) -> list[Figure]:
    """Fill a shop for each size, measure them by turns, compare with the smallest."""
    await bench.stop()
    seconds = max(2.0, bench.options.seconds / _SHORTER)
    async with AsyncExitStack() as stack:
        sizes = [await stack.enter_async_context(_filled(bench, orders)) for orders in bench.options.growth]
        for size in interleaved(sizes, bench.options.rounds):
            bench.say(f"Buying where {size.stored:,} orders are stored")
            size.runs.append(await _bought(bench, size.shop, size.backlog, seconds))
        grown = [await _grown(size) for size in sizes]
    bench.note(side_by_side({size.orders: size.costs for size in grown}))
    return [_figure(size, grown[0]) for size in grown]


@asynccontextmanager
async def _filled(bench: Bench, orders: int) -> AsyncIterator[_Filled]:
    """Start a shop in a folder of its own (within `--data`, where given, so that it is filled once) and fill it."""
    kept = bench.options.data
    options = replace(bench.options, data=kept / f"growth-{orders}" if kept else None)
    async with Bench(options, bench.say) as own:
        shop = await own.shop()
        filling = Filling(shop.settings.database_url)
        async with BacklogMeter(shop.settings) as backlog:
            await _sample(shop, backlog, filling)
            bench.say(f"Filling to {orders:,} orders")
            await asyncio.to_thread(filling.fill, orders, say=lambda _: None)
            stored = await asyncio.to_thread(lambda: filling.orders)
            await _bought(bench, shop, backlog, 2.0)  # statistics, plans and caches are as in a shop at work
            yield _Filled(shop, backlog, stored, await asyncio.to_thread(touched_so_far, shop.settings.database_url))


async def _sample(shop: Shop, backlog: BacklogMeter, filling: Filling) -> None:
    await backlog.drained_after(_PATIENCE_S)
    mark = await asyncio.to_thread(filling.begin)
    await closed_loop(shop.address, shop.skus, buyers=_SAMPLE_BUYERS, seconds=_SAMPLE_S)
    await backlog.drained_after(_PATIENCE_S)
    await asyncio.to_thread(filling.take, mark)


async def _bought(bench: Bench, shop: Shop, backlog: BacklogMeter, seconds: float) -> Bought:
    bought = await closed_loop(shop.address, shop.skus, buyers=bench.options.buyers, seconds=seconds)
    await backlog.drained_after(_PATIENCE_S)
    return bought


async def _grown(size: _Filled) -> Grown:
    after = await asyncio.to_thread(touched_so_far, size.shop.settings.database_url)
    return Grown(
        size.stored,
        median(bought.per_s for bought in size.runs),
        median(bought.ms(0.99) for bought in size.runs),
        after.per_order(size.touched, sum(len(bought.times) for bought in size.runs)),
        await explained_order(size.shop),
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
