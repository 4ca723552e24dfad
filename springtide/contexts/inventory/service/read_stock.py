"""Answers that change nothing."""

import msgspec

from springtide.contexts.inventory.domain.promises import Promise, demand_of
from springtide.contexts.inventory.store.checks import findings
from springtide.contexts.inventory.store.inbound import list_inbound
from springtide.contexts.inventory.store.partners import list_locations, list_suppliers
from springtide.contexts.inventory.store.promises import list_claims
from springtide.contexts.inventory.store.stock import list_ledger, list_stock, sku_page, sku_states
from springtide.contracts.common import Finding, Page, Quantity
from springtide.contracts.inventory.api import (
    Availability,
    Band,
    Inbound,
    InvalidStock,
    LedgerRow,
    Location,
    OrderClaim,
    StockRow,
    Supplier,
)
from springtide.platform.caller import Caller, Kind
from springtide.platform.db import Database
from springtide.platform.errors import Forbidden
from springtide.platform.paging import cursor_id, page_size

_MAX_SKUS = 200
_MAX_ROWS = 1_000
_PAGE_BYTES = 250 * 1024
_SKUS_PER_PAGE = 1_000


def require_staff(caller: Caller) -> None:
    """`Forbidden` for guests and customers: figures are not for the shop's visitors."""
    if caller.kind not in {Kind.STAFF, Kind.SYSTEM}:
        msg = "This is for staff."
        raise Forbidden(msg)


async def availability(db: Database, market: str, skus: tuple[str, ...]) -> tuple[Availability, ...]:
    """Return one band per SKU, in the order asked; unknown SKUs are sold out."""
    if len(skus) > _MAX_SKUS:
        msg = f"At most {_MAX_SKUS} SKUs a call."
        raise InvalidStock(msg, field="skus")
    async with db.read() as read:
        states = await sku_states(read, skus)
    known = {band.sku: band for state in states for band in state.bands if band.market == market}
    return tuple(known.get(sku) or Availability(market=market, sku=sku, band=Band.SOLD_OUT) for sku in skus)


async def snapshot_page(db: Database, after: str | None) -> tuple[tuple[Availability, ...], str | None]:
    """Return the bands of the next SKUs, at most 250 KB encoded, and the cursor."""
    async with db.read() as read:
        states = await sku_page(read, after or "", _SKUS_PER_PAGE)
    bands: list[Availability] = []
    size = 0
    for number, state in enumerate(states):
        size += len(msgspec.msgpack.encode(state.bands))
        if size > _PAGE_BYTES and number:
            return tuple(bands), states[number - 1].sku
        bands.extend(state.bands)
    return tuple(bands), states[-1].sku if len(states) == _SKUS_PER_PAGE else None


async def stock_page(
    db: Database, *, skus: tuple[str, ...], location: str, low_only: bool, after: str | None, limit: int
) -> Page[StockRow]:
    """Return places by SKU and location; the cursor is both, tab between."""
    limit = page_size(limit, most=_MAX_ROWS, refusal=InvalidStock)
    if len(skus) > _MAX_ROWS:
        msg = f"At most {_MAX_ROWS:,} SKUs a call."
        raise InvalidStock(msg, field="skus")
    sku, _, at = (after or "").partition("\t")
    async with db.read() as read:
        rows = await list_stock(read, skus=skus, location=location, low_only=low_only, after=(sku, at), limit=limit)
    cursor = f"{rows[-1].sku}\t{rows[-1].location}" if len(rows) == limit else None
    return Page(items=tuple(rows), after=cursor)


async def ledger(db: Database, *, sku: str, before: str | None, limit: int) -> tuple[LedgerRow, ...]:
    """Return ledger entries, newest first."""
    limit = page_size(limit, most=_MAX_ROWS, refusal=InvalidStock)
    last = cursor_id(before, refusal=InvalidStock, field="before")
    async with db.read() as read:
        return tuple(await list_ledger(read, sku=sku, before=last, limit=limit))


async def claims_page(db: Database, *, after: str | None, limit: int) -> Page[OrderClaim]:
    """Return open claims by order id."""
    limit = page_size(limit, most=_MAX_ROWS, refusal=InvalidStock)
    async with db.read() as read:
        promises = await list_claims(read, after=cursor_id(after, refusal=InvalidStock), limit=limit)
    cursor = str(promises[-1].checkout_id) if len(promises) == limit else None
    return Page(items=tuple(_claim(promise) for promise in promises), after=cursor)


def _claim(promise: Promise) -> OrderClaim:
    demand = sorted(demand_of(promise.lines).items())
    return OrderClaim(
        order_id=promise.checkout_id, lines=tuple(Quantity(sku=sku, quantity=units) for sku, units in demand)
    )


async def locations(db: Database) -> tuple[Location, ...]:
    """Return all locations."""
    async with db.read() as read:
        return tuple(await list_locations(read))


async def suppliers(db: Database) -> tuple[Supplier, ...]:
    """Return all suppliers."""
    async with db.read() as read:
        return tuple(await list_suppliers(read))


async def inbound(db: Database, *, sku: str, open_only: bool) -> tuple[Inbound, ...]:
    """Return inbound rows by day."""
    async with db.read() as read:
        return tuple(await list_inbound(read, sku=sku, open_only=open_only))


async def check(db: Database) -> tuple[Finding, ...]:
    """Compare all counters with the rows behind them, in one snapshot of the database."""
    async with db.snapshot() as read:
        return tuple(await findings(read))
