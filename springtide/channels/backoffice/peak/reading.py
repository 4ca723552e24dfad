"""Parts of a plan, fetched page by page and decoded into the structs the desk publishes.

A part that is too large for one page comes in several: a list as lists to be joined, a record without its largest
fields, which are parts of their own ("stock.lines"). Readers here put both together again.
"""

import asyncio
from typing import Any, TypeVar, get_args
from uuid import UUID

import msgspec

from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import Part, PeakNotFound

Item = TypeVar("Item")


async def whole(visit: Visit, plan_id: UUID, step: str, type_: type[Item]) -> Item | None:
    """Return a step's result that is a record; None when the plan has none (yet)."""
    found = await _record(visit, plan_id, step, type_)
    return None if found is None else msgspec.convert(found, type=type_)


async def listed(visit: Visit, plan_id: UUID, step: str, type_: type[Item]) -> tuple[Item, ...]:
    """Return a step's result that is a list, all its pages joined; nothing when the plan has none (yet)."""
    pages = await _pages(visit, plan_id, step)
    return tuple(item for part in pages for item in msgspec.json.decode(part.body, type=tuple[type_, ...]))  # type: ignore[valid-type]  # the caller's type


async def sought(visit: Visit, plan_id: UUID, step: str, type_: type[Item], *, by: str, wanted: str) -> Item | None:
    """Return the one of a list that is in order of its field `by`; None when it is not there. Few pages are asked."""

    async def page(number: int) -> Part:
        return await visit.office.peak.get_part(caller=visit.caller, plan_id=plan_id, step=step, page=number)

    low, high = 0, 0
    while low <= high:
        try:
            part = await page((low + high) // 2)
        except PeakNotFound:
            return None
        high = part.pages - 1 if (low, high) == (0, 0) else high
        items = msgspec.json.decode(part.body, type=list[type_])  # type: ignore[valid-type]  # the caller's type
        if items and wanted < getattr(items[0], by):
            high = part.page - 1
        elif items and wanted > getattr(items[-1], by):
            low = part.page + 1
        else:
            return next((item for item in items if getattr(item, by) == wanted), None)
    return None


async def _pages(visit: Visit, plan_id: UUID, step: str) -> list[Part]:
    """Return all pages of a part, none when there is no such part."""

    async def page(number: int) -> Part:
        return await visit.office.peak.get_part(caller=visit.caller, plan_id=plan_id, step=step, page=number)

    try:
        first = await page(0)
    except PeakNotFound:
        return []
    return [first, *await asyncio.gather(*(page(number) for number in range(1, first.pages)))]


async def _record(visit: Visit, plan_id: UUID, step: str, type_: object) -> dict[str, Any] | None:
    """Return a record as plain values, with the fields that are parts of their own."""
    pages = await _pages(visit, plan_id, step)
    if not pages:
        return None
    found = msgspec.json.decode(pages[0].body, type=dict[str, Any])
    struct = _struct_in(type_)
    if struct is not None:
        for field in msgspec.structs.fields(struct):
            if field.encode_name not in found:
                value = await _field(visit, plan_id, f"{step}.{field.encode_name}", field.type)
                found |= {} if value is None else {field.encode_name: value}
    return found


async def _field(visit: Visit, plan_id: UUID, step: str, type_: object) -> object | None:
    if _struct_in(type_) is not None:
        return await _record(visit, plan_id, step, type_)
    pages = await _pages(visit, plan_id, step)
    return [item for part in pages for item in msgspec.json.decode(part.body, type=list[Any])] if pages else None


def _struct_in(type_: object) -> type[msgspec.Struct] | None:
    """Return the struct that a type is, or may be besides None."""
    candidates = (type_, *(get_args(type_) if type(None) in get_args(type_) else ()))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)
