"""Locations and suppliers."""

from collections.abc import Collection

import msgspec

from springtide.contexts.inventory.store.columns import as_json
from springtide.contracts.inventory.api import Location, Supplier
from springtide.platform.db import Read, Tx


async def unknown_locations(read: Read, keys: Collection[str]) -> set[str]:
    """Return those keys that are no location."""
    return set(keys) - {key for (key,) in await read.tuples("known_locations", {"keys": list(keys)})}


async def list_locations(read: Read) -> list[Location]:
    """Return all locations by key."""
    return await read.all("list_locations", row=Location)


async def lock_location(tx: Tx, key: str) -> Location | None:
    """Lock and return a location."""
    return await tx.maybe("lock_location", {"key": key}, row=Location)


async def save_location(tx: Tx, location: Location) -> None:
    """Add or replace a location."""
    params = {"key": location.key, "name": location.name, "external": location.external}
    await tx.run("put_location", {**params, "ranks": as_json(location.ranks)})


async def save_supplier(tx: Tx, supplier: Supplier) -> None:
    """Add or replace a supplier."""
    await tx.run("put_supplier", msgspec.structs.asdict(supplier))


async def list_suppliers(read: Read) -> list[Supplier]:
    """Return all suppliers by key."""
    return await read.all("list_suppliers", row=Supplier)


async def is_supplier(tx: Tx, key: str) -> bool:
    """Tell whether there is such a supplier."""
    return await tx.value("is_supplier", {"key": key}) is not None
