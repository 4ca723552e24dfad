"""Goods of the bench: with the demo's 3,761 products they make a catalogue of a round size, and they do not run out."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from springtide.contracts.catalog.api import CatalogApi, ProductDraft, Variant
from springtide.contracts.common import ExternalRef
from springtide.contracts.inventory.api import InventoryApi, StockLevel
from springtide.contracts.pricing.api import PriceChange, PricingApi
from springtide.demo.products import categories, drafts
from springtide.demo.shop import MARKETS
from springtide.platform.caller import system
from springtide.platform.wiring import Ask

PRODUCTS = 5_000
FLASH_UNITS = 100
FLASH_SKUS = tuple(f"BENCH-FLASH-{number}" for number in range(1, 10))
"""One for each flash sale of a run."""
_FLASH_FROM = 90_000
_PLENTY = 1_000_000
_CALLER = system("bench")
_BATCH = "bench-1"
_KINDS = ("Lantaarn", "Mok", "Kussen", "Vaas", "Klok", "Lamp", "Schaal", "Krans")
_COLOURS = ("rood", "blauw", "groen", "wit", "zwart", "geel", "paars", "roze", "grijs", "zilver", "goud")
_FROM_MINOR, _STEP_MINOR, _PRICE_STEPS = 495, 50, 90

Item = TypeVar("Item")


def own_sku(number: int) -> str:
    """Return the SKU of the bench's product so and so."""
    return f"BENCH-{number:05d}"


def slug_of(number: int) -> str:
    """Return its Dutch slug."""
    return f"bench-nl-{number:05d}"


def own_products(total: int = PRODUCTS) -> int:
    """Return how many products the demo lacks to make `total`."""
    return total - sum(1 for _ in drafts()) - len(FLASH_SKUS)


async def load_goods(ask: Ask, products: int, *, first: int = 0) -> None:
    """Load products `first` up to `products` with prices in every market and stock at both warehouses, by the bulk
    ports; with the first ones the products for flash sales, 100 units each.
    """
    numbered = [(number, own_sku(number)) for number in range(first, products)]
    if not first:
        numbered += list(enumerate(FLASH_SKUS, start=_FLASH_FROM))
    skus = [sku for _, sku in numbered]
    await _prices(ask(PricingApi), skus)
    await _products(ask(CatalogApi), numbered, first)
    levels = [
        StockLevel(sku=sku, location=location, quantity=FLASH_UNITS if sku in FLASH_SKUS else _PLENTY)
        for sku in skus
        for location in (("ext",) if sku in FLASH_SKUS else ("own", "ext"))
    ]
    for number, levels_now in enumerate(_batches(levels, 2_000)):
        key = f"{_BATCH}:stock:{first}:{number}"
        await ask(InventoryApi).import_stock(
            caller=_CALLER, key=key, batch=_BATCH, levels=levels_now, at=datetime.now(UTC)
        )


async def _prices(pricing: PricingApi, skus: Sequence[str]) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=60)
    for _, market in MARKETS:
        for number, batch in enumerate(_batches(list(enumerate(skus)), 2_000)):
            changes = tuple(
                PriceChange(
                    market=market.key,
                    sku=sku,
                    amount_minor=_FROM_MINOR + _STEP_MINOR * (place % _PRICE_STEPS),
                    tax_category="standard",
                )
                for place, sku in batch
            )
            key = f"{_BATCH}:prices:{market.key}:{skus[0]}:{number}"
            await pricing.import_prices(caller=_CALLER, key=key, batch=_BATCH, changes=changes, at=at)


async def _products(catalog: CatalogApi, numbered: Sequence[tuple[int, str]], first: int) -> None:
    leaves = [category.key for category in categories() if category.parent]
    goods = [_draft(number, sku, leaves[number % len(leaves)]) for number, sku in numbered]
    for number, batch in enumerate(_batches(goods, 250)):
        key = f"{_BATCH}:products:{first}:{number}"
        await catalog.import_products(caller=_CALLER, key=key, batch=_BATCH, drafts=batch, publish=True)


def _draft(number: int, sku: str, category: str) -> ProductDraft:
    kind, colour = _KINDS[number % len(_KINDS)], _COLOURS[number % len(_COLOURS)]
    name = f"{kind} {colour} {number}"
    text = f"{name}: stevig gemaakt, voor elk seizoen, met dertig dagen bedenktijd. " * 4
    return ProductDraft(
        names={"en": f"Bench {name}", "nl": name, "sv": f"Bänk {name}"},
        slugs={"en": f"bench-en-{number:05d}", "nl": slug_of(number), "sv": f"bench-sv-{number:05d}"},
        descriptions={"en": text, "nl": text, "sv": text},
        category=category,
        variants=(Variant(sku=sku, weight_g=250),),
        popularity=number % 500,
        external_refs=(ExternalRef(system="bench", id=sku),),
    )


def _batches(items: Sequence[Item], size: int) -> Iterator[tuple[Item, ...]]:
    iterator = iter(items)
    while batch := tuple(islice(iterator, size)):
        yield batch
