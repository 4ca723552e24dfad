"""One hot product against many: does everybody wanting the same thing cost anything?"""

from bench.bench import Bench
from bench.figures import Figure, at_least, median
from bench.load import closed_loop
from bench.schedule import interleaved

ROW = "hot"
_SHORTER = 4


async def measure(bench: Bench) -> list[Figure]:
    """Return the ratio of the medians of interleaved runs."""
    shop = await bench.shop()
    crowds = {"one product": shop.skus[:1], "1,000 products": shop.skus}
    rates: dict[str, list[float]] = {name: [] for name in crowds}
    for name in interleaved(tuple(crowds), bench.options.rounds):
        seconds = max(2.0, bench.options.seconds / _SHORTER)
        bought = await closed_loop(shop.address, crowds[name], buyers=bench.options.buyers, seconds=seconds)
        rates[name].append(bought.per_s)
    hot, many = (median(rates[name]) for name in crowds)
    return [
        Figure(
            row=ROW,
            what=f"one hot product against many, {bench.options.buyers} buyers",
            detail=f"{hot:,.0f} against {many:,.0f} orders/s",
            **at_least(hot / many, 0.8, digits=2),
        )
    ]
