"""The shop's own past as files: what its contexts tell of it, in the formats that any shop's files have."""

import asyncio
import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from springtide.contracts.catalog.api import CatalogApi
from springtide.contracts.insight.api import MOST_DAYS, By, InsightApi
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.orders.sales import COLUMNS, in_one_currency, rows_of
from springtide.contracts.paging import every
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.platform.caller import system
from springtide.platform.ids import uuid7_floor
from springtide.platform.wiring import Ask

_CALLER = system("peak")
_PAGE = 200
_VISITS_KNOWN = 0.9  # visits of fewer days than this share would be taken for days without visitors
_ID_BEFORE_ORDER = timedelta(days=1)  # an order has the id of its checkout, which is older by minutes
_Row = Sequence[object]


class ShopFiles(NamedTuple):
    """The files by field of `history.toml`, and the currency of their prices."""

    files: dict[str, Path]
    currency: str


async def write_shop(ask: Ask, folder: Path, *, today: date) -> ShopFiles:
    """Write the shop's orders, categories, stock, arrivals and visits.

    `today`: up to which visits are asked for. Orders in other currencies are taken in the seller's. Raises
    InvalidPeakInput for a shop that has sold nothing, and for one whose sellers have different currencies.
    """
    first, sold, currency = await _write_sales(ask(OrdersApi), folder / "sales.csv")
    if first is None:
        message = "the shop has no orders yet"
        raise InvalidPeakInput.of([Mistake(where="orders", rule="empty", message=message)])
    files = {"file": folder / "sales.csv"}
    files |= await _goods(ask, folder, sold)
    visits = await _visits(ask(InsightApi), first, today)
    if visits:
        files["visits"] = await _write(folder / "visits.csv", ("date", "visits"), visits)
    return ShopFiles(files, currency)


async def _write_sales(orders: OrdersApi, path: Path) -> tuple[date | None, set[str], str]:
    """Write every line; return the first day, all SKUs and the currency."""
    first: datetime | None = None
    currency = ""
    skus: set[str] = set()
    file = await asyncio.to_thread(path.open, "w", encoding="utf-8", newline="")
    with file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        async for sale in in_one_currency(every(orders.sales, _CALLER)):
            currency = sale.base_currency
            first = sale.placed_at if first is None else min(first, sale.placed_at)
            skus.update(line.sku for line in sale.lines)
            writer.writerows(rows_of(sale))
    return None if first is None else first.date(), skus, currency


async def write_sales_between(
    orders: OrdersApi, path: Path, since: datetime, until: datetime, *, currency: str = ""
) -> int:
    """Write what was ordered from `since` up to and without `until`, as a history is written; return how many lines.

    `currency`: of the past it is compared with, where that says. Raises `MixedCurrencies`.
    """
    count = 0
    file = await asyncio.to_thread(path.open, "w", encoding="utf-8", newline="")
    with file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        sales = every(orders.sales, _CALLER, after=str(uuid7_floor(since - _ID_BEFORE_ORDER)))
        async for sale in in_one_currency(sales, currency):
            if since <= sale.placed_at < until:
                rows = list(rows_of(sale))
                count += len(rows)
                writer.writerows(rows)
            elif sale.placed_at >= until + _ID_BEFORE_ORDER:
                break
    return count


async def _goods(ask: Ask, folder: Path, sold: set[str]) -> dict[str, Path]:
    """Write categories, the count of the stock and what is on its way."""
    categories = await _categories(ask(CatalogApi))
    catalogue = [(sku, categories.get(sku, "")) for sku in sorted(sold | set(categories))]
    on_hand = await _on_hand(ask(InventoryApi))
    stock = [(sku, units, 1) for sku, units in sorted(on_hand.items())]
    coming = [
        (row.sku, row.quantity - row.received, row.expected_on.isoformat())
        for row in await ask(InventoryApi).list_inbound(caller=_CALLER)
        if row.quantity > row.received and row.sku in on_hand
    ]
    files = {"catalogue": await _write(folder / "catalogue.csv", ("sku", "category"), catalogue)}
    if stock:
        files["stock"] = await _write(folder / "stock.csv", ("sku", "on_hand", "pack"), stock)
    if coming:
        files["inbound"] = await _write(folder / "inbound.csv", ("sku", "quantity", "arrives"), coming)
    return files


async def _categories(catalog: CatalogApi) -> dict[str, str]:
    products = every(partial(catalog.list_products, limit=_PAGE), _CALLER)
    return {sku: row.category async for row in products for sku in row.skus}


async def _on_hand(inventory: InventoryApi) -> dict[str, int]:
    """Return what may still be sold of what lies there, over all locations."""
    found: dict[str, int] = {}
    async for row in every(partial(inventory.stock, limit=_PAGE), _CALLER):
        found[row.sku] = found.get(row.sku, 0) + max(0, row.on_hand - row.claimed)
    return found


async def _visits(insight: InsightApi, first: date, today: date) -> list[_Row]:
    """Return visits by day where nearly all days are known, else nothing."""
    days: dict[str, int] = {}
    since = first
    while since < today:
        until = min(today, since + timedelta(days=MOST_DAYS))
        funnel = await insight.funnel(caller=_CALLER, since=since, until=until, by=By.DAY)
        days |= {one.name: one.visits for one in funnel.slices if one.visits}
        since = until
    known = len(days) >= _VISITS_KNOWN * max(1, (today - first).days)
    return [(day, visits) for day, visits in sorted(days.items())] if known else []


async def _write(path: Path, header: Sequence[str], rows: Sequence[_Row]) -> Path:
    def write() -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)

    await asyncio.to_thread(write)
    return path
