"""A flash sale: 100 units, 10,000 buyers within two seconds. A buyer ends at the first refusal."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import msgspec
import psycopg

from bench.bench import Bench
from bench.buyer import COMPLETED, Answers, buy
from bench.figures import Figure, at_most, median, percentile
from bench.goods import FLASH_SKUS, FLASH_UNITS
from bench.shop import Shop
from bench.wire import Wire

ROW = "flash"
_BUYERS = 10_000
_RAMP_S = 2.0
_WITHIN_S = 120.0


@dataclass(slots=True)
class Sale:
    """What became of everybody. `server_errors`: answers of 500 and above, also those a buyer came back after."""

    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    server_errors: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    sold: int = 0


async def measure(bench: Bench) -> list[Figure]:
    """One sale per round, each of a product of its own."""
    shop = await bench.shop()
    sales = [await _sale(shop, sku, buyers=_BUYERS) for sku in FLASH_SKUS[: bench.options.rounds]]
    sold = [sale.sold for sale in sales]
    bad = sum(sale.server_errors.total() for sale in sales)
    unclear = sum(count for sale in sales for name, count in sale.outcomes.items() if not _is_clear(name))
    seen = "; ".join(f"{name}: {count}" for name, count in sales[-1].outcomes.most_common())
    what = f"flash sale, {FLASH_UNITS} units, {_BUYERS:,} buyers"
    return [
        Figure(
            row=ROW,
            what=f"{what}: sold",
            value=", ".join(str(count) for count in sold),
            target=f"exactly {FLASH_UNITS}",
            met=all(count == FLASH_UNITS for count in sold),
            detail=seen,
        ),
        Figure(
            row=ROW,
            what=f"{what}: buyers without a clear answer",
            detail=", ".join(f"{status}: {count}" for sale in sales for status, count in sale.server_errors.items()),
            value=f"{unclear} (answers of 5xx: {bad})",
            target="0 (0)",
            met=unclear == 0 and bad == 0,
        ),
        Figure(
            row=ROW,
            what=f"{what}: last answer after",
            detail=f"p50 {median(percentile(sale.times, 0.5) for sale in sales):.1f} s for a buyer from first to last",
            **at_most(median(sale.seconds for sale in sales), 20, unit=" s", digits=1),
        ),
    ]


async def _sale(shop: Shop, sku: str, *, buyers: int) -> Sale:
    sale = Sale()
    answers = Answers()
    started = time.perf_counter()

    async def buyer(number: int) -> None:
        await asyncio.sleep(_RAMP_S * number / buyers)
        wire = Wire(*shop.address)
        since = time.perf_counter()
        try:
            async with asyncio.timeout(_WITHIN_S):
                sale.outcomes[await buy(wire, sku, answers=answers)] += 1
        except TimeoutError:
            sale.outcomes["no answer"] += 1
        except OSError as problem:
            sale.outcomes[f"connection: {type(problem).__name__}"] += 1
        sale.times.append(time.perf_counter() - since)
        wire.close()

    await asyncio.gather(*(buyer(number) for number in range(buyers)))
    sale.seconds = time.perf_counter() - started
    sale.server_errors = Counter({status: count for status, count in answers.statuses.items() if status >= 500})
    sale.sold = await _sold(shop, sku)
    return sale


def _is_clear(outcome: str) -> bool:
    """Tell whether a buyer knows: bought, or refused by name."""
    return outcome == COMPLETED or "not_enough_stock" in outcome or "sold_out" in outcome


async def _sold(shop: Shop, sku: str) -> int:
    """Ask the database, not the shop, how many units are in orders."""
    statement = "select coalesce(sum(ordered), 0)::int from orders.order_lines where sku = %s and not imported"
    async with await psycopg.AsyncConnection.connect(shop.settings.database_url) as connection:
        row = await (await connection.execute(statement, [sku])).fetchone()
    assert row is not None
    return msgspec.convert(row[0], int)
