"""What pricing keeps, as rows.

Lock order, for everybody who writes: markets by key, vouchers by code, then `book_state` (the revision), under which
all other rows are written. Voucher holds are guarded by their voucher's row. `price_history` is append-only, by rights.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.pricing.domain.book import PriceEntry, PriceList
from springtide.contexts.pricing.domain.omnibus import PricePoint
from springtide.contexts.pricing.domain.promotions import Window
from springtide.contracts.pricing.api import Market, Price, Promotion, Seller, Voucher
from springtide.platform.db import Read, Tx
from springtide.platform.ids import uuid7


class RevisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """The newest revision, and the database's time."""

    revision: int
    now: datetime


class FrontRow(msgspec.Struct, frozen=True, kw_only=True):
    """The newest revision and version of sellers and markets."""

    revision: int
    front_version: int


class MarketRow(msgspec.Struct, frozen=True, kw_only=True):
    """A locked market."""

    key: str
    body: dict[str, Any]
    settled_until: datetime
    version: int

    @property
    def market(self) -> Market:
        """Return the contract's market."""
        return msgspec.convert(self.body, Market)


class ListRow(msgspec.Struct, frozen=True, kw_only=True):
    """A price list."""

    key: str
    market: str
    priority: int
    customer_group: str
    starts_at: datetime | None
    ends_at: datetime | None

    def as_list(self) -> PriceList:
        """Return the domain's price list."""
        window = Window(self.starts_at, self.ends_at)
        return PriceList(key=self.key, window=window, priority=self.priority, customer_group=self.customer_group)


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A dated price of a SKU in a list."""

    market: str
    list_key: str
    sku: str
    amount_minor: int
    valid_from: datetime
    valid_to: datetime | None
    is_reduction: bool

    def as_entry(self) -> PriceEntry:
        """Return the domain's price entry."""
        return PriceEntry(
            list_key=self.list_key,
            amount_minor=self.amount_minor,
            window=Window(self.valid_from, self.valid_to),
            is_reduction=self.is_reduction,
        )


class PriceNowRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a SKU costs everybody since its last change."""

    market: str
    sku: str
    list_minor: int
    effective_minor: int
    gross_minor: int
    was_minor: int | None
    lowest_30d_minor: int | None
    is_for_sale: bool
    listed_since: datetime
    version: int

    def as_price(self) -> Price:
        """Return the contract's price."""
        return Price(
            market=self.market,
            sku=self.sku,
            gross_minor=self.gross_minor,
            was_minor=self.was_minor,
            lowest_30d_minor=self.lowest_30d_minor,
            version=self.version,
            for_sale=self.is_for_sale,
        )


class SinceRow(msgspec.Struct, frozen=True, kw_only=True):
    """Since when a SKU has had a price for everybody in a market, and the reduced price that is announced, if any."""

    market: str
    sku: str
    listed_since: datetime
    announced_minor: int | None


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the append-only history."""

    sku: str
    at: datetime
    amount_minor: int
    list_minor: int
    cause: str


class _PointRow(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    at: datetime
    list_minor: int
    amount_minor: int


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A moment at which prices of a market change. `is_wide`: prices of any SKU may."""

    moment: datetime
    is_wide: bool


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """What pricing knows of a SKU. `published` False: the catalogue hides it, so it is not sold."""

    sku: str
    tax_category: str
    category: str
    published: bool = True


class CategoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the category tree; `parent` "" is the top."""

    key: str
    parent: str


class VoucherRow(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher with its claimed uses; `held` only where the statement counts live holds."""

    code: str
    promotion: str
    use_limit: int | None
    used: int
    starts_at: datetime | None
    ends_at: datetime | None
    held: int = 0

    def as_voucher(self) -> Voucher:
        """Return the contract's voucher."""
        return Voucher(
            code=self.code,
            promotion=self.promotion,
            limit=self.use_limit,
            used=self.used,
            held=self.held,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )

    @property
    def is_used_up(self) -> bool:
        """Tell whether every use was claimed."""
        return self.use_limit is not None and self.used >= self.use_limit


class HoldRow(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout's hold on a code; `expires_at` only while state is "held"."""

    code: str
    state: str
    expires_at: datetime | None


class _LiveRow(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    live: int


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    body: dict[str, Any]


class _Sku(msgspec.Struct, frozen=True, kw_only=True):
    sku: str


class MarketSku(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU in a market."""

    market: str
    sku: str


def encoded(document: msgspec.Struct) -> str:
    """Return a document as the text of a jsonb parameter."""
    return msgspec.json.encode(document).decode()


async def next_revision(tx: Tx) -> int:
    """Take the next revision; its row stays locked until the commit."""
    revision: int = await tx.value("bump_revision")
    return revision


async def sellers(read: Read) -> tuple[Seller, ...]:
    """Return all sellers by key."""
    return tuple(msgspec.convert(row.body, Seller) for row in await read.all("read_sellers", row=_Body))


async def markets(read: Read) -> tuple[Market, ...]:
    """Return all markets by key."""
    rows = await read.dicts("read_markets")
    return tuple(msgspec.convert(row["body"], Market) for row in rows)


async def seller(read: Read, key: str) -> Seller | None:
    """Return one seller."""
    row = await read.maybe("read_seller", {"key": key}, row=_Body)
    return msgspec.convert(row.body, Seller) if row else None


async def promotions(read: Read) -> tuple[Promotion, ...]:
    """Return all promotions, highest priority first."""
    return tuple(msgspec.convert(row.body, Promotion) for row in await read.all("read_promotions", row=_Body))


async def some_promotions(read: Read, keys: Iterable[str]) -> dict[str, Promotion]:
    """Return promotions by key."""
    rows = await read.all("read_some_promotions", {"keys": sorted(keys)}, row=_Body)
    found = [msgspec.convert(row.body, Promotion) for row in rows]
    return {promotion.key: promotion for promotion in found}


async def lock_markets(tx: Tx, keys: Iterable[str] | None) -> list[MarketRow]:
    """Lock markets in their order; None locks all."""
    if keys is None:
        return await tx.all("lock_all_markets", row=MarketRow)
    return await tx.all("lock_markets", {"keys": sorted(set(keys))}, row=MarketRow)


async def prices_now(read: Read, market: str, skus: Sequence[str]) -> dict[str, PriceNowRow]:
    """Return current prices of SKUs of a market."""
    rows = await read.all("read_prices_now", {"market": market, "skus": list(skus)}, row=PriceNowRow)
    return {row.sku: row for row in rows}


async def priced_skus(read: Read, market: str) -> list[str]:
    """Return every SKU that ever had a price in a market, or is to have one."""
    return [row.sku for row in await read.all("read_priced_skus", {"market": market}, row=_Sku)]


async def skus_changing_at(read: Read, market: str, at: datetime) -> list[str]:
    """Return the SKUs with an entry that starts or ends at a moment."""
    return [row.sku for row in await read.all("skus_changing_at", {"market": market, "at": at}, row=_Sku)]


async def history(read: Read, market: str, skus: Sequence[str], since: datetime) -> dict[str, list[PricePoint]]:
    """Return price points since a moment, oldest first, with the one that held when it began."""
    params = {"market": market, "skus": list(skus), "since": since}
    found: dict[str, list[PricePoint]] = {}
    for row in await read.all("read_history", params, row=_PointRow):
        found.setdefault(row.sku, []).append(PricePoint(row.at, row.list_minor, row.amount_minor))
    return found


async def append_history(tx: Tx, market: str, rows: Iterable[HistoryRow]) -> None:
    """Add entries to the history."""
    columns = ((uuid7(), market, row.sku, row.at, row.amount_minor, row.list_minor, row.cause) for row in rows)
    await tx.copy("copy_history", columns)


async def lists(read: Read, market: str | None) -> list[ListRow]:
    """Return the price lists of a market, or of all."""
    return await read.all("read_lists", {"market": market}, row=ListRow)


async def entries(read: Read, market: str, skus: Sequence[str], at: datetime) -> list[EntryRow]:
    """Return the dated prices of SKUs of a market that matter at or after a moment."""
    return await read.all("read_entries", {"market": market, "skus": list(skus), "at": at}, row=EntryRow)


async def append_entries(tx: Tx, rows: Iterable[EntryRow], revision: int) -> None:
    """Add dated prices."""
    columns = (
        (
            uuid7(),
            row.market,
            row.list_key,
            row.sku,
            row.amount_minor,
            row.valid_from,
            row.valid_to,
            row.is_reduction,
            revision,
        )
        for row in rows
    )
    await tx.copy("copy_entries", columns)


async def close_entries(tx: Tx, market: str, rows: Sequence[EntryRow], revision: int) -> None:
    """End the open-ended prices that new open-ended ones (`rows`) follow."""
    params = {
        "market": market,
        "lists": [row.list_key for row in rows],
        "skus": [row.sku for row in rows],
        "froms": [row.valid_from for row in rows],
        "reductions": [row.is_reduction for row in rows],
        "revision": revision,
    }
    await tx.run("close_entries", params)


async def put_prices_now(tx: Tx, market: str, rows: Sequence[PriceNowRow], revision: int) -> None:
    """Write current prices."""
    params = {
        "market": market,
        "revision": revision,
        "skus": [row.sku for row in rows],
        "lists": [row.list_minor for row in rows],
        "effectives": [row.effective_minor for row in rows],
        "grosses": [row.gross_minor for row in rows],
        "wases": [row.was_minor for row in rows],
        "lowests": [row.lowest_30d_minor for row in rows],
        "for_sales": [row.is_for_sale for row in rows],
        "sinces": [row.listed_since for row in rows],
        "versions": [row.version for row in rows],
    }
    await tx.run("upsert_prices_now", params)


async def items(read: Read, skus: Sequence[str]) -> dict[str, ItemRow]:
    """Return what is known of SKUs."""
    return {row.sku: row for row in await read.all("read_items", {"skus": list(skus)}, row=ItemRow)}


async def parents(read: Read) -> dict[str, str]:
    """Return the category tree: key -> parent."""
    return {row.key: row.parent for row in await read.all("read_categories", row=CategoryRow)}


async def put_market_progress(tx: Tx, key: str, settled_until: datetime, version: int) -> None:
    """Record how far a market's schedule has written its history, and its newest event version."""
    await tx.run("set_market_progress", {"key": key, "settled_until": settled_until, "version": version})


async def lock_vouchers(tx: Tx, codes: Iterable[str]) -> dict[str, VoucherRow]:
    """Lock vouchers in their order."""
    rows = await tx.all("lock_vouchers", {"codes": sorted(set(codes))}, row=VoucherRow)
    return {row.code: row for row in rows}


async def holds(read: Read, checkout_id: UUID) -> dict[str, HoldRow]:
    """Return what a checkout holds, claimed or gave back, by code."""
    return {row.code: row for row in await read.all("read_holds", {"checkout_id": checkout_id}, row=HoldRow)}


async def live_holds(tx: Tx, codes: Sequence[str], *, besides: UUID) -> Mapping[str, int]:
    """Count, per code, the holds of other checkouts that have not run out."""
    params = {"codes": list(codes), "now": tx.now, "checkout_id": besides}
    return {row.code: row.live for row in await tx.all("count_live_holds", params, row=_LiveRow)}


async def database_now(read: Read) -> datetime:
    """Return the database's time, the one that judges what ran out."""
    return (await read.one("read_revision", row=RevisionRow)).now
