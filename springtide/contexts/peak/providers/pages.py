"""Results as JSON pages: no page is larger than what travels."""

from collections.abc import Iterator, Sequence

import msgspec

from springtide.contexts.peak.providers.plan_messages import PartMade
from springtide.contracts.peak.api import MOST_PART_BYTES

_ROOM = MOST_PART_BYTES - 2
_APART = MOST_PART_BYTES // 8


def pages_of(step: str, result: object) -> Iterator[PartMade]:
    """Yield a result as pages. Of a record that is too large, long lists become steps of their own: "step.field".

    Raises ValueError for what cannot be cut: one item, or one record without lists, that is larger than a page.
    """
    body = msgspec.json.encode(result)
    if len(body) <= MOST_PART_BYTES:
        yield PartMade(step, 0, body)
    elif isinstance(result, msgspec.Struct):
        yield from _apart(step, result)
    elif isinstance(result, Sequence) and not isinstance(result, str | bytes):
        yield from _cut(step, result)
    else:
        message = f"{step}: {len(body)} bytes in one piece"
        raise ValueError(message)


def _apart(step: str, record: msgspec.Struct) -> Iterator[PartMade]:
    large = {
        name: value
        for name in record.__struct_fields__
        if isinstance(value := getattr(record, name), tuple | msgspec.Struct)
        and len(msgspec.json.encode(value)) > _APART
    }
    if not large:
        message = f"{step}: a record larger than a page, without lists"
        raise ValueError(message)
    plain = {name: msgspec.to_builtins(getattr(record, name)) for name in record.__struct_fields__ if name not in large}
    yield from pages_of(step, plain)
    for name, value in large.items():
        yield from pages_of(f"{step}.{name}", value)


def _cut(step: str, items: Sequence[object]) -> Iterator[PartMade]:
    page, room, gathered = 0, _ROOM, list[bytes]()
    for item in items:
        body = msgspec.json.encode(item)
        if len(body) > _ROOM:
            message = f"{step}: one item has {len(body)} bytes"
            raise ValueError(message)
        if len(body) + 1 > room:
            yield PartMade(step, page, b"[" + b",".join(gathered) + b"]")
            page, room, gathered = page + 1, _ROOM, []
        gathered.append(body)
        room -= len(body) + 1
    yield PartMade(step, page, b"[" + b",".join(gathered) + b"]")
