"""Locations and suppliers."""

from springtide.contexts.inventory.service.words import checked_word
from springtide.contexts.inventory.store.partners import lock_location, save_location, save_supplier
from springtide.contexts.inventory.store.reviews import order_band_review
from springtide.contracts.inventory.api import InvalidStock, Location, Supplier
from springtide.platform.db import Tx

_MARKET_LENGTHS = range(1, 21)
_COUNTRY_LENGTH = 2
_LONGEST_LEAD_TIME_DAYS = 3_650
_LARGEST_ORDER_UNITS = 10_000_000


async def put_location(tx: Tx, *, location: Location) -> Location:
    """Add or change a location; changed ranks have all bands judged again soon."""
    checked_word("key", location.key)
    checked_word("name", location.name)
    for market, rank in location.ranks.items():
        if len(market) not in _MARKET_LENGTHS or rank < 0:
            msg = "A rank is 0 or more, per market."
            raise InvalidStock(msg, field="ranks")
    known = await lock_location(tx, location.key)
    await save_location(tx, location)
    if known is not None and known.ranks != location.ranks:
        await order_band_review(tx)
    tx.audit("location_put", location.key, ranks=location.ranks)
    return location


async def put_supplier(tx: Tx, *, supplier: Supplier) -> Supplier:
    """Add or change a supplier."""
    checked_word("key", supplier.key)
    checked_word("name", supplier.name)
    if len(supplier.country) != _COUNTRY_LENGTH or not supplier.country.isupper():
        msg = "A country is two capital letters (ISO 3166-1)."
        raise InvalidStock(msg, field="country")
    if not 0 <= supplier.lead_time_days <= _LONGEST_LEAD_TIME_DAYS:
        msg = f"A lead time is 0 to {_LONGEST_LEAD_TIME_DAYS:,} days."
        raise InvalidStock(msg, field="lead_time_days")
    if not 0 <= supplier.min_order_units <= _LARGEST_ORDER_UNITS:
        msg = f"A smallest order is 0 to {_LARGEST_ORDER_UNITS:,} units."
        raise InvalidStock(msg, field="min_order_units")
    await save_supplier(tx, supplier)
    tx.audit("supplier_put", supplier.key, lead_time_days=supplier.lead_time_days)
    return supplier
