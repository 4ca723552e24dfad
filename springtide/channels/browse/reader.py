"""`Browse`: what channels ask. Everything is answered from memory; only `search` may use a thread.

async with browsing(ask=node.ask, bus=node.bus, folder=data_dir / "readmodel", words=None) as browse:
browse.product_by_slug("nl", "retro-theepot")
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from springtide.channels.browse import disk
from springtide.channels.browse.documents import decode_document, text_in
from springtide.channels.browse.follower import Changes, Follower
from springtide.channels.browse.indexer import Indexer
from springtide.channels.browse.listing import Row, below, card, in_language, listing, offered, whole_in_language
from springtide.channels.browse.shelf import Entry, Shelf
from springtide.channels.browse.stale import Note, Stale
from springtide.channels.browse.views import (
    Card,
    CategoryView,
    Found,
    Listing,
    ListQuery,
    Moved,
    Offer,
    ProductDocument,
    SuggestedProduct,
    Suggestions,
)
from springtide.channels.browse.words import fold, load_lexicons, words
from springtide.contracts.catalog.api import CategoryNotFound, ProductNotFound
from springtide.contracts.inventory.api import Band
from springtide.contracts.pricing.api import Market, MarketNotFound, Seller
from springtide.platform.bus import Bus
from springtide.platform.errors import Unavailable
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import logger
from springtide.platform.wiring import Ask

KEEP_EVERY_S = 30.0
_SUGGESTED_PRODUCTS = 6
_SUGGESTED_WORDS = 5
_SUGGESTED_CATEGORIES = 3
_LISTINGS_KEPT = 512
_LISTING_MAY_LAG_S = 0.3  # on a sale day bands change all the time: a list is made anew at most so often

log = logger(__name__)


class Browse:
    """The read side of one web process. Unknown names raise the catalogue's and pricing's own refusals."""

    def __init__(self, shelf: Shelf, indexer: Indexer) -> None:
        self._shelf = shelf
        self._indexer = indexer
        self._listings: dict[ListQuery, tuple[tuple[int, int], float, Listing]] = {}
        self._counted: dict[str, int] = {}
        self._generation = -1

    @property
    def ready(self) -> bool:
        """Tell whether pages can be served: markets are known and the index is built."""
        return self._shelf.front is not None and self._indexer.ready.is_set()

    @property
    def generation(self) -> int:
        """Return a number that rises with every visible change: what was made of an older one is stale."""
        return self._shelf.generation

    @property
    def tree_generation(self) -> int:
        """Return a number that rises with every change of the category tree."""
        return self._shelf.tree_generation

    def require_ready(self) -> None:
        """Raise `Unavailable` until `ready`."""
        if not self.ready:
            msg = "The shop is just opening. Try again in a moment."
            raise Unavailable(msg, retry_after_s=1)

    def markets(self) -> tuple[Market, ...]:
        """Return all markets."""
        self.require_front()
        return tuple(self._shelf.markets.values())

    def require_front(self) -> None:
        """Raise `Unavailable` while not even the markets are known."""
        if self._shelf.front is None:
            msg = "The shop is just opening. Try again in a moment."
            raise Unavailable(msg, retry_after_s=1)

    def market(self, key: str) -> Market:
        """Return a market; `MarketNotFound`."""
        self.require_front()
        market = self._shelf.markets.get(key)
        if market is None:
            msg = "There is no such market."
            raise MarketNotFound(msg, market=key)
        return market

    def seller(self, market: str) -> Seller:
        """Return who sells in a market."""
        key = self.market(market).seller
        front = self._shelf.front
        return next(seller for seller in (front.sellers if front else ()) if seller.key == key)

    def categories(self, language: str) -> tuple[CategoryView, ...]:
        """Return the whole tree, parents before children, with the number of products below each."""
        self._renew()
        return tuple(self._category_view(key, language) for key in self._shelf.categories)

    def category(self, key: str, language: str) -> CategoryView:
        """Return one category; `CategoryNotFound`."""
        if key not in self._shelf.categories:
            msg = "There is no such category."
            raise CategoryNotFound(msg, category=key)
        self._renew()
        return self._category_view(key, language)

    def category_path(self, key: str, language: str) -> tuple[CategoryView, ...]:
        """Return the categories from the top down to `key`, for breadcrumbs."""
        path: list[CategoryView] = []
        while key in self._shelf.categories and key not in {view.key for view in path}:
            path.append(self.category(key, language))
            key = path[-1].parent
        return tuple(reversed(path))

    def _category_view(self, key: str, language: str) -> CategoryView:
        category = self._shelf.categories[key]
        if key not in self._counted:
            keys = below(self._shelf, key)
            self._counted[key] = sum(entry.category in keys for entry in self._shelf.products.values())
        return CategoryView(
            key=key,
            parent=category.parent,
            name=text_in(category.names, language),
            slug=text_in(category.slugs, language),
            products=self._counted[key],
            slugs=category.slugs,
        )

    def _renew(self) -> None:
        """Drop what was computed from an older state."""
        if self._generation != self._shelf.generation:
            self._counted.clear()
            self._generation = self._shelf.generation

    def category_by_slug(self, language: str, slug: str) -> Found | Moved | None:
        """Look a category's slug up; `Found.key` is the category's key."""
        return self._shelf.category_slugs.find(language, slug)

    def product_by_slug(self, language: str, slug: str) -> Found | Moved | None:
        """Look a product's slug up; `Found.key` is the product's id as text."""
        return self._shelf.product_slugs.find(language, slug)

    def product_of(self, sku: str) -> UUID | None:
        """Return the id of the product that has the SKU, None when it is not on the shelf."""
        return self._shelf.product_of(sku)

    def line_name(self, sku: str, language: str) -> str:
        """Return what a cart calls the SKU: the product's name with the variant's options; "" when it is unknown."""
        product_id = self._shelf.product_of(sku)
        entry = None if product_id is None else self._shelf.products.get(product_id)
        if entry is None:
            return ""
        document = decode_document(whole_in_language(entry, language))
        options = next((variant.options for variant in document.variants if variant.sku == sku), {})
        return ", ".join([document.name, *options.values()])

    def sold_out(self, market: str, skus: Iterable[str]) -> tuple[str, ...]:
        """Return those of the SKUs that are known to be sold out in a market; of an unknown one nothing is known."""
        bands = ((sku, self._shelf.band(market, sku)) for sku in skus)
        return tuple(sku for sku, band in bands if band is not None and band.band is Band.SOLD_OUT)

    def product_id(self, key: str) -> UUID | None:
        """Return the id behind `Found.key` when the product is on the shelf."""
        product_id = UUID(key)
        return product_id if product_id in self._shelf.products else None

    def document(self, product_id: UUID, language: str) -> bytes:
        """Return the encoded `ProductDocument` (JSON, all of it) in a language or English; `ProductNotFound`."""
        return whole_in_language(self._entry(product_id), language)

    def version(self, product_id: UUID) -> int:
        """Return a number that rises with every change of the product's document; `ProductNotFound`."""
        return self._entry(product_id).version

    def product(self, product_id: UUID, language: str) -> ProductDocument:
        """Return the product in a language or English; `ProductNotFound`."""
        return decode_document(self.document(product_id, language))

    def _entry(self, product_id: UUID) -> Entry:
        entry = self._shelf.products.get(product_id)
        if entry is None:
            msg = "There is no such product."
            raise ProductNotFound(msg)
        return entry

    def offers(self, product_id: UUID, market: str) -> tuple[Offer, ...]:
        """Return price and band of every variant in a market, in the product's own order; `ProductNotFound`."""
        currency = self.market(market).currency
        return tuple(self._offer(market, currency, sku) for sku in self._entry(product_id).skus)

    def _offer(self, market: str, currency: str, sku: str) -> Offer:
        price, band = self._shelf.price(market, sku), self._shelf.band(market, sku)
        return Offer(
            sku=sku,
            currency=currency,
            price_minor=None if price is None else price.gross_minor,
            was_minor=None if price is None else price.was_minor,
            lowest_30d_minor=None if price is None else price.lowest_30d_minor,
            band=Band.SOLD_OUT if band is None or price is None else band.band,
            expected_on=None if band is None else band.expected_on,
        )

    def card(self, product_id: UUID, market: str, language: str) -> Card | None:
        """Return a product as lists show it; None when it is not on the shelf or not sold in the market."""
        entry = self._shelf.products.get(product_id)
        summary = None if entry is None else self._shelf.summary(market, entry)
        if entry is None or summary is None:
            return None
        return card(Row(entry, summary), language, self.market(market).currency)

    async def products(self, query: ListQuery) -> Listing:
        """Return a page of products: of everything, of a category, or of what matches `query.text`."""
        self.require_ready()
        self.market(query.market)
        if query.category and query.category not in self._shelf.categories:
            msg = "There is no such category."
            raise CategoryNotFound(msg, category=query.category)
        generation = self._shelf.generation, self._indexer.revision
        now = asyncio.get_running_loop().time()
        known = self._listings.pop(query, None)
        if known is None or (known[0] != generation and now - known[1] > _LISTING_MAY_LAG_S):
            known = generation, now, await self._listed(query)
        while len(self._listings) >= _LISTINGS_KEPT:
            del self._listings[next(iter(self._listings))]
        self._listings[query] = known
        return known[2]

    async def _listed(self, query: ListQuery) -> Listing:
        shelf, index = self._shelf, self._indexer.index
        if not words(query.text) or index is None:
            return listing(shelf, query, offered(shelf, query))
        hits = await index.search(query.text, query.language)
        entries = [entry for product in hits.products if (entry := shelf.products.get(product)) is not None]
        return listing(shelf, query, offered(shelf, query, entries), corrected=hits.corrected)

    def suggest(self, text: str, *, market: str, language: str) -> Suggestions:
        """Return what a half-typed text may become: words, products sold in the market, categories."""
        self.market(market)
        suggester = self._indexer.suggesters.get(language) or self._indexer.suggesters.get("en")
        if suggester is None:
            return Suggestions(words=(), products=(), categories=())
        completed, products = suggester.suggest(text)
        shown = []
        for product_id in products:
            entry = self._shelf.products.get(product_id)
            if entry is not None and self._shelf.summary(market, entry) is not None:
                document = decode_document(in_language(entry, language))
                shown.append(SuggestedProduct(id=product_id, name=document.name, slug=document.slug))
            if len(shown) == _SUGGESTED_PRODUCTS:
                break
        return Suggestions(
            words=tuple(completed[:_SUGGESTED_WORDS]),
            products=tuple(shown),
            categories=self._suggested_categories(text, language),
        )

    def _suggested_categories(self, text: str, language: str) -> tuple[CategoryView, ...]:
        asked = fold(text).strip()
        if not asked:
            return ()
        self._renew()
        keys = [
            category.key
            for category in self._shelf.categories.values()
            if f" {' '.join(words(text_in(category.names, language)))}".find(f" {asked}") >= 0
        ]
        return tuple(self._category_view(key, language) for key in keys[:_SUGGESTED_CATEGORIES])


@asynccontextmanager
async def browsing(
    *,
    ask: Ask,
    bus: Bus,
    folder: Path | None,
    words: Path | None = None,
    keep_every_s: float = KEEP_EVERY_S,
    note: Note | None = None,
) -> AsyncIterator[Browse]:
    """Run the read side while the block lasts. Entering never waits for the contexts.

    `folder`: where the last state lies on disk (None: nowhere). `words`: folder with compounds.csv and synonyms.csv.
    `note`: takes the surrogate keys of what becomes wrong in shared caches (None: there are none).
    """
    shelf, changes = Shelf(), Changes()
    stale = None if note is None else Stale(shelf, note)
    path = None if folder is None else folder / "web.msgpack"
    if path is not None and (state := await asyncio.to_thread(disk.read, path)) is not None:
        disk.fill(shelf, state)
        changes.note_everything(shelf)
        shelf.watcher = stale  # pages of this state may be shown before the first snapshot
    indexer = Indexer(shelf, changes, load_lexicons(words))
    if stale is not None:
        indexer.on_change = stale.index_changed
    follower = Follower(shelf, changes, ask=ask, bus=bus, watcher=stale)
    work = [follower.run(), indexer.run()]
    if path is not None:
        work.append(_keep(shelf, path, keep_every_s))
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        yield Browse(shelf, indexer)
    finally:
        await stopped(tasks)
        indexer.close()
        if path is not None:
            await _write(shelf, path)


async def _keep(shelf: Shelf, path: Path, every_s: float) -> None:
    """Write the state when it changed, at most every `every_s` seconds; the first time as soon as there is one."""
    written = shelf.generation if shelf.filled else -1
    while True:
        await asyncio.sleep(min(every_s, 1.0) if written < 0 else every_s)
        if shelf.generation != written and shelf.filled:
            written = shelf.generation
            await _write(shelf, path)


async def _write(shelf: Shelf, path: Path) -> None:
    state = disk.kept(shelf)
    if state is None:
        return
    try:
        size = await asyncio.to_thread(disk.write, path, state)
    except OSError as error:
        log.warning("browse.not_kept", path=str(path), error=repr(error))
    else:
        log.debug("browse.kept", path=str(path), bytes=size)
