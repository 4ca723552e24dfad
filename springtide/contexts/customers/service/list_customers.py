"""The back office's list of customers, newest first; found by the beginnings of words in name and address."""

from springtide.contracts.common import Page
from springtide.contracts.customers.api import CustomerRow, InvalidCustomer
from springtide.platform.db import Read
from springtide.platform.paging import cursor_id, page_size
from springtide.platform.search_words import all_of

_MOST = 200


async def list_customers(read: Read, *, text: str, after: str | None, limit: int) -> Page[CustomerRow]:
    """Return one page; erased accounts are left out."""
    limit = page_size(limit, most=_MOST, refusal=InvalidCustomer)
    words = all_of(text)
    params = {"before": cursor_id(after, refusal=InvalidCustomer), "limit": limit + 1, "words": words}
    rows = await read.all("list_customers_by_text" if words else "list_customers", params, row=CustomerRow)
    items = tuple(rows[:limit])
    return Page(items=items, after=str(items[-1].id) if len(rows) > limit else None)
