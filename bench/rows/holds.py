"""`inventory.hold` through its contract, with all its rows, in this process: coalesced, and the same one by one."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import chain, count
from typing import Any
from uuid import UUID

from bench.bench import Bench
from bench.figures import Figure, at_least, median
from bench.goods import own_sku
from bench.schedule import interleaved
from springtide.bootstrap import running
from springtide.contracts.common import Quantity
from springtide.contracts.inventory.api import InventoryApi
from springtide.platform import coalesce
from springtide.platform.caller import system
from springtide.platform.collector import spare_the_collector
from springtide.platform.ids import uuid7
from springtide.settings import Settings, replaced

ROW = "holds"
_CALLERS = (256, 1_024)
_ALONE = 4
"""Lanes of one call at a time, each on a connection of its own: as many as the pool of a context has connections."""
_SHORTER = 6
_TURNS = 3
"""What is compared takes turns of a few seconds: the machine's speed changes within minutes."""
_TIMES_UNCOALESCED = 8.0
_AHEAD = 50_000
"""Checkouts a second that are made before the clock starts: more than are held."""
_CALLER = system("bench")

Lines = Callable[[int], tuple[Quantity, ...]]


def _kinds(round_number: int) -> dict[str, tuple[Lines, float]]:
    """Return what is held and the target; the hot product is another one each round, so that it lasts."""
    hot = own_sku(round_number)

    def of(*skus: str) -> tuple[Quantity, ...]:
        return tuple(Quantity(sku=sku, quantity=1) for sku in skus)

    # Made before the clock starts: what is measured is the contract.
    three = [of(*(own_sku((turn * 7 + step * 331) % 1_000) for step in range(3))) for turn in range(1_000)]
    one, same = [of(own_sku(turn)) for turn in range(1_000)], of(hot)
    return {
        "one hot product": (lambda _: same, 12_000),
        "1,000 products": (lambda turn: one[turn % 1_000], 10_000),
        "three lines each": (lambda turn: three[turn % 1_000], 6_000),
    }


async def measure(bench: Bench) -> list[Figure]:
    """Return holds per second of three kinds, and how many times the uncoalesced contract that is."""
    await bench.rest()
    settings, _ = await bench.engines()
    seconds = max(2.0, bench.options.seconds / _SHORTER / _TURNS)
    runs = [(kind, callers, how) for kind in _kinds(0) for callers in _CALLERS for how in ("coalesced", "one by one")]
    rates: dict[tuple[str, int, str], list[float]] = {run: [] for run in runs}
    started: dict[tuple[str, int, str], int] = dict.fromkeys(runs, 0)
    few = replaced(settings, database_connections=2)
    async with _services(settings, 1) as together, _services(few, _ALONE, max_batch=1) as alone:
        spare_the_collector()  # as every process that serves does
        for kind, callers, how in interleaved(runs, bench.options.rounds * _TURNS):
            run = kind, callers, how
            lines, _ = _kinds(started[run])[kind]
            started[run] += 1
            services = together if how == "coalesced" else alone
            rates[run].append(await _rate(services, lines, seconds, callers=callers))
    return [
        figure
        for kind, (_, target) in _kinds(0).items()
        for callers in _CALLERS
        for figure in _figures(
            f"{kind}, {callers:,} callers",
            target,
            median(rates[kind, callers, "coalesced"]),
            median(rates[kind, callers, "one by one"]),
        )
    ]


def _figures(kind: str, target: float, coalesced: float, alone: float) -> Iterator[Figure]:
    what = f"hold through the contract, {kind}"
    yield Figure(row=ROW, what=what, **at_least(coalesced, target, unit="/s"))
    yield Figure(
        row=ROW,
        what=f"{what}, against uncoalesced",
        detail=f"uncoalesced {alone:,.0f}/s on {_ALONE} connections",
        **at_least(coalesced / alone, _TIMES_UNCOALESCED, unit=" x", digits=1),
    )


async def _rate(services: Sequence[InventoryApi], lines: Lines, seconds: float, *, callers: int) -> float:
    checkouts = _checkouts(int(_AHEAD * seconds))
    held = 0

    async def caller(number: int) -> None:
        nonlocal held
        hold = services[number % len(services)].hold
        turn = random.randrange(1_000)
        while time.perf_counter() < end:
            checkout_id, key = next(checkouts)
            await hold(
                caller=_CALLER,
                key=key,
                checkout_id=checkout_id,
                market="NL",
                lines=lines(turn),
                expires_after_s=900,
            )
            held += 1
            turn += 1

    started = time.perf_counter()
    end = started + seconds
    await asyncio.gather(*(caller(number) for number in range(callers)))
    return held / (time.perf_counter() - started)


def _checkouts(ahead: int) -> Iterator[tuple[UUID, str]]:
    """Return fresh checkouts with the keys of their calls, so many of them made beforehand: what is measured is the
    contract, not the load.
    """
    made = [(checkout_id := uuid7(), f"hold-{checkout_id}") for _ in range(ahead)]
    return chain(made, ((checkout_id := uuid7(), f"hold-{checkout_id}") for _ in count()))


@asynccontextmanager
async def _services(
    settings: Settings, count: int, *, max_batch: int | None = None
) -> AsyncIterator[list[InventoryApi]]:
    """Build inventory so many times, each with a pool and lanes of its own."""
    async with AsyncExitStack() as stack:
        with _lanes_of(max_batch):
            nodes = [
                await stack.enter_async_context(running(settings, ("inventory",), background=False, serve=False))
                for _ in range(count)
            ]
        yield [node.ask(InventoryApi) for node in nodes]


@contextmanager
def _lanes_of(max_batch: int | None) -> Iterator[None]:
    """Let every lane that is made meanwhile take at most so many calls in a batch (None: as it likes)."""
    original = coalesce.Lane.__init__
    if max_batch is None:
        yield
        return

    def limited(self: coalesce.Lane, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - passed on
        original(self, *arguments, **{**named, "max_batch": max_batch})

    coalesce.Lane.__init__ = limited  # type: ignore[method-assign]
    try:
        yield
    finally:
        coalesce.Lane.__init__ = original  # type: ignore[method-assign]
