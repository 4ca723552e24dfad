"""Lists in pages: how many rows one has, and where the next begins. A cursor is the id of the last row seen."""

from uuid import UUID

from springtide.platform.errors import BadInput


def page_size(limit: int, *, most: int, refusal: type[BadInput] = BadInput) -> int:
    """Return `limit`; raises `refusal`, which names the field, outside 1 to `most`."""
    if not 1 <= limit <= most:
        msg = f"A page has 1 to {most:,} rows."
        raise refusal(msg, field="limit")
    return limit


def cursor_id(text: str | None, *, refusal: type[BadInput] = BadInput, field: str = "after") -> UUID | None:
    """Return the id in a cursor, None at the beginning; raises `refusal`, which names the field, for any other text."""
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        msg = f"{field} is not a cursor that this list has given."
        raise refusal(msg, field=field) from error
