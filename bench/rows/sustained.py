"""The highest rate at which no backlog grows: buyers arrive at given rates, whatever the shop makes of them."""

import asyncio
from collections.abc import Sequence
from statistics import fmean

from bench.backlog import BacklogMeter
from bench.bench import Bench
from bench.figures import Figure, at_least
from bench.load import Bought, open_loop
from bench.schedule import Bisection
from bench.shop import Shop
from springtide.platform.tasks import stopped

ROW = "sustained"
_SAMPLE_EVERY_S = 0.2
_PATIENCE_S = 300.0
_SHORTER = 4
_FIRST, _STEP = 100.0, 25.0
_LATE_MS = 1_000.0
_NOISE = 20


async def measure(bench: Bench) -> list[Figure]:
    """Double the rate until one does not hold, then bisect to within 25 orders/s. Most of a rate's tries decide."""
    shop = await bench.shop()
    seconds = max(5.0, bench.options.seconds / _SHORTER)
    tried: list[str] = []
    async with BacklogMeter(shop.settings) as backlog:

        async def holds(rate: float) -> bool:
            verdicts: list[str] = []
            while (decided := majority([not verdict for verdict in verdicts], of=bench.options.rounds)) is None:
                verdicts.append(await _holds(shop, backlog, rate, seconds))
                bench.say(f"{rate:.0f} orders/s: {verdicts[-1] or 'holds'}")
            tried.append(f"{rate:.0f} {', '.join(verdict or 'holds' for verdict in dict.fromkeys(verdicts))}")
            return decided

        low, high = 0.0, _FIRST
        while await holds(high):
            low, high = high, high * 2
        search = Bisection(low, high, step=max(_STEP / 2, high / 16))
        while (rate := search.next) is not None:
            search.tell(rate, holds=await holds(rate))
    return [
        Figure(
            row=ROW,
            what=f"highest rate at which no backlog grows, {seconds:.0f} s each",
            detail=f"tried: {'; '.join(tried)}",
            **at_least(search.low, 250, unit="/s"),
        )
    ]


def majority(said: Sequence[bool], *, of: int) -> bool | None:
    """Return what most of `of` tries say, as soon as the rest cannot change it; None: one more is needed.

    One hiccup of the machine says as little as one lucky run: what medians are for figures.
    """
    if said.count(True) * 2 > of:
        return True
    if said.count(False) * 2 >= of:
        return False
    return None


async def _holds(shop: Shop, backlog: BacklogMeter, rate: float, seconds: float) -> str:
    """Return why a rate does not hold; empty when it does."""
    if await backlog.drained_after(_PATIENCE_S) is None:
        return "the backlog of before does not go away"
    samples: list[int] = []

    async def sample() -> None:
        while True:
            samples.append((await backlog.now()).total)
            await asyncio.sleep(_SAMPLE_EVERY_S)

    sampling = asyncio.create_task(sample())
    bought: Bought = await open_loop(shop.address, shop.skus, rate=rate, seconds=seconds)
    await stopped([sampling])
    if not sampling.cancelled():
        sampling.result()  # raises what ended it: half a run's samples are none
    if bought.others():
        return f"not everybody could buy ({bought.others()})"
    if bought.ms(0.99) > _LATE_MS:
        return f"buyers wait (p99 {bought.ms(0.99):,.0f} ms)"
    if grows(samples, orders_a_quarter=rate * seconds / 4):
        return f"the backlog grows (to {samples[-1]:,})"
    return ""


def grows(samples: Sequence[int], *, orders_a_quarter: float) -> bool:
    """Tell whether what waits rose from the third to the last quarter of a run by more than 5 % of the orders of a
    quarter (and more than 20). An order leaves several events and jobs, so 5 % of the orders is a strict measure.

    Means, not medians: who works after the sale rests between turns, so what waits goes up and down several times a
    second, and a median falls on one side or the other.
    """
    quarter = len(samples) // 4
    if quarter == 0:
        msg = "fewer than four samples"
        raise ValueError(msg)
    third, last = samples[-2 * quarter : -quarter], samples[-quarter:]
    return fmean(last) - fmean(third) > max(_NOISE, 0.05 * orders_a_quarter)
