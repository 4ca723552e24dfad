"""Inbound quantities: announced, confirmed, received."""

from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.places import Move
from springtide.contexts.inventory.service.book_decision import book
from springtide.contexts.inventory.service.change_stock import require_covered, require_locations
from springtide.contexts.inventory.service.words import checked_quantity, checked_word
from springtide.contexts.inventory.store.bookings import Entry
from springtide.contexts.inventory.store.inbound import find_inbound, save_inbound
from springtide.contexts.inventory.store.partners import is_supplier
from springtide.contexts.inventory.store.shelves import ensure_places, lock_shelf
from springtide.contracts.inventory.api import Inbound, InboundUnknown, InvalidStock, LedgerKind
from springtide.platform.db import Tx


async def put_inbound(tx: Tx, *, wanted: Inbound) -> Inbound:
    """Announce or change an inbound quantity. `wanted.received` is not looked at."""
    checked_word("sku", wanted.sku)
    checked_quantity(wanted.quantity)
    await require_locations(tx, wanted.location)
    if not await is_supplier(tx, wanted.supplier):
        msg = f"There is no supplier {wanted.supplier}."
        raise InvalidStock(msg, field="supplier")
    await ensure_places(tx, [(wanted.sku, wanted.location)])
    shelf = await lock_shelf(tx, [wanted.sku])
    known = await find_inbound(tx, wanted.id)
    if known is not None and (known.sku, known.location) != (wanted.sku, wanted.location):
        msg = "An inbound quantity keeps its SKU and location: announce another one."
        raise InvalidStock(msg, field="sku")
    inbound = msgspec.structs.replace(wanted, received=known.received if known else 0)
    place = shelf.places[wanted.sku, wanted.location]
    after = shelf.replaced([await save_inbound(tx, inbound, place)])
    await require_covered(tx, after, place)
    await book(tx, after, before=shelf)
    tx.audit(
        "inbound_put",
        wanted.sku,
        inbound_id=str(wanted.id),
        quantity=wanted.quantity,
        expected_on=wanted.expected_on.isoformat(),
        confirmed=wanted.confirmed,
    )
    return inbound


async def receive_inbound(tx: Tx, *, inbound_id: UUID, quantity: int) -> Inbound:
    """Book received units on hand."""
    checked_quantity(quantity)
    announced = await find_inbound(tx, inbound_id)
    if announced is None:
        msg = "There is no such inbound quantity."
        raise InboundUnknown(msg, inbound_id=str(inbound_id))
    shelf = await lock_shelf(tx, [announced.sku])
    known = await find_inbound(tx, inbound_id) or announced
    inbound = msgspec.structs.replace(known, received=known.received + quantity)
    key = known.sku, known.location
    arrived = shelf.replaced([await save_inbound(tx, inbound, shelf.places[key])])
    entry = Entry(
        sku=known.sku,
        location=known.location,
        kind=LedgerKind.RECEIVED,
        quantity=quantity,
        reason=known.supplier,
        reference=str(inbound_id),
    )
    move = Move(sku=known.sku, location=known.location, on_hand=quantity)
    await book(tx, arrived, moves=[move], entries=[entry], before=shelf)
    tx.audit("inbound_received", known.sku, inbound_id=str(inbound_id), quantity=quantity)
    return inbound
