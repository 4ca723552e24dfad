"""The shelf: everything a web process knows, in memory. Plain state with versions; no I/O, no waiting.

Whole states come in (a product, a price, a band) and an older version never replaces a newer one. `generation` rises
with every change that can be seen, so what was computed from the shelf can be kept until then.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.channels.browse.documents import FALLBACK, encode_documents
from springtide.channels.browse.slugs import Slugs
from springtide.contracts.catalog.api import Category, Product
from springtide.contracts.common import Texts
from springtide.contracts.inventory.api import Availability, Band
from springtide.contracts.pricing.api import Market, Price, ShopFront

_BEST_BAND = {Band.IN_STOCK: 0, Band.FEW_LEFT: 1, Band.INBOUND: 2, Band.SOLD_OUT: 3}


class Trait(msgspec.Struct, frozen=True):
    """An attribute or option a list can be narrowed by: `value` is the English text, `labels` all languages."""

    key: str
    value: str
    labels: Texts


class Entry(msgspec.Struct, frozen=True):
    """A published product as the shelf keeps it: encoded documents per language (`whole` as in `Documents`), traits."""

    id: UUID
    version: int
    popularity: int
    category: str
    skus: tuple[str, ...]
    traits: tuple[Trait, ...]
    slugs: Texts
    old_slugs: dict[str, tuple[str, ...]]
    documents: dict[str, bytes]
    whole: dict[str, bytes]


class Summary(msgspec.Struct, frozen=True):
    """A product in a market: its cheapest variant (`sku`), whether others cost more, and its best band."""

    price: Price
    from_price: bool
    band: Band


def entry_of(product: Product) -> Entry:
    """Return what the shelf keeps of a published product."""
    documents = encode_documents(product)
    return Entry(
        product.id,
        product.version,
        product.popularity,
        sys.intern(product.category),
        tuple(sys.intern(variant.sku) for variant in product.variants),
        tuple(_traits(product)),
        dict(product.slugs),
        dict(product.old_slugs),
        documents.short,
        documents.whole,
    )


def _traits(product: Product) -> Iterator[Trait]:
    pairs = [*product.attributes.items()]
    pairs.extend(pair for variant in product.variants for pair in variant.options.items())
    seen: set[tuple[str, str]] = set()
    for key, texts in pairs:
        value = texts.get(FALLBACK, "")
        if value and (key, value) not in seen:
            seen.add((key, value))
            yield Trait(sys.intern(key), sys.intern(value), texts)


class Watcher(Protocol):
    """Is told what changed on a shelf."""

    def product_changed(self, before: Entry | None, after: Entry | None) -> None:
        """Take a product that came, changed or left."""
        ...

    def price_changed(self, market: str, product_id: UUID) -> None:
        """Take a changed price of a product."""
        ...

    def band_changed(self, market: str, product_id: UUID) -> None:
        """Take a changed band of a product."""
        ...

    def front_changed(self) -> None:
        """Take a change of what is on every page."""
        ...


class Shelf:
    """The state. Every `put_…` returns whether anything changed. `watcher` is told of every change, once there is one.

    `tree_generation` rises when the category tree does.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.tree_generation = 0
        self.watcher: Watcher | None = None
        self.front: ShopFront | None = None
        self.markets: dict[str, Market] = {}
        self.categories: dict[str, Category] = {}
        self.products: dict[UUID, Entry] = {}
        self.product_slugs = Slugs()
        self.category_slugs = Slugs()
        self._versions: dict[UUID, int] = {}  # also of hidden products: an older event must not bring one back
        self._by_sku: dict[str, UUID] = {}
        self._by_category: dict[str, dict[UUID, Entry]] = {}
        self._prices: dict[str, dict[str, Price]] = {}
        self._bands: dict[str, dict[str, Availability]] = {}
        self._summaries: dict[str, dict[UUID, Summary | None]] = {}

    @property
    def filled(self) -> bool:
        """Tell whether pages can be made of it: markets and at least one product are known."""
        return self.front is not None and bool(self.products)

    def put_product(self, product: Product) -> bool:
        """Take a product's whole state; a hidden one leaves the shelf."""
        if self._versions.get(product.id, 0) >= product.version:
            return False
        self._versions[product.id] = product.version
        if not product.published:
            return self.drop_product(product.id)
        return self.put_entry(entry_of(product))

    def put_entry(self, entry: Entry) -> bool:
        """Put an entry in place of whatever was there."""
        known = self.products.get(entry.id)
        if known is not None:
            self._forget(known)
        self.products[entry.id] = entry
        self._versions[entry.id] = entry.version
        self.product_slugs.put(str(entry.id), entry.slugs, entry.old_slugs)
        for sku in entry.skus:
            self._by_sku[sku] = entry.id
        self._by_category.setdefault(entry.category, {})[entry.id] = entry
        self.generation += 1
        if self.watcher is not None:
            self.watcher.product_changed(known, entry)
        return True

    def drop_product(self, product_id: UUID) -> bool:
        """Take a product off the shelf."""
        known = self.products.pop(product_id, None)
        if known is None:
            return False
        self._forget(known)
        self.generation += 1
        if self.watcher is not None:
            self.watcher.product_changed(known, None)
        return True

    def _forget(self, entry: Entry) -> None:
        self.product_slugs.drop(str(entry.id), entry.slugs, entry.old_slugs)
        for sku in entry.skus:
            if self._by_sku.get(sku) == entry.id:
                del self._by_sku[sku]
        self._by_category[entry.category].pop(entry.id, None)
        for summaries in self._summaries.values():
            summaries.pop(entry.id, None)

    def of_categories(self, keys: Iterable[str]) -> Iterator[Entry]:
        """Yield the products of these categories, in no order."""
        for key in keys:
            yield from self._by_category.get(key, {}).values()

    def put_price(self, price: Price, *, overwrite: bool = False) -> bool:
        """Take a price; with `overwrite` also one of the same or an older version (a snapshot is always right)."""
        prices = self._prices.setdefault(price.market, {})
        known = prices.get(price.sku)
        if known == price or (known is not None and not overwrite and known.version >= price.version):
            return False
        prices[sys.intern(price.sku)] = price
        self._touch_price(price.market, price.sku)
        return True

    def put_band(self, band: Availability, *, overwrite: bool = False) -> bool:
        """Take a band, as `put_price`."""
        bands = self._bands.setdefault(band.market, {})
        known = bands.get(band.sku)
        if known == band or (known is not None and not overwrite and known.version >= band.version):
            return False
        bands[sys.intern(band.sku)] = band
        self._touch_band(band.market, band.sku)
        return True

    def keep_only(
        self, products: set[UUID], prices: set[tuple[str, str]], bands: set[tuple[str, str]]
    ) -> tuple[UUID, ...]:
        """Drop what a complete snapshot did not name; (market, SKU) pairs. Return the products that left."""
        gone = tuple(known for known in self.products if known not in products)
        for product_id in gone:
            self.drop_product(product_id)
        for market, sku in [(m, s) for m, rows in self._prices.items() for s in rows if (m, s) not in prices]:
            del self._prices[market][sku]
            self._touch_price(market, sku)
        for market, sku in [(m, s) for m, rows in self._bands.items() for s in rows if (m, s) not in bands]:
            del self._bands[market][sku]
            self._touch_band(market, sku)
        return gone

    def _touch_price(self, market: str, sku: str) -> None:
        product_id = self._touch(market, sku)
        if self.watcher is not None and product_id is not None:
            self.watcher.price_changed(market, product_id)

    def _touch_band(self, market: str, sku: str) -> None:
        product_id = self._touch(market, sku)
        if self.watcher is not None and product_id is not None:
            self.watcher.band_changed(market, product_id)

    def _touch(self, market: str, sku: str) -> UUID | None:
        product_id = self._by_sku.get(sku)
        if product_id is not None:
            self._summaries.get(market, {}).pop(product_id, None)
        self.generation += 1
        return product_id

    def put_front(self, front: ShopFront) -> bool:
        """Take sellers and markets."""
        if front == self.front:
            return False
        self.front = front
        self.markets = {market.key: market for market in front.markets}
        self.generation += 1
        if self.watcher is not None:
            self.watcher.front_changed()
        return True

    def put_categories(self, categories: Iterable[Category]) -> bool:
        """Take the whole tree."""
        tree = {category.key: category for category in categories}
        if tree == self.categories:
            return False
        for known in self.categories.values():
            self.category_slugs.drop(known.key, known.slugs, {})
        for category in tree.values():
            self.category_slugs.put(category.key, category.slugs, {})
        self.categories = tree
        self.generation += 1
        self.tree_generation += 1
        if self.watcher is not None:
            self.watcher.front_changed()
        return True

    def product_of(self, sku: str) -> UUID | None:
        """Return the product that has the SKU."""
        return self._by_sku.get(sku)

    def price(self, market: str, sku: str) -> Price | None:
        """Return what a SKU costs in a market, None when it is not sold there."""
        return self._prices.get(market, {}).get(sku)

    def band(self, market: str, sku: str) -> Availability | None:
        """Return the band of a SKU in a market, None when inventory has not told any."""
        return self._bands.get(market, {}).get(sku)

    def prices(self) -> Iterator[Price]:
        """Yield every price of every market."""
        return (price for rows in self._prices.values() for price in rows.values())

    def bands(self) -> Iterator[Availability]:
        """Yield every band of every market."""
        return (band for rows in self._bands.values() for band in rows.values())

    def summaries(self, market: str) -> Mapping[UUID, Summary | None]:
        """Return the summaries of a market that are at hand: `summary` works out the others."""
        return self._summaries.setdefault(market, {})

    def summary(self, market: str, entry: Entry) -> Summary | None:
        """Return the product as a list shows it; None when no variant has a price in the market."""
        summaries = self._summaries.setdefault(market, {})
        if entry.id not in summaries:
            summaries[entry.id] = self._summarised(market, entry)
        return summaries[entry.id]

    def _summarised(self, market: str, entry: Entry) -> Summary | None:
        prices = [price for sku in entry.skus if (price := self.price(market, sku)) is not None]
        if not prices:
            return None
        cheapest = min(prices, key=lambda price: price.gross_minor)
        bands = [band.band for price in prices if (band := self.band(market, price.sku)) is not None]
        best = min(bands, key=_BEST_BAND.__getitem__, default=Band.SOLD_OUT)
        return Summary(cheapest, any(price.gross_minor != cheapest.gross_minor for price in prices), best)
