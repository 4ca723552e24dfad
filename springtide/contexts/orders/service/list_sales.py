"""What was sold, by id of the order: for whoever learns demand, not for anybody who looks an order up."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from springtide.contracts.common import TRIAL_CHANNELS, Page
from springtide.contracts.orders.api import InvalidOrder, Sale, SoldLine
from springtide.platform.db import Read
from springtide.platform.paging import cursor_id, page_size

_MOST = 500
_FIRST = UUID(int=0)


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    order_id: UUID
    number: str
    placed_at: datetime
    currency: str
    base_currency: str
    fx_to_base: float
    country: str
    lines: list[dict[str, Any]]


async def list_sales(read: Read, *, after: str | None, with_imported: bool, limit: int) -> Page[Sale]:
    """Return one page; those of health checks and rehearsals are no sales."""
    size = page_size(limit, most=_MOST, refusal=InvalidOrder)
    where = {
        "after": cursor_id(after, refusal=InvalidOrder) or _FIRST,
        "with_imported": with_imported,
        "trials": sorted(TRIAL_CHANNELS),
    }
    rows = await read.all("list_sales", {**where, "limit": size + 1}, row=_Record)
    items = tuple(
        Sale(
            order_id=row.order_id,
            number=row.number,
            placed_at=row.placed_at,
            currency=row.currency,
            base_currency=row.base_currency,
            fx_to_base=row.fx_to_base,
            country=row.country,
            lines=msgspec.convert(row.lines, tuple[SoldLine, ...]),
        )
        for row in rows[:size]
    )
    return Page(items=items, after=str(items[-1].order_id) if len(rows) > size else None)
