"""Opening stock: one ledger entry per SKU and location, for places that have no ledger yet."""

from datetime import datetime

import msgspec

from springtide.contexts.inventory.domain.places import Move, Place
from springtide.contexts.inventory.service.book_decision import book
from springtide.contexts.inventory.service.change_stock import require_locations
from springtide.contexts.inventory.service.words import MAX_QUANTITY, checked_word
from springtide.contexts.inventory.store.bookings import Entry
from springtide.contexts.inventory.store.shelves import ensure_places, lock_shelf, places_with_ledger, set_policies
from springtide.contracts.inventory.api import InvalidStock, LedgerKind, StockLevel
from springtide.platform.db import Tx

MAX_LEVELS = 2_000


async def import_stock(tx: Tx, *, key: str, batch: str, levels: tuple[StockLevel, ...], at: datetime) -> int:
    """Book the levels of untouched places; return how many those were."""
    _check(batch, levels, at)
    if not levels:
        return 0
    await require_locations(tx, *{level.location for level in levels})
    await ensure_places(tx, [(level.sku, level.location) for level in levels])
    skus = {level.sku for level in levels}
    shelf = await lock_shelf(tx, skus)
    touched = await places_with_ledger(tx, skus)
    fresh = [level for level in levels if (level.sku, level.location) not in touched]
    await set_policies(tx, fresh)
    set_up = shelf.replaced(_with_policy(shelf.places[level.sku, level.location], level) for level in fresh)
    await book(
        tx,
        set_up,
        moves=[Move(sku=level.sku, location=level.location, on_hand=level.quantity) for level in fresh],
        entries=[_opening(level, batch, at) for level in fresh],
        bulk=f"{batch}:{key}",
    )
    tx.audit("stock_imported", f"import:{batch}", booked=len(fresh), given=len(levels))
    return len(fresh)


def _with_policy(place: Place, level: StockLevel) -> Place:
    return msgspec.structs.replace(place, supply=level.supply, low_stock_at=level.low_stock_at)


def _opening(level: StockLevel, batch: str, at: datetime) -> Entry:
    return Entry(
        sku=level.sku,
        location=level.location,
        kind=LedgerKind.OPENING,
        quantity=level.quantity,
        reason="opening stock",
        reference=batch,
        at=at,
    )


def _check(batch: str, levels: tuple[StockLevel, ...], at: datetime) -> None:
    checked_word("batch", batch)
    if len(levels) > MAX_LEVELS:
        msg = f"At most {MAX_LEVELS:,} levels a call."
        raise InvalidStock(msg, field="levels")
    if at.tzinfo is None:
        msg = "The time of opening stock needs a time zone."
        raise InvalidStock(msg, field="at")
    keys = {(level.sku, level.location) for level in levels}
    if len(keys) != len(levels):
        msg = "A SKU and location may be there once."
        raise InvalidStock(msg, field="levels")
    for level in levels:
        checked_word("sku", level.sku)
        if not 0 <= level.quantity <= MAX_QUANTITY or not 0 <= level.low_stock_at <= MAX_QUANTITY:
            msg = f"A level is 0 to {MAX_QUANTITY:,} units."
            raise InvalidStock(msg, field="quantity", sku=level.sku)
