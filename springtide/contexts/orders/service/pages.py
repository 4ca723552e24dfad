"""Cursors and sizes of keyed pages: a cursor is the id of the last row seen."""

from uuid import UUID

from springtide.contracts.orders.api import InvalidOrder


def page_size(limit: int, *, most: int) -> int:
    """Return the size of a page; `InvalidOrder` outside 1 to `most`."""
    if not 1 <= limit <= most:
        msg = f"A page has 1 to {most} rows."
        raise InvalidOrder(msg, field="limit")
    return limit


def uuid_cursor(after: str | None) -> UUID | None:
    """Return the id in a cursor; `InvalidOrder` when it is none of ours."""
    if after is None:
        return None
    try:
        return UUID(after)
    except ValueError as error:
        msg = "This is not a cursor of this list."
        raise InvalidOrder(msg, field="after") from error
