"""Guest orders, the full flow over HTTP: three writes each, 64 buyers, and more and fewer of them."""

from bench.backlog import BacklogMeter
from bench.bench import Bench
from bench.figures import Figure, at_least, at_most, median
from bench.load import Bought, closed_loop
from bench.schedule import interleaved
from bench.shop import Shop

ROW = "orders"
CROWDS = "crowds"
_CROWDS = (16, 64, 256, 1_024)
_SHORTER = 4
_PATIENCE_S = 120.0
_WARM_S = 2.0


async def measure(bench: Bench) -> list[Figure]:
    """Return orders per second with the time of a purchase and the backlog after it."""
    shop = await bench.shop()
    await closed_loop(shop.address, shop.skus, buyers=bench.options.buyers, seconds=_WARM_S)
    return await _main(bench, shop)


async def measure_crowds(bench: Bench) -> list[Figure]:
    """Return orders per second for smaller and larger crowds, interleaved."""
    return await _crowds(bench, await bench.shop())


async def _main(bench: Bench, shop: Shop) -> list[Figure]:
    runs: list[Bought] = []
    drained: list[float] = []
    cpu: dict[str, float] = {}
    async with BacklogMeter(shop.settings) as backlog:
        for _ in range(bench.options.rounds):
            await backlog.drained_after(_PATIENCE_S)
            before = shop.cpu_s()
            bought = await closed_loop(
                shop.address, shop.skus, buyers=bench.options.buyers, seconds=bench.options.seconds
            )
            waited = await backlog.drained_after(_PATIENCE_S)
            after = shop.cpu_s()
            cpu = {name: after[name] - before[name] for name in before}
            runs.append(bought)
            drained.append(_PATIENCE_S if waited is None else waited)
    who = f"{bench.options.buyers} buyers, {bench.options.seconds:.0f} s"
    last = runs[-1]
    per_order = {name: 1000 * seconds / max(1, len(last.times)) for name, seconds in cpu.items()}
    spent = ", ".join(f"{name} {ms:.2f}" for name, ms in per_order.items())
    refused = "; ".join(bought.others() for bought in runs if bought.others())
    return [
        Figure(
            row=ROW,
            what=f"guest orders over HTTP, {who}",
            detail=f"generator {max(b.cpu_share for b in runs):.0%} of a core{'; ' + refused if refused else ''}",
            **at_least(median(bought.per_s for bought in runs), 500, unit="/s"),
        ),
        Figure(row=ROW, what="time of a purchase, p50", value=f"{median(b.ms(0.5) for b in runs):,.0f} ms"),
        Figure(row=ROW, what="time of a purchase, p99", **at_most(median(b.ms(0.99) for b in runs), 300, unit=" ms")),
        Figure(row=ROW, what="all events consumed, after the end", **at_most(median(drained), 30, unit=" s", digits=1)),
        Figure(
            row=ROW, what="CPU per order with all that follows", value=f"{sum(per_order.values()):.2f} ms", detail=spent
        ),
    ]


async def _crowds(bench: Bench, shop: Shop) -> list[Figure]:
    found: dict[int, list[Bought]] = {buyers: [] for buyers in _CROWDS}
    for buyers in interleaved(_CROWDS, bench.options.rounds):
        seconds = max(2.0, bench.options.seconds / _SHORTER)
        found[buyers].append(await closed_loop(shop.address, shop.skus, buyers=buyers, seconds=seconds))
    return [
        Figure(
            row=CROWDS,
            what=f"orders at {buyers:,} buyers",
            value=f"{median(bought.per_s for bought in runs):,.0f}/s",
            detail=f"p50 {median(b.ms(0.5) for b in runs):,.0f} ms, p99 {median(b.ms(0.99) for b in runs):,.0f} ms"
            + "".join(f"; {bought.others()}" for bought in runs if bought.others()),
        )
        for buyers, runs in found.items()
    ]
