"""Loads the demo shop through the contexts' bulk ports, as any import would: repeatable, with progress."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from springtide.contracts.catalog.api import CatalogApi
from springtide.contracts.inventory.api import InventoryApi, StockLevel, Supplier
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.pricing.api import PriceChange, PricingApi
from springtide.demo.catalogue import read_catalogue
from springtide.demo.company import load_company
from springtide.demo.history import read_history
from springtide.demo.history_decisions import Decisions, as_table
from springtide.demo.opening_stock import read_opening_stock
from springtide.demo.past_orders import past_orders
from springtide.demo.products import categories, drafts
from springtide.demo.shop import LOCATIONS, MARKETS, PROMOTIONS, VOUCHERS, gross_price_minor
from springtide.platform.caller import system
from springtide.platform.wiring import Ask

BATCH = "demo-1"
_PRODUCTS_AT_ONCE, _ROWS_AT_ONCE, _ORDERS_AT_ONCE = 250, 2_000, 500
_PRICES_SINCE = timedelta(days=60)
_LINES_IN_ALL = 823_643
_CALLER = system("demo")
_SAY_EVERY_S = 2.0

Item = TypeVar("Item")
Say = Callable[[str], None]


async def load_shop(ask: Ask, *, say: Say) -> None:
    """Load sellers, markets, categories, products, prices, promotions, warehouses and opening stock."""
    await _load_pricing(ask(PricingApi), say)
    await _load_catalogue(ask(CatalogApi), say)
    await _load_stock(ask(InventoryApi), say)


async def _load_pricing(pricing: PricingApi, say: Say) -> None:
    for seller, market in MARKETS:
        await pricing.put_market(caller=_CALLER, key=f"{BATCH}:market:{market.key}", seller=seller, market=market)
    at = datetime.now(UTC).replace(microsecond=0) - _PRICES_SINCE
    rows = read_catalogue()
    for _, market in MARKETS:
        changes = (
            PriceChange(
                market=market.key,
                sku=row.sku,
                amount_minor=gross_price_minor(market.key, row.price_minor),
                tax_category=row.tax_category,
            )
            for row in rows
        )
        for number, batch in enumerate(_batches(changes, _ROWS_AT_ONCE)):
            key = f"{BATCH}:prices:{market.key}:{number}"
            await pricing.import_prices(caller=_CALLER, key=key, batch=BATCH, changes=batch, at=at)
        say(f"prices in {market.key}: {len(rows):,}")


async def _load_catalogue(catalog: CatalogApi, say: Say) -> None:
    tree = categories()
    await catalog.put_categories(caller=_CALLER, key=f"{BATCH}:categories", categories=tree)
    loaded = 0
    for number, batch in enumerate(_batches(drafts(), _PRODUCTS_AT_ONCE)):
        key = f"{BATCH}:products:{number}"
        await catalog.import_products(caller=_CALLER, key=key, batch=BATCH, drafts=batch, publish=True)
        loaded += len(batch)
    say(f"products: {loaded:,} in {len(tree)} categories")


async def _load_stock(inventory: InventoryApi, say: Say) -> None:
    for location in LOCATIONS:
        await inventory.put_location(caller=_CALLER, key=f"{BATCH}:location:{location.key}", location=location)
    for supplier in load_company().suppliers:
        known = Supplier(
            key=supplier.id,
            name=supplier.name,
            country=supplier.country,
            lead_time_days=int(supplier.lead_time.value),
        )
        await inventory.put_supplier(caller=_CALLER, key=f"{BATCH}:supplier:{supplier.id}", supplier=known)
    levels = [
        StockLevel(sku=row.sku, location=row.location, quantity=row.on_hand, low_stock_at=max(1, int(row.weekly_units)))
        for row in read_opening_stock()
    ]
    at = datetime.now(UTC).replace(microsecond=0)
    for number, batch in enumerate(_batches(levels, _ROWS_AT_ONCE)):
        key = f"{BATCH}:stock:{number}"
        await inventory.import_stock(caller=_CALLER, key=key, batch=BATCH, levels=batch, at=at)
    say(f"units in stock: {sum(level.quantity for level in levels):,} at {len(LOCATIONS)} warehouses")


async def load_promotions(ask: Ask, *, say: Say) -> None:
    """Load promotions and vouchers: after the catalogue, whose categories they name, has reached pricing."""
    pricing = ask(PricingApi)
    for promotion in PROMOTIONS:
        await pricing.put_promotion(caller=_CALLER, key=f"{BATCH}:promotion:{promotion.key}", promotion=promotion)
    for voucher in VOUCHERS:
        await pricing.put_voucher(caller=_CALLER, key=f"{BATCH}:voucher:{voucher.code}", voucher=voucher)
    say(f"promotions: {len(PROMOTIONS)}, vouchers: {', '.join(voucher.code for voucher in VOUCHERS)}")


async def load_history(ask: Ask, *, say: Say) -> None:
    """Load 21 months of orders and print what was decided about each kind of line."""
    orders = ask(OrdersApi)
    names = {row.sku: row.name_en for row in read_catalogue()}
    decisions = Decisions()
    started = said = time.monotonic()
    done = lines = 0
    for number, batch in enumerate(_batches(past_orders(read_history(decisions), names), _ORDERS_AT_ONCE)):
        await orders.import_orders(caller=_CALLER, key=f"{BATCH}:orders:{number}", batch=BATCH, orders=batch)
        done += len(batch)
        lines += sum(len(order.lines) for order in batch)
        if time.monotonic() - said > _SAY_EVERY_S:
            said = time.monotonic()
            say(f"history: {done:,} orders, {lines:,} lines, {100 * lines // _LINES_IN_ALL} %, {said - started:.0f} s")
    say(f"history: {done:,} orders, {lines:,} lines in {time.monotonic() - started:.0f} s; every line was decided:")
    say(as_table(decisions.report()))


def _batches(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    iterator = iter(items)
    while batch := tuple(islice(iterator, size)):
        yield batch
