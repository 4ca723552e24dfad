"""Set prices, now or later: one call, all or none. Imports come the same way, with history dated by the import."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.omnibus import PRIOR_PERIOD, require_prior_prices
from springtide.contexts.pricing.domain.tax import TaxTable
from springtide.contexts.pricing.service.settle_prices import MarketPen
from springtide.contexts.pricing.store import EntryRow
from springtide.contracts.pricing.api import InvalidPrice, MarketNotFound, NotAReduction, Price, PriceChange
from springtide.platform.db import Tx

BASE_PREFIX = "base:"
MAX_CHANGES = 500
MAX_IMPORTED = 2_000
_MAX_AMOUNT_MINOR = 10**12
_MAX_SKU = 64
_EVERYTHING_SINCE = timedelta(days=1)


def base_list(market: str) -> str:
    """Return the key of a market's base price list."""
    return f"{BASE_PREFIX}{market}"


def check_changes(changes: Sequence[PriceChange], limit: int) -> None:
    """Raise `InvalidPrice` for a change that is not well-formed; facts: field, sku, market."""
    if not 0 < len(changes) <= limit:
        msg = f"Give 1 to {limit} prices."
        raise InvalidPrice(msg, field="changes")
    seen: set[tuple[str, str, str, datetime | None]] = set()
    for change in changes:
        field = _wrong_field(change)
        if field:
            raise InvalidPrice(field=field, sku=change.sku, market=change.market)
        identity = (change.market, change.price_list, change.sku, change.valid_from)
        if identity in seen:
            msg = "A SKU has two prices from the same moment on."
            raise InvalidPrice(msg, field="valid_from", sku=change.sku, market=change.market)
        seen.add(identity)


def _wrong_field(change: PriceChange) -> str:
    times = (change.valid_from, change.valid_to)
    if not 0 < len(change.sku) <= _MAX_SKU:
        return "sku"
    if not 0 <= change.amount_minor <= _MAX_AMOUNT_MINOR:
        return "amount_minor"
    if not change.tax_category:
        return "tax_category"
    if any(moment is not None and moment.tzinfo is None for moment in times):
        return "valid_from"
    if change.valid_from and change.valid_to and change.valid_from >= change.valid_to:
        return "valid_to"
    return ""


async def set_prices(tx: Tx, changes: Sequence[PriceChange], taxes: TaxTable) -> tuple[Price, ...]:
    """Set or schedule prices; return the prices of their SKUs as they are now."""
    check_changes(changes, MAX_CHANGES)
    found: list[Price] = []
    for pen, own in await _pens(tx, changes, taxes):
        await pen.settle_due()
        await _check_lists(tx, pen.market.key, own)
        rows = [_entry(pen, change, pen.at) for change in own]
        await _check_reductions(tx, pen, rows)
        await _write(tx, pen, rows, own)
        due = sorted({row.sku for row in rows if row.valid_from <= pen.at})
        await pen.settle(due, cause="price")
        await pen.close()
        now = await store.prices_now(tx, pen.market.key, sorted({row.sku for row in rows}))
        found += [row.as_price() for row in now.values() if row.is_for_sale]
        for row in rows:
            tx.audit(
                "price_set",
                f"{row.market}:{row.sku}",
                amount_minor=row.amount_minor,
                valid_from=row.valid_from.isoformat(),
                reduction=row.is_reduction,
            )
    return tuple(found)


async def import_prices(tx: Tx, changes: Sequence[PriceChange], batch: str, at: datetime, taxes: TaxTable) -> int:
    """Set many prices with history dated `at`, where that is not before what the history knows already.

    Return how many prices changed. One audit row for the batch; one event per 500 prices.
    """
    check_changes(changes, MAX_IMPORTED)
    if at.tzinfo is None or at > tx.now:
        msg = "The date of an import lies in the past and has a time zone."
        raise InvalidPrice(msg, field="at")
    changed = 0
    for pen, own in await _pens(tx, changes, taxes):
        await pen.settle_due()
        await _check_lists(tx, pen.market.key, own)
        rows = [_entry(pen, change, at) for change in own]
        await _check_reductions(tx, pen, rows)
        skus = sorted({row.sku for row in rows})
        dated = await _free_dates(tx, pen, skus, at)
        await _write(tx, pen, rows, own)
        changed += await pen.settle(skus, cause=f"import:{batch}", dated=dated)
        await pen.close()
    tx.audit("prices_imported", batch, count=len(changes), changed=changed, at=at.isoformat())
    return changed


async def _pens(tx: Tx, changes: Sequence[PriceChange], taxes: TaxTable) -> list[tuple[MarketPen, list[PriceChange]]]:
    by_market: dict[str, list[PriceChange]] = {}
    for change in changes:
        by_market.setdefault(change.market, []).append(change)
    rows = await store.lock_markets(tx, by_market)
    if missing := sorted(by_market.keys() - {row.key for row in rows}):
        raise MarketNotFound(market=missing[0])
    revision = await store.next_revision(tx)
    return [(MarketPen(tx, row, taxes, revision), by_market[row.key]) for row in rows]


async def _check_lists(tx: Tx, market: str, changes: Sequence[PriceChange]) -> None:
    known = {row.key for row in await store.lists(tx, market)} | {""}
    for change in changes:
        if change.price_list not in known:
            raise InvalidPrice(field="price_list", sku=change.sku, market=market)


def _entry(pen: MarketPen, change: PriceChange, default: datetime) -> EntryRow:
    """Make the dated price of a change. A start in the past is now: history is not rewritten."""
    start = default if change.valid_from is None else max(change.valid_from, default)
    if change.valid_to is not None and change.valid_to <= start:
        raise InvalidPrice(field="valid_to", sku=change.sku, market=change.market)
    return EntryRow(
        market=pen.market.key,
        list_key=change.price_list or base_list(pen.market.key),
        sku=change.sku,
        amount_minor=change.amount_minor,
        valid_from=start,
        valid_to=change.valid_to,
        is_reduction=change.reduction,
    )


async def _check_reductions(tx: Tx, pen: MarketPen, rows: Sequence[EntryRow]) -> None:
    """Refuse a reduction without a lowest prior price, and one that is not below it."""
    for start, reduced in _by_start(rows).items():
        skus = [row.sku for row in reduced]
        histories = await store.history(tx, pen.market.key, skus, min(start, pen.at) - PRIOR_PERIOD)
        priors = require_prior_prices(skus, histories, start)
        for row in reduced:
            if row.amount_minor >= priors[row.sku]:
                raise NotAReduction(sku=row.sku, lowest_prior_minor=priors[row.sku], market=pen.market.key)


def _by_start(rows: Sequence[EntryRow]) -> dict[datetime, list[EntryRow]]:
    found: dict[datetime, list[EntryRow]] = {}
    for row in rows:
        if row.is_reduction:
            found.setdefault(row.valid_from, []).append(row)
    return found


async def _free_dates(tx: Tx, pen: MarketPen, skus: Sequence[str], at: datetime) -> Mapping[str, datetime]:
    """Date an import's entries `at`, except where the history has a later entry: there they are dated now."""
    newest = await store.history(tx, pen.market.key, skus, pen.at + _EVERYTHING_SINCE)
    return {sku: at for sku in skus if sku not in newest or newest[sku][-1].at < at}


async def _write(tx: Tx, pen: MarketPen, rows: Sequence[EntryRow], changes: Sequence[PriceChange]) -> None:
    fresh = await _without_repeats(tx, pen, rows)
    open_ended = [row for row in fresh if row.valid_to is None]
    await store.close_entries(tx, pen.market.key, open_ended, pen.revision)
    await store.append_entries(tx, fresh, pen.revision)
    categories = {change.sku: change.tax_category for change in changes}
    params = {"skus": list(categories), "tax_categories": list(categories.values()), "revision": pen.revision}
    await tx.run("upsert_items_from_prices", params)


async def _without_repeats(tx: Tx, pen: MarketPen, rows: Sequence[EntryRow]) -> list[EntryRow]:
    """Leave out what says nothing new: an open-ended price equal to the only one that its SKU has."""
    known: dict[str, list[EntryRow]] = {}
    for entry in await store.entries(tx, pen.market.key, sorted({row.sku for row in rows}), pen.at):
        known.setdefault(entry.sku, []).append(entry)
    return [row for row in rows if not _repeats(row, known.get(row.sku, []))]


def _repeats(row: EntryRow, known: Sequence[EntryRow]) -> bool:
    if len(known) != 1 or row.valid_to is not None:
        return False
    (only,) = known
    return only.valid_to is None and (only.list_key, only.amount_minor, only.is_reduction) == (
        row.list_key,
        row.amount_minor,
        row.is_reduction,
    )
