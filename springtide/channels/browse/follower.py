"""Keeps the shelf true: a snapshot of three contexts, then their events, a snapshot again when anything is in doubt.

A snapshot is always right: it was read after its sequence was asked for, so it replaces whatever version is known, and
what it does not name leaves the shelf. Events before the smallest sequence are included; later ones are applied by
version. When the follower fails (bus away, stream gone) events may have been missed: the next round starts with a
snapshot. While contexts are away the shelf stays as it is. A snapshot now and then heals what nobody noticed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from springtide.channels.browse.shelf import Entry, Shelf, Watcher, entry_of
from springtide.contracts.catalog.api import CatalogApi, Product
from springtide.contracts.catalog.events import CategoriesChanged, ProductChangedEvent
from springtide.contracts.common import Snapshot
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.inventory.events import AvailabilityChanged
from springtide.contracts.pricing.api import PricingApi
from springtide.contracts.pricing.events import PricesChanged, ShopFrontChanged
from springtide.platform.bus import Bus
from springtide.platform.caller import system
from springtide.platform.events import Envelope
from springtide.platform.telemetry import logger
from springtide.platform.wiring import Ask

REFRESH_EVERY_S = 900.0
_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_PAGES_LIMIT = 10_000
_CALLER = system("browse")

log = logger(__name__)


class Changes:
    """Products whose text may have changed since the index was last written, and those that left."""

    def __init__(self) -> None:
        self.changed: set[UUID] = set()
        self.gone: set[UUID] = set()
        self.happened = asyncio.Event()

    def note(self, shelf: Shelf, product_id: UUID) -> None:
        """Note a product as changed or gone, whichever it is now."""
        there = product_id in shelf.products
        (self.changed if there else self.gone).add(product_id)
        (self.gone if there else self.changed).discard(product_id)
        self.happened.set()

    def note_everything(self, shelf: Shelf) -> None:
        """Note all products as changed (the category names they are found by have changed)."""
        self.changed.update(shelf.products)
        self.happened.set()

    def take(self) -> tuple[set[UUID], set[UUID]]:
        """Return (changed, gone) and start anew."""
        taken = self.changed, self.gone
        self.changed, self.gone = set(), set()
        self.happened.clear()
        return taken


class Follower:
    """Fills a shelf and keeps it true until it is cancelled."""

    def __init__(self, shelf: Shelf, changes: Changes, *, ask: Ask, bus: Bus, watcher: Watcher | None = None) -> None:
        self._shelf = shelf
        self._changes = changes
        self._ask = ask
        self._bus = bus
        self._watcher = watcher
        self.fresh = asyncio.Event()
        """Set once a snapshot was taken and events are being followed."""

    async def run(self) -> None:
        """Follow for ever."""
        failures = 0
        while True:
            try:
                sequence = await self.snapshot()
                failures = 0
                await self._follow(sequence)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - the read side outlives every failure of what feeds it
                log.warning("browse.follower_waits", error=repr(error))
                self.fresh.clear()
            await asyncio.sleep(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
            failures += 1

    async def snapshot(self) -> int:
        """Read everything; return the sequence to follow from. The shelf is changed only when all pages are there."""
        catalog, pricing, inventory = self._ask(CatalogApi), self._ask(PricingApi), self._ask(InventoryApi)
        products, first = await _pages(catalog.snapshot, self._entry)
        prices, second = await _pages(pricing.snapshot)
        bands, third = await _pages(inventory.snapshot)
        categories = await catalog.list_categories(caller=_CALLER)
        front = await pricing.shop_front(caller=_CALLER)
        shelf = self._shelf
        shelf.put_front(front)
        if shelf.put_categories(categories):
            self._changes.note_everything(shelf)
        for price in prices:
            shelf.put_price(price, overwrite=True)
        for band in bands:
            shelf.put_band(band, overwrite=True)
        for _, entry in products:
            if entry is not None:
                shelf.put_entry(entry)
                self._changes.note(shelf, entry.id)
        gone = shelf.keep_only(
            {product_id for product_id, _ in products},
            {(price.market, price.sku) for price in prices},
            {(band.market, band.sku) for band in bands},
        )
        for product_id in gone:
            self._changes.note(shelf, product_id)
        self._changes.happened.set()
        shelf.watcher = self._watcher  # what was put on an empty shelf made nothing wrong: nobody had seen it
        return min(first, second, third)

    def _entry(self, product: Product) -> tuple[UUID, Entry | None]:
        """Return the product's id, and the new entry when the shelf has another version."""
        known = self._shelf.products.get(product.id)
        return product.id, None if known is not None and known.version == product.version else entry_of(product)

    async def _follow(self, sequence: int) -> None:
        """Apply events until something fails or a snapshot is due."""
        handlers = self._handlers()
        until = asyncio.get_running_loop().time() + REFRESH_EVERY_S
        self.fresh.set()
        async for batch in self._bus.follow(list(handlers), after_sequence=sequence):
            for delivery in batch:
                handlers[delivery.envelope.type](delivery.envelope)
            if asyncio.get_running_loop().time() > until:
                return

    def _handlers(self) -> dict[str, Callable[[Envelope], None]]:
        return {
            ProductChangedEvent.TYPE: self._on_product,
            CategoriesChanged.TYPE: self._on_categories,
            PricesChanged.TYPE: self._on_prices,
            ShopFrontChanged.TYPE: self._on_front,
            AvailabilityChanged.TYPE: self._on_bands,
        }

    def _on_product(self, envelope: Envelope) -> None:
        product = envelope.read(ProductChangedEvent).product
        if self._shelf.put_product(product):
            self._changes.note(self._shelf, product.id)

    def _on_categories(self, envelope: Envelope) -> None:
        if self._shelf.put_categories(envelope.read(CategoriesChanged).categories):
            self._changes.note_everything(self._shelf)

    def _on_prices(self, envelope: Envelope) -> None:
        for price in envelope.read(PricesChanged).prices:
            self._shelf.put_price(price)

    def _on_front(self, envelope: Envelope) -> None:
        self._shelf.put_front(envelope.read(ShopFrontChanged).shop_front)

    def _on_bands(self, envelope: Envelope) -> None:
        for band in envelope.read(AvailabilityChanged).changed:
            self._shelf.put_band(band)


async def _pages(
    read: Callable[..., Awaitable[Snapshot[Any]]], convert: Callable[[Any], Any] = lambda item: item
) -> tuple[Sequence[Any], int]:
    """Read all pages; return the items, each converted as it comes, and the smallest sequence."""
    page = await read(caller=_CALLER)
    items, sequence = [convert(item) for item in page.items], page.sequence
    for _ in range(_PAGES_LIMIT):
        if page.after is None:
            return items, sequence
        page = await read(caller=_CALLER, after=page.after)
        sequence = min(sequence, page.sequence)
        items.extend(convert(item) for item in page.items)
        await asyncio.sleep(0)  # a page is some milliseconds of work: requests are served in between
    msg = "a snapshot does not end"
    raise RuntimeError(msg)
