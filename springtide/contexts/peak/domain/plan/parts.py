"""A plan as it is kept and read: by part, each part in JSON pages that are small enough to travel.

The plan's scalars are the part "head"; every other field is a part by its own name, one that has nothing is none.
A list that is too long is cut into pages, each a list. Of a record that is too large, the largest lists and records
become parts of their own, named "stock.lines"; what is left is the record's page, without these fields.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from springtide.contracts.peak.api import MOST_PART_BYTES
from springtide.contracts.peak.plan import Plan

HEAD = "head"
HEAD_FIELDS = (
    "format",
    "id",
    "company",
    "currency",
    "timezone",
    "as_of",
    "first",
    "last",
    "products",
    "versions",
    "inputs",
    "stages",
    "missing",
)


class PlanPage(NamedTuple):
    """A page of a part: `page` of `pages`, counted from 0; `body` is JSON."""

    step: str
    page: int
    pages: int
    body: bytes


def parts_of(plan: Plan, most_bytes: int = MOST_PART_BYTES) -> Iterator[PlanPage]:
    """Yield every page of a plan; no body is larger than `most_bytes`."""
    yield from pages_of(HEAD, {name: getattr(plan, name) for name in HEAD_FIELDS}, most_bytes)
    for name in plan.__struct_fields__:
        value = getattr(plan, name)
        if name not in HEAD_FIELDS and value is not None:
            yield from pages_of(name, value, most_bytes)


def pages_of(step: str, value: object, most_bytes: int = MOST_PART_BYTES) -> Iterator[PlanPage]:
    """Yield one result as pages; raises ValueError for a single item, or a record without lists, that is too large."""
    body = msgspec.json.encode(value)
    if len(body) <= most_bytes:
        yield PlanPage(step, 0, 1, body)
    elif isinstance(value, tuple | list):
        pages = list(_cut(step, value, most_bytes))
        for number, page in enumerate(pages):
            yield PlanPage(step, number, len(pages), page)
    elif isinstance(value, msgspec.Struct):
        yield from _apart(step, value, most_bytes)
    else:
        raise _too_large(step, len(body))


def _apart(step: str, record: msgspec.Struct, most_bytes: int) -> Iterator[PlanPage]:
    """Take the largest fields out until the rest fits on a page."""
    kept: dict[str, Any] = {name: getattr(record, name) for name in record.__struct_fields__}
    room = most_bytes - sum(len(name) + 4 for name in kept) - 2
    sizes = {name: len(msgspec.json.encode(value)) for name, value in kept.items()}
    apart: dict[str, object] = {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if sum(sizes[left] for left in kept) <= room:
            break
        if isinstance(kept[name], tuple | list | msgspec.Struct):
            apart[name] = kept.pop(name)
    body = msgspec.json.encode(kept)
    if len(body) > most_bytes:
        raise _too_large(step, len(body))
    yield PlanPage(step, 0, 1, body)
    for name, value in apart.items():
        yield from pages_of(f"{step}.{name}", value, most_bytes)


def _cut(step: str, items: Sequence[object], most_bytes: int) -> Iterator[bytes]:
    gathered: list[bytes] = []
    size = 2
    for item in items:
        body = msgspec.json.encode(item)
        if len(body) + 2 > most_bytes:
            raise _too_large(step, len(body))
        if gathered and size + len(body) + 1 > most_bytes:
            yield b"[" + b",".join(gathered) + b"]"
            gathered, size = [], 2
        gathered.append(body)
        size += len(body) + 1
    yield b"[" + b",".join(gathered) + b"]"


def _too_large(step: str, size: int) -> ValueError:
    return ValueError(f"{step}: {size} bytes in one piece")
