"""Lists of contracts from the first page to the last."""

from collections.abc import AsyncIterator, Awaitable, Callable

from springtide.contracts.common import Item, Page
from springtide.platform.caller import Caller


async def every(verb: Callable[..., Awaitable[Page[Item]]], caller: Caller) -> AsyncIterator[Item]:
    """Yield the items of every page of a listing verb; what else it takes is bound with `partial`."""
    after: str | None = None
    while True:
        page = await verb(caller=caller, after=after)
        for item in page.items:
            yield item
        after = page.after
        if after is None:
            return
