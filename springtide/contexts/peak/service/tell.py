"""Figures of a season that people, files and the shop tell: rows are only added, the newest of each counts."""

from collections.abc import Sequence
from datetime import date

from springtide.contexts.peak.store import lock_desk
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.told import Told, ToldRow, mistakes_of_told, overlaps
from springtide.platform.db import Read, Tx
from springtide.platform.ids import uuid7

SHOP, HAND = "shop", "hand"
_LONGEST_NAME = 200


async def tell(tx: Tx, told: Sequence[Told], source: str, *, author: str = "") -> int:
    """Keep what is new or other; return how many are. `InvalidPeakInput` names every row that cannot be.

    What the shop tells does not replace what somebody told of the same days.
    """
    if not 1 <= len(source.strip()) <= _LONGEST_NAME:
        message = f"a source has a name of 1 to {_LONGEST_NAME} characters"
        raise InvalidPeakInput.of([Mistake(where="source", rule="source", message=message)])
    mistakes = list(mistakes_of_told(told, source, tx.now.date()))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    await lock_desk(tx)
    known = {(*row.what, row.day, row.days): row for row in await _around(tx, told)}
    if source != SHOP:
        _refuse_overlaps(told, tuple(known.values()), source)
    new = [one for one in told if _is_new(one, known.get((*one.what, one.day, one.days)), source)]
    for one in new:
        values = {name: getattr(one, name) for name in Told.__struct_fields__}
        signed = {"author": author or tx.caller.principal, "source": source, "at": tx.now}
        await tx.run("insert_told", {**values, **signed, "id": uuid7()})
    if new and source != SHOP:
        tx.audit("figures_told", source, figures=len(new))
    return len(new)


async def told_between(read: Read, first: date, last: date, *, with_former: bool = False) -> tuple[ToldRow, ...]:
    """Return what was told of days that touch `first` to `last`, by day: what counts, or everything ever told."""
    found = await read.all("told_between", {"first": first, "last": last}, row=ToldRow)
    if with_former:
        return tuple(found)
    newest = {(*row.what, row.day, row.days): row for row in found}
    counting = [row for row in newest.values() if row.value is not None]
    by_hand = [row for row in counting if row.source != SHOP]
    return tuple(row for row in counting if row.source != SHOP or not any(overlaps(row, one) for one in by_hand))


async def _around(tx: Tx, told: Sequence[Told]) -> tuple[ToldRow, ...]:
    first, last = min(one.day for one in told), max(one.last for one in told)
    rows = await tx.all("told_between", {"first": first, "last": last}, row=ToldRow)
    return tuple({(*row.what, row.day, row.days): row for row in rows}.values())


def _refuse_overlaps(told: Sequence[Told], known: Sequence[ToldRow], source: str) -> None:
    mistakes = [
        Mistake(
            where=source,
            rule="overlaps",
            row=row,
            message=f"{one.figure} {one.of} of {other.day} to {other.last} was told already: take that back first",
        )
        for row, one in enumerate(told, start=1)
        for other in known
        if one.value is not None and other.value is not None and other.source != SHOP and overlaps(one, other)
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)


def _is_new(one: Told, before: ToldRow | None, source: str) -> bool:
    if before is None:
        return one.value is not None
    if source == SHOP and before.source != SHOP and before.value is not None:
        return False
    return (one.value, one.note) != (before.value, before.note) or (source != SHOP and before.source == SHOP)
