"""Pages of prices, history and vouchers."""

from datetime import datetime

import msgspec

from springtide.contexts.pricing.store import PriceNowRow, VoucherRow
from springtide.contracts.common import Page, Snapshot
from springtide.contracts.pricing.api import InvalidPrice, Price, PriceHistoryRow, Voucher
from springtide.platform.db import Read
from springtide.platform.paging import page_size

# A price is at most 200 bytes on the wire: a page stays under 256 KB.
_PRICES_PER_PAGE = 1_200
_HISTORY_ROWS = 200
_MAX_VOUCHERS = 200
_BETWEEN = "\x1f"


async def snapshot_page(read: Read, after: str | None, sequence: int) -> Snapshot[Price]:
    """Return one page of all prices by market and SKU. `sequence` was asked for before this was read."""
    market, _, sku = (after or _BETWEEN).partition(_BETWEEN)
    params = {"after_market": market, "after_sku": sku, "limit": _PRICES_PER_PAGE}
    rows = await read.all("page_prices", params, row=PriceNowRow)
    last = rows[-1] if len(rows) == _PRICES_PER_PAGE else None
    return Snapshot(
        items=tuple(row.as_price() for row in rows),
        sequence=sequence,
        after=f"{last.market}{_BETWEEN}{last.sku}" if last else None,
    )


class _HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    amount_minor: int
    list_minor: int
    cause: str


async def history_page(read: Read, market: str, sku: str) -> tuple[PriceHistoryRow, ...]:
    """Return the newest 200 entries of a SKU's history, newest first."""
    params = {"market": market, "sku": sku, "limit": _HISTORY_ROWS}
    rows = await read.all("page_history", params, row=_HistoryPage)
    return tuple(
        PriceHistoryRow(at=row.at, amount_minor=row.amount_minor, list_minor=row.list_minor, cause=row.cause)
        for row in rows
    )


async def voucher_page(read: Read, now: datetime, after: str | None, limit: int) -> Page[Voucher]:
    """Return vouchers by code, with their live holds."""
    limit = page_size(limit, most=_MAX_VOUCHERS, refusal=InvalidPrice)
    rows = await read.all("page_vouchers", {"after": after or "", "limit": limit, "now": now}, row=VoucherRow)
    return Page(items=tuple(row.as_voucher() for row in rows), after=rows[-1].code if len(rows) == limit else None)
