"""Lists of orders, newest first: keyed pages, each by the index of its narrowest filter."""

from uuid import UUID

import msgspec

from springtide.contexts.orders.service.changes import refuse_text
from springtide.contracts.common import Page
from springtide.contracts.orders.api import InvalidOrder, OrderFilter, OrderRow
from springtide.platform.db import Params, Read
from springtide.platform.paging import cursor_id, page_size
from springtide.platform.search_words import all_of

_MOST = 200
_LAST = UUID(int=(1 << 128) - 1)


async def list_orders(read: Read, *, where: OrderFilter, after: str | None, limit: int) -> Page[OrderRow]:
    """Return one page for the back office. A text finds the beginnings of words in number, name and e-mail."""
    refuse_text(market=where.market)
    words = all_of(where.text)
    params = {
        "words": words,
        "market": where.market or None,
        "status": where.status,
        "payment_status": where.payment_status,
        "fulfilment_status": where.fulfilment_status,
        "with_imported": where.with_imported,
    }
    return await _page(
        read, _statement(where, words), params, after, page_size(limit, most=_MOST, refusal=InvalidOrder)
    )


async def list_of_customer(read: Read, *, customer_id: UUID, after: str | None, limit: int) -> Page[OrderRow]:
    """Return one page of a customer's own orders."""
    size = page_size(limit, most=_MOST, refusal=InvalidOrder)
    return await _page(read, "list_orders_of_customer", {"customer_id": customer_id}, after, size)


def _statement(where: OrderFilter, words: str) -> str:
    if words:
        return "list_orders_by_text"
    if where.payment_status is not None:
        return "list_orders_by_payment"
    if where.fulfilment_status is not None:
        return "list_orders_by_fulfilment"
    return "list_orders_by_status" if where.status is not None else "list_orders"


async def _page(read: Read, statement: str, params: Params, after: str | None, size: int) -> Page[OrderRow]:
    values = {**params, "before": cursor_id(after, refusal=InvalidOrder) or _LAST, "limit": size + 1}
    rows = msgspec.convert(await read.dicts(statement, values), list[OrderRow])
    items = tuple(rows[:size])
    return Page(items=items, after=str(items[-1].id) if len(rows) > size else None)
