"""Parts of a plan, fetched page by page and decoded into the structs the desk publishes."""

from typing import TypeVar
from uuid import UUID

import msgspec

from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PeakNotFound

Item = TypeVar("Item")


async def whole(visit: Visit, plan_id: UUID, step: str, type_: type[Item]) -> Item | None:
    """Return a step's result that is one page; None when the plan has none (yet)."""
    try:
        part = await visit.office.peak.get_part(caller=visit.caller, plan_id=plan_id, step=step)
    except PeakNotFound:
        return None
    return msgspec.json.decode(part.body, type=type_)


async def listed(visit: Visit, plan_id: UUID, step: str, type_: type[Item]) -> tuple[Item, ...]:
    """Return a step's result that is a list, all its pages joined; nothing when the plan has none (yet)."""
    found: list[Item] = []
    page, pages = 0, 1
    while page < pages:
        try:
            part = await visit.office.peak.get_part(caller=visit.caller, plan_id=plan_id, step=step, page=page)
        except PeakNotFound:
            break
        found += msgspec.json.decode(part.body, type=list[type_])  # type: ignore[valid-type]  # the caller's type
        page, pages = page + 1, part.pages
    return tuple(found)
