"""The price books of this process: every market in memory, kept up to date from pricing's own tables.

A quote reads nothing but memory. `refresh` asks for the newest revision (one small statement) and fetches only the rows
that later revisions touched; it runs twice a second and after every write of this process. While the database is away
the books stay as they are. Time is the database's, carried on by a monotonic clock between refreshes.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.book import Item, MarketBook, PriceEntry, PriceList, Voucher
from springtide.contexts.pricing.domain.promotions import Window, in_market
from springtide.contexts.pricing.store import EntryRow, ItemRow, ListRow, MarketSku, RevisionRow, SinceRow, VoucherRow
from springtide.contracts.pricing.api import Market, MarketNotFound, Promotion, Seller
from springtide.platform.db import Database, Read


def with_ancestors(category: str, parents: Mapping[str, str]) -> frozenset[str]:
    """Return a category and all above it."""
    found: set[str] = set()
    while category and category not in found:
        found.add(category)
        category = parents.get(category, "")
    return frozenset(found)


def as_item(row: ItemRow, parents: Mapping[str, str]) -> Item:
    """Return what promotions and tax ask of a SKU."""
    return Item(row.tax_category, with_ancestors(row.category, parents), row.published)


class _Front(msgspec.Struct, frozen=True, kw_only=True):
    """The small tables, read whole whenever anything changed."""

    sellers: dict[str, Seller]
    markets: tuple[Market, ...]
    lists: list[ListRow]
    promotions: tuple[Promotion, ...]
    parents: dict[str, str]


class Books:
    """Market books by key. One refresh at a time; readers never wait once the first one is done."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._refreshing = asyncio.Lock()
        self._revision = -1
        self._now: datetime | None = None
        self._read_at = 0.0
        self._books: dict[str, MarketBook] = {}
        self._entries: dict[str, dict[str, Sequence[PriceEntry]]] = {}
        self._since: dict[str, dict[str, datetime]] = {}
        self._announced: dict[str, dict[str, int]] = {}
        self._item_rows: dict[str, ItemRow] = {}
        self._vouchers: dict[str, Voucher] = {}

    async def market(self, key: str) -> MarketBook:
        """Return a market's book; `MarketNotFound`, and `DatabaseUnavailable` before the first refresh."""
        if self._now is None:
            await self.refresh()
        book = self._books.get(key)
        if book is None:
            raise MarketNotFound(market=key)
        return book

    def now(self) -> datetime:
        """Return the database's time, as of the last refresh and carried on since."""
        if self._now is None:
            msg = "the books were never read"
            raise RuntimeError(msg)
        return self._now + timedelta(seconds=time.monotonic() - self._read_at)

    async def refresh(self) -> None:
        """Bring the books up to the newest revision."""
        async with self._refreshing, self._db.snapshot() as read:
            newest = await read.one("read_revision", row=RevisionRow)
            if newest.revision != self._revision:
                await self._load(read, newest)
            self._now, self._read_at = newest.now, time.monotonic()

    async def _load(self, read: Read, newest: RevisionRow) -> None:
        """Fetch what is new, all of one moment: a market never comes without its seller."""
        since = {"revision": self._revision}
        touched = await read.all("read_changed_skus", since, row=MarketSku)
        rows = await read.all("read_changed_entries", {**since, "at": newest.now}, row=EntryRow) if touched else []
        listed = await read.all("read_changed_prices", since, row=SinceRow)
        for item in await read.all("read_changed_items", since, row=ItemRow):
            self._item_rows[item.sku] = item
        for voucher in await read.all("read_changed_vouchers", since, row=VoucherRow):
            self._vouchers[voucher.code] = as_book_voucher(voucher)
        front = await _read_front(read)
        self._put_entries(touched, rows)
        for row in listed:
            self._since.setdefault(row.market, {})[row.sku] = row.listed_since
            announced = self._announced.setdefault(row.market, {})
            announced.pop(row.sku, None)
            if row.announced_minor is not None:
                announced[row.sku] = row.announced_minor
        items = self._items(front.parents)
        self._books = {market.key: self._book(market, front, items) for market in front.markets}
        self._revision = newest.revision

    def _put_entries(self, touched: Sequence[MarketSku], rows: Sequence[EntryRow]) -> None:
        fresh: dict[tuple[str, str], list[PriceEntry]] = {(one.market, one.sku): [] for one in touched}
        for row in rows:
            fresh.setdefault((row.market, row.sku), []).append(row.as_entry())
        for (market, sku), entries in fresh.items():
            self._entries.setdefault(market, {})[sku] = tuple(entries)

    def _items(self, parents: Mapping[str, str]) -> dict[str, Item]:
        categories = {row.category: with_ancestors(row.category, parents) for row in self._item_rows.values()}
        return {
            row.sku: Item(row.tax_category, categories[row.category], row.published) for row in self._item_rows.values()
        }

    def _book(self, market: Market, front: _Front, items: Mapping[str, Item]) -> MarketBook:
        here = [seen for promotion in front.promotions if (seen := in_market(promotion, market.key))]
        lists: list[PriceList] = [row.as_list() for row in front.lists if row.market == market.key]
        return MarketBook(
            market,
            front.sellers[market.seller],
            lists=lists,
            prices=self._entries.get(market.key, {}),
            listed_since=self._since.get(market.key, {}),
            announced=self._announced.get(market.key, {}),
            items=items,
            promotions=here,
            vouchers=self._vouchers,
        )


async def _read_front(read: Read) -> _Front:
    return _Front(
        sellers={seller.key: seller for seller in await store.sellers(read)},
        markets=await store.markets(read),
        lists=await store.lists(read, None),
        promotions=await store.promotions(read),
        parents=await store.parents(read),
    )


def as_book_voucher(row: VoucherRow) -> Voucher:
    """Return a voucher as quotes see it."""
    return Voucher(
        code=row.code,
        promotion=row.promotion,
        window=Window(row.starts_at, row.ends_at),
        is_limited=row.use_limit is not None,
        is_used_up=row.is_used_up,
    )
