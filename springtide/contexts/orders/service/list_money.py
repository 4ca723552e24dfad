"""The checker's view of live orders, by id."""

from typing import Any
from uuid import UUID

import msgspec

from springtide.contracts.common import Page, Quantity
from springtide.contracts.orders.api import InvalidOrder, OrderMoney
from springtide.platform.db import Read
from springtide.platform.paging import cursor_id, page_size

_MOST = 1_000
_FIRST = UUID(int=0)


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    order_id: UUID
    number: str
    currency: str
    total_minor: int
    adjusted_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    attempt_id: UUID | None
    unshipped: list[dict[str, Any]]


async def list_money(read: Read, *, after: str | None, limit: int) -> Page[OrderMoney]:
    """Return one page; imported orders are exempt by origin."""
    size = page_size(limit, most=_MOST, refusal=InvalidOrder)
    params = {"after": cursor_id(after, refusal=InvalidOrder) or _FIRST, "limit": size + 1}
    rows = await read.all("list_money", params, row=_Record)
    items = tuple(
        OrderMoney(
            order_id=row.order_id,
            number=row.number,
            currency=row.currency,
            total_minor=row.total_minor,
            adjusted_minor=row.adjusted_minor,
            authorised_minor=row.authorised_minor,
            captured_minor=row.captured_minor,
            refunded_minor=row.refunded_minor,
            unshipped=msgspec.convert(row.unshipped, tuple[Quantity, ...]),
            attempt_id=row.attempt_id,
        )
        for row in rows[:size]
    )
    return Page(items=items, after=str(items[-1].order_id) if len(rows) > size else None)
