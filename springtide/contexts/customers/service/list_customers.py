"""The back office's list of customers, newest first; found by the beginnings of words in name and address."""

from uuid import UUID

from springtide.contracts.common import Page
from springtide.contracts.customers.api import CustomerRow, InvalidCustomer
from springtide.platform.db import Read
from springtide.platform.search_words import all_of

_MOST = 200


async def list_customers(read: Read, *, text: str, after: str | None, limit: int) -> Page[CustomerRow]:
    """Return one page; erased accounts are left out."""
    if not 1 <= limit <= _MOST:
        msg = f"A page has 1 to {_MOST} rows."
        raise InvalidCustomer(msg, fields={"limit": msg})
    words = all_of(text)
    params = {"before": _cursor(after), "limit": limit + 1, "words": words}
    rows = await read.all("list_customers_by_text" if words else "list_customers", params, row=CustomerRow)
    items = tuple(rows[:limit])
    return Page(items=items, after=str(items[-1].id) if len(rows) > limit else None)


def _cursor(after: str | None) -> UUID | None:
    try:
        return UUID(after) if after is not None else None
    except ValueError as error:
        msg = "not a cursor of this list"
        raise InvalidCustomer(msg, fields={"after": msg}) from error
