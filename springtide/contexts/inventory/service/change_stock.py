"""Staff change stock: adjust, move between locations, set what may be sold."""

import msgspec

from springtide.contexts.inventory.domain.places import Move, Place, Shelf
from springtide.contexts.inventory.service.book_decision import book
from springtide.contexts.inventory.service.words import checked_quantity, checked_word, show, some_reason
from springtide.contexts.inventory.store.bookings import Entry
from springtide.contexts.inventory.store.partners import unknown_locations
from springtide.contexts.inventory.store.shelves import ensure_places, lapsed_units, lock_shelf, set_policies
from springtide.contracts.inventory.api import (
    AdjustmentRefused,
    InvalidStock,
    LedgerKind,
    LocationUnknown,
    StockLevel,
    StockRow,
    Supply,
)
from springtide.platform.db import Read, Tx

_LARGEST_LEVEL = 1_000_000


async def adjust_stock(tx: Tx, *, sku: str, location: str, quantity: int, reason: str) -> StockRow:
    """Add or take away units; promised units stay."""
    checked_word("sku", sku)
    some_reason(reason)
    checked_quantity(abs(quantity))
    await require_locations(tx, location)
    if quantity > 0:
        await ensure_places(tx, [(sku, location)])
    shelf = await lock_shelf(tx, [sku])
    if quantity < 0:
        await _require_free(tx, shelf, sku, location, -quantity)
    entry = Entry(sku=sku, location=location, kind=LedgerKind.ADJUSTED, quantity=quantity, reason=reason)
    after = await book(tx, shelf, moves=[Move(sku=sku, location=location, on_hand=quantity)], entries=[entry])
    tx.audit("stock_adjusted", sku, location=location, quantity=quantity, reason=reason)
    return show(after.places[sku, location])


async def transfer_stock(
    tx: Tx, *, sku: str, from_location: str, to_location: str, quantity: int, reason: str
) -> tuple[StockRow, StockRow]:
    """Move free units; the ledger gets one entry at each end."""
    checked_word("sku", sku)
    some_reason(reason)
    checked_quantity(quantity)
    if from_location == to_location:
        msg = "A transfer has two different locations."
        raise InvalidStock(msg, field="to_location")
    await require_locations(tx, from_location, to_location)
    await ensure_places(tx, [(sku, to_location)])
    shelf = await lock_shelf(tx, [sku])
    await _require_free(tx, shelf, sku, from_location, quantity)
    signed = ((from_location, -quantity), (to_location, quantity))
    after = await book(
        tx,
        shelf,
        moves=[Move(sku=sku, location=location, on_hand=units) for location, units in signed],
        entries=[
            Entry(sku=sku, location=location, kind=LedgerKind.MOVED, quantity=units, reason=reason)
            for location, units in signed
        ],
    )
    tx.audit("stock_moved", sku, source=from_location, target=to_location, quantity=quantity, reason=reason)
    return show(after.places[sku, from_location]), show(after.places[sku, to_location])


async def set_policy(tx: Tx, *, sku: str, location: str, supply: Supply, low_stock_at: int) -> StockRow:
    """Set supply policy and low-stock level. Promises made from inbound keep it sellable."""
    checked_word("sku", sku)
    if not 0 <= low_stock_at <= _LARGEST_LEVEL:
        msg = f"A low-stock level is 0 to {_LARGEST_LEVEL:,}."
        raise InvalidStock(msg, field="low_stock_at")
    await require_locations(tx, location)
    await ensure_places(tx, [(sku, location)])
    shelf = await lock_shelf(tx, [sku])
    place = shelf.places[sku, location]
    changed = msgspec.structs.replace(place, supply=supply, low_stock_at=low_stock_at)
    after = shelf.replaced([changed])
    await require_covered(tx, after, place)
    level = StockLevel(sku=sku, location=location, quantity=0, supply=supply, low_stock_at=low_stock_at)
    await set_policies(tx, [level])
    await book(tx, after, before=shelf)
    tx.audit("policy_set", sku, location=location, supply=supply.value, low_stock_at=low_stock_at)
    return show(changed)


async def require_locations(read: Read, *keys: str) -> None:
    """`LocationUnknown` unless all are there."""
    for key in sorted(await unknown_locations(read, keys)):
        msg = f"There is no location {key}."
        raise LocationUnknown(msg, location=key)


async def require_covered(tx: Tx, after: Shelf, place: Place) -> None:
    """`AdjustmentRefused` when a change would leave promises at a place without units behind them."""
    if after.places[place.key].available >= 0:
        return
    judged = after.with_lapsed(await lapsed_units(tx, after, [])).places[place.key]
    if judged.available < 0:
        raise _refused(place, judged.promised)


async def _require_free(tx: Tx, shelf: Shelf, sku: str, location: str, quantity: int) -> None:
    place = shelf.places.get((sku, location)) or Place(sku=sku, location=location)
    if place.free_on_shelf >= quantity:
        return
    judged = shelf.with_lapsed(await lapsed_units(tx, shelf, [])).places.get(place.key, place)
    if judged.free_on_shelf < quantity:
        raise _refused(place, judged.promised)


def _refused(place: Place, promised: int) -> AdjustmentRefused:
    msg = f"{place.location} has {place.on_hand} of {place.sku} on hand, and {promised} of them are promised."
    return AdjustmentRefused(msg, sku=place.sku, location=place.location, on_hand=place.on_hand, promised=promised)
