"""Shelves: the places of some SKUs, made, locked and given their policy."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.places import Key, Place, Shelf, SkuState
from springtide.contexts.inventory.store.columns import bands_of
from springtide.contracts.inventory.api import StockLevel, Supply
from springtide.platform.db import Tx


class _ShelfRow(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    version: int
    bands: list[dict[str, Any]]
    location: str
    supply: str
    on_hand: int
    held: int
    claimed: int
    low_stock_at: int
    inbound_days: list[date]
    inbound_units: list[int]
    ranks: dict[str, int]

    def place(self) -> Place:
        return Place(
            sku=self.sku,
            location=self.location,
            supply=Supply(self.supply),
            on_hand=self.on_hand,
            held=self.held,
            claimed=self.claimed,
            low_stock_at=self.low_stock_at,
            inbound=tuple(zip(self.inbound_days, self.inbound_units, strict=True)),
            ranks=self.ranks,
        )


class _Units(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    location: str
    units: int


async def lock_shelf(tx: Tx, skus: Collection[str]) -> Shelf:
    """Lock all places of the SKUs in lock order and return them."""
    rows = await tx.all("lock_shelf", {"skus": sorted(set(skus))}, row=_ShelfRow) if skus else []
    states = {row.sku: SkuState(sku=row.sku, version=row.version, bands=bands_of(row.bands)) for row in rows}
    return Shelf(states, [row.place() for row in rows])


async def lapsed_units(tx: Tx, shelf: Shelf, own: Collection[UUID]) -> dict[Key, int]:
    """Return units of holds that ran out by now, without the asking checkouts' own. Only after `lock_shelf`."""
    rows = await tx.all("lapsed_units", {"skus": list(shelf.states), "own": list(own)}, row=_Units)
    return {(row.sku, row.location): row.units for row in rows}


async def ensure_places(tx: Tx, keys: Iterable[Key]) -> None:
    """Make missing SKU and stock rows (with nothing in them), in lock order."""
    wanted = sorted(set(keys))
    skus, locations = [sku for sku, _ in wanted], [location for _, location in wanted]
    await tx.run("ensure_skus", {"skus": skus})
    await tx.run("ensure_places", {"skus": skus, "locations": locations})


async def set_policies(tx: Tx, levels: Sequence[StockLevel]) -> None:
    """Write supply policy and low-stock level of places; `quantity` is not looked at."""
    await tx.run(
        "set_policies",
        {
            "skus": [level.sku for level in levels],
            "locations": [level.location for level in levels],
            "supplies": [level.supply.value for level in levels],
            "levels": [level.low_stock_at for level in levels],
        },
    )


async def places_with_ledger(tx: Tx, skus: Collection[str]) -> set[Key]:
    """Return the places of the SKUs that have at least one ledger entry."""
    return {(sku, location) for sku, location in await tx.tuples("places_with_ledger", {"skus": list(skus)})}
