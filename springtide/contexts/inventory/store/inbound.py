"""What suppliers have announced."""

from datetime import date
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.places import Place
from springtide.contracts.inventory.api import Inbound
from springtide.platform.db import Read, Tx


class _Mirrored(msgspec.Struct, frozen=True, kw_only=True):
    days: list[date]
    units: list[int]


async def find_inbound(tx: Tx, inbound_id: UUID) -> Inbound | None:
    """Return an inbound row; it is stable once its stock row is locked."""
    return await tx.maybe("find_inbound", {"id": inbound_id}, row=Inbound)


async def save_inbound(tx: Tx, inbound: Inbound, place: Place) -> Place:
    """Add or replace an inbound row under its place's lock; return the place as it is then."""
    await tx.run("put_inbound", msgspec.structs.asdict(inbound))
    key = {"sku": inbound.sku, "location": inbound.location}
    mirrored = await tx.one("mirror_inbound", key, row=_Mirrored)
    return msgspec.structs.replace(place, inbound=tuple(zip(mirrored.days, mirrored.units, strict=True)))


async def list_inbound(read: Read, *, sku: str, open_only: bool) -> list[Inbound]:
    """Return inbound rows by day, at most 500."""
    return await read.all("list_inbound", {"sku": sku, "open_only": open_only}, row=Inbound)
