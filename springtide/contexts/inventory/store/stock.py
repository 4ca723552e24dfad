"""Stock as others read it: bands, places, the ledger."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.places import Key, SkuState
from springtide.contexts.inventory.store.columns import bands_of
from springtide.contracts.inventory.api import LedgerRow, StockRow
from springtide.platform.db import Read


class _SkuRow(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    version: int
    bands: list[dict[str, Any]]

    def state(self) -> SkuState:
        return SkuState(sku=self.sku, version=self.version, bands=bands_of(self.bands))


async def sku_states(read: Read, skus: Collection[str]) -> list[SkuState]:
    """Return the bands last told of the SKUs that are known."""
    rows = await read.all("availability", {"skus": list(skus)}, row=_SkuRow)
    return [row.state() for row in rows]


async def sku_page(read: Read, after: str, limit: int) -> list[SkuState]:
    """Return the next SKUs by SKU."""
    rows = await read.all("snapshot_page", {"after": after, "limit": limit}, row=_SkuRow)
    return [row.state() for row in rows]


async def skus_after(read: Read, after: str, limit: int) -> list[str]:
    """Return the next SKUs."""
    return [sku for (sku,) in await read.tuples("skus_after", {"after": after, "limit": limit})]


async def list_stock(
    read: Read, *, skus: Collection[str], location: str, low_only: bool, after: Key, limit: int
) -> list[StockRow]:
    """Return places by (sku, location)."""
    params = {
        "skus": list(skus),
        "location": location,
        "low_only": low_only,
        "after_sku": after[0],
        "after_location": after[1],
        "limit": limit,
    }
    return [msgspec.convert(row, StockRow) for row in await read.dicts("list_stock", params)]


async def list_ledger(read: Read, *, sku: str, before: UUID | None, limit: int) -> list[LedgerRow]:
    """Return ledger entries, newest first."""
    rows = await read.dicts("list_ledger", {"sku": sku, "before": before, "limit": limit})
    return [msgspec.convert(row, LedgerRow) for row in rows]
