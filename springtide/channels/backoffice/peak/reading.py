"""Parts of a plan, fetched page by page and decoded into the structs the desk publishes.

A part that is too large for one page comes in several: a list as lists to be joined, a record without its largest
fields, which are parts of their own ("stock.lines"). Readers here put both together again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, get_args
from uuid import UUID

import msgspec

from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import Part, PeakNotFound

Item = TypeVar("Item")
ReadPage = Callable[[str, int], Awaitable[Part]]
"""Reads a page of a part: its name, and the page from 0."""


async def whole(visit: Visit, plan_id: UUID, step: str, type_: type[Item]) -> Item | None:
    """Return a step's result that is a record; None when the plan has none (yet)."""
    found = await record_of(_reader(visit, plan_id), step, type_)
    return None if found is None else msgspec.convert(found, type=type_)


async def listed(visit: Visit, plan_id: UUID, step: str, type_: type[Item]) -> tuple[Item, ...]:
    """Return a step's result that is a list, all its pages joined; nothing when the plan has none (yet)."""
    pages = await _pages(_reader(visit, plan_id), step)
    return tuple(item for part in pages for item in msgspec.json.decode(part.body, type=tuple[type_, ...]))  # type: ignore[valid-type]  # the caller's type


async def plain(visit: Visit, plan_id: UUID, step: str) -> object:
    """Return a step's result as plain values, whatever it is, with the fields that are parts of their own."""
    plan = await visit.office.peak.get_plan(caller=visit.caller, plan_id=plan_id)
    names = sorted(part.step for part in plan.parts if part.step == step or part.step.startswith(f"{step}."))
    if not names:
        message = f"The plan has no {step}."
        raise PeakNotFound(message, what="part")
    values = {name: await _joined(_reader(visit, plan_id), name) for name in names}
    found = values.pop(step, {})
    for name, value in values.items():
        _put(found, name.split(".")[1:], value)
    return found


async def sought(visit: Visit, plan_id: UUID, step: str, type_: type[Item], *, by: str, wanted: str) -> Item | None:
    """Return the one of a list that is in order of its field `by`; None when it is not there. Few pages are asked."""
    read = _reader(visit, plan_id)
    low, high = 0, 0
    while low <= high:
        try:
            part = await read(step, (low + high) // 2)
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


async def _joined(read: ReadPage, step: str) -> Any:  # noqa: ANN401 - JSON
    pages = [msgspec.json.decode(part.body) for part in await _pages(read, step)]
    return [item for page in pages for item in page] if len(pages) > 1 else pages[0]


def _put(record: dict[str, Any], path: list[str], value: object) -> None:
    *outer, last = path
    for name in outer:
        record = record.setdefault(name, {})
    record[last] = value


def _reader(visit: Visit, plan_id: UUID) -> ReadPage:
    async def page(step: str, number: int) -> Part:
        return await visit.office.peak.get_part(caller=visit.caller, plan_id=plan_id, step=step, page=number)

    return page


async def _pages(read: ReadPage, step: str) -> list[Part]:
    """Return all pages of a part, none when there is no such part."""
    try:
        first = await read(step, 0)
    except PeakNotFound:
        return []
    return [first, *await asyncio.gather(*(read(step, number) for number in range(1, first.pages)))]


async def record_of(read: ReadPage, step: str, type_: object) -> dict[str, Any] | None:
    """Return a record as plain values, with the fields that are parts of their own; None when there is none (yet)."""
    pages = await _pages(read, step)
    if not pages:
        return None
    found = msgspec.json.decode(pages[0].body, type=dict[str, Any])
    struct = _struct_in(type_)
    if struct is not None:
        for field in msgspec.structs.fields(struct):
            if field.encode_name not in found:
                value = await _field(read, f"{step}.{field.encode_name}", field.type)
                found |= {} if value is None else {field.encode_name: value}
    return found


async def _field(read: ReadPage, step: str, type_: object) -> object | None:
    if _struct_in(type_) is not None:
        return await record_of(read, step, type_)
    pages = await _pages(read, step)
    return [item for part in pages for item in msgspec.json.decode(part.body, type=list[Any])] if pages else None


def _struct_in(type_: object) -> type[msgspec.Struct] | None:
    """Return the struct that a type is, or may be besides None."""
    candidates = (type_, *(get_args(type_) if type(None) in get_args(type_) else ()))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)
