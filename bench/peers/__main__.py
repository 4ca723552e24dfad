"""`python -m bench.peers`: Vendure and ours, the same work, in turn, in one run.

Both sell from the same PostgreSQL server (each from a database of its own) while the other one rests; guests buy over
each platform's public API with its own dummy payment (ours: by invoice).
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg

from bench.backlog import BacklogMeter
from bench.buyer import COMPLETED, buy
from bench.figures import markdown, median
from bench.goods import FLASH_SKUS, FLASH_UNITS, slug_of
from bench.layouts import layout_of
from bench.load import Bought
from bench.machine import described, in_a_line
from bench.options import add_shop_words
from bench.pages import look
from bench.peers.vendure import Guest, Vendure, install, running_vendure
from bench.processes import pss_mib
from bench.running import Stopped, run, say
from bench.schedule import interleaved
from bench.shop import Shop, loaded_engines, place_of, running_shop
from bench.wire import Wire, request
from springtide.platform.embedded.problems import EngineProblem

_BUYERS = (16, 64)
_FLASH_BUYERS = 500
_CONNECTIONS = 16
_HOME = Path(__file__).parents[2] / ".tools" / "peers"

_PATIENCE_S = 300.0
_WARM_S = 2.0

Purchase = Callable[[int], Awaitable[str]]
Rest = Callable[[], Awaitable[None]]


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.peers", description="Vendure beside ours.")
    made.add_argument("--seconds", type=float, default=20.0, help="length of each run")
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--home", type=Path, default=_HOME, help="where the peer is installed")
    add_shop_words(made)
    return made


async def compare(words: argparse.Namespace) -> str:
    """Return the table."""
    folder = await install(words.home, say=say)
    with place_of(words.data) as place:
        return await _compared(words, folder, place)


async def _compared(words: argparse.Namespace, folder: Path, place: Path) -> str:
    async with (
        loaded_engines(place, products=words.products, say=say) as (settings, data),
        running_shop(settings, data, layout_of(words.layout), products=words.products) as shop,
        running_vendure(folder, data, settings.database_url, say=say) as vendure,
        BacklogMeter(settings) as backlog,
    ):

        async def rest() -> None:
            """Let both finish what the last run left behind, so that nobody pays for the other's."""
            await backlog.drained_after(_PATIENCE_S)
            if left := await asyncio.to_thread(vendure.jobs):
                say(f"Waiting up to {_PATIENCE_S:.0f} s for {left} jobs of Vendure")
            if not await vendure.rested(_PATIENCE_S):
                say(f"Vendure's jobs are not done after {_PATIENCE_S:.0f} s: going on beside them")

        rows = [await _pages(shop, vendure, rest, words)]
        for buyers in _BUYERS:
            rows += await _orders(shop, vendure, rest, buyers, words)
        rows += await _flash(shop, vendure, rest, words.rounds)
        rows.append(_memory(shop, vendure))
    return markdown(("what", "Springtide", "Vendure 3.7", "ratio"), rows)


async def _pages(shop: Shop, vendure: Vendure, rest: Rest, words: argparse.Namespace) -> tuple[str, ...]:
    paths = [f"/api/products/{slug_of(number)}?market=NL&locale=nl" for number in range(min(1_000, shop.own))]
    work = {
        "ours": (shop.address, [request("GET", path) for path in paths]),
        "theirs": (vendure.address, vendure.product_requests()),
    }
    rates: dict[str, list[float]] = {name: [] for name in work}
    for name in interleaved(tuple(work), words.rounds):
        await rest()
        say(f"product as JSON, {name}")
        address, requests = work[name]
        await look(address, requests, connections=_CONNECTIONS, seconds=1.0)
        looked = await look(address, requests, connections=_CONNECTIONS, seconds=words.seconds / 2)
        rates[name].append(looked.per_s)
    ours, theirs = median(rates["ours"]), median(rates["theirs"])
    return (
        f"product as JSON, {_CONNECTIONS} connections",
        f"{ours:,.0f}/s",
        f"{theirs:,.0f}/s",
        f"{ours / theirs:,.0f}",
    )


async def _orders(
    shop: Shop, vendure: Vendure, rest: Rest, buyers: int, words: argparse.Namespace
) -> list[tuple[str, ...]]:
    runs: dict[str, list[Bought]] = {"ours": [], "theirs": []}
    for name in interleaved(tuple(runs), words.rounds):
        await rest()
        say(f"orders, {buyers} buyers, {name}")
        make = _our_buyer(shop) if name == "ours" else _their_buyer(vendure)
        await _crowd(make, buyers=buyers, seconds=_WARM_S)
        runs[name].append(await _crowd(make, buyers=buyers, seconds=words.seconds))
    ours, theirs = ([median(b.per_s for b in runs[name]), median(b.ms(0.99) for b in runs[name])] for name in runs)
    others = "; ".join(b.others() for b in runs["theirs"] if b.others())
    return [
        (f"guest orders, {buyers} buyers", f"{ours[0]:,.1f}/s", f"{theirs[0]:,.1f}/s", f"{ours[0] / theirs[0]:,.1f}"),
        (
            f"time of a purchase, p99, {buyers} buyers",
            f"{ours[1]:,.0f} ms",
            f"{theirs[1]:,.0f} ms {others}".rstrip(),
            "",
        ),
    ]


async def _crowd(make: Callable[[int], Purchase], *, buyers: int, seconds: float) -> Bought:
    """Let buyers buy one thing after the other until the time is over, each in a session of its own."""
    bought = Bought()
    started = time.perf_counter()

    async def buyer(number: int) -> None:
        purchase = make(number)
        turn = number
        while time.perf_counter() < started + seconds:
            since = time.perf_counter()
            bought.note(await purchase(turn), time.perf_counter() - since)
            turn += buyers

    await asyncio.gather(*(buyer(number) for number in range(buyers)))
    bought.seconds = time.perf_counter() - started
    return bought


def _our_buyer(shop: Shop) -> Callable[[int], Purchase]:
    def make(_: int) -> Purchase:
        wire = Wire(*shop.address)
        return lambda turn: buy(wire, shop.skus[turn % len(shop.skus)])

    return make


def _their_buyer(vendure: Vendure) -> Callable[[int], Purchase]:
    def make(_: int) -> Purchase:
        async def purchase(turn: int) -> str:
            guest = Guest(vendure.address)
            try:
                variant = vendure.variants[turn % len(vendure.variants)]
                return await guest.buy(variant, number=time.monotonic_ns())
            except OSError as problem:
                return f"connection {type(problem).__name__}"
            finally:
                guest.close()

        return purchase

    return make


async def _flash(shop: Shop, vendure: Vendure, rest: Rest, rounds: int) -> list[tuple[str, ...]]:
    sold: dict[str, list[str]] = {"ours": [], "theirs": []}
    took: dict[str, list[float]] = {"ours": [], "theirs": []}
    for place in range(rounds):
        for name in ("ours", "theirs"):
            await rest()
            say(f"flash sale, {name}")
            started = time.perf_counter()
            outcomes = await (_our_sale(shop, FLASH_SKUS[place]) if name == "ours" else _their_sale(vendure))
            took[name].append(time.perf_counter() - started)
            sold[name].append(str(outcomes[COMPLETED]))
    what = f"flash sale, {FLASH_UNITS} units, {_FLASH_BUYERS} buyers at once"
    seconds = [f"{median(took[name]):.1f} s" for name in ("ours", "theirs")]
    return [
        (f"{what}: sold", ", ".join(sold["ours"]), ", ".join(sold["theirs"]), ""),
        (f"{what}: over after", *seconds, ""),
    ]


async def _our_sale(shop: Shop, sku: str) -> Counter[str]:
    async def one() -> str:
        wire = Wire(*shop.address)
        try:
            return await buy(wire, sku)
        finally:
            wire.close()

    return Counter(await asyncio.gather(*(one() for _ in range(_FLASH_BUYERS))))


async def _their_sale(vendure: Vendure) -> Counter[str]:
    await asyncio.to_thread(vendure.reset_flash, FLASH_UNITS)

    async def one(number: int) -> str:
        guest = Guest(vendure.address)
        try:
            async with asyncio.timeout(120):
                return await guest.buy(vendure.flash, number=time.monotonic_ns() + number)
        except (OSError, TimeoutError) as problem:
            return type(problem).__name__
        finally:
            guest.close()

    return Counter(await asyncio.gather(*(one(number) for number in range(_FLASH_BUYERS))))


def _memory(shop: Shop, vendure: Vendure) -> tuple[str, ...]:
    ours = sum(mib for name, mib in shop.pss_mib().items() if name != "postgres")
    theirs = sum(pss_mib(pid) for pid in vendure.pids().values())
    return ("memory after it, without PostgreSQL (PSS)", f"{ours:,.0f} MiB", f"{theirs:,.0f} MiB", "")


def main() -> int:
    """Run; 1 with one line when the peer cannot be installed or run."""
    words = _parser().parse_args()
    machine = described()
    try:
        text = run(compare(words))
    except Stopped as stop:
        say(str(stop) or "stopped")
        return 1
    except (EngineProblem, RuntimeError, OSError, psycopg.Error) as problem:
        say(f"the comparison could not be made: {problem}")
        return 1
    sys.stdout.write(f"{in_a_line(machine)}; layout {words.layout}\n\n{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
