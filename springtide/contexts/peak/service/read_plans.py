"""Plans, their parts, and why two of them differ."""

import difflib
from collections.abc import Iterator, Mapping
from uuid import UUID

import msgspec

from springtide.contexts.peak.store import InputRecord, PartRecord, PlanRecord, inputs_of
from springtide.contracts.peak.api import (
    DocumentChanged,
    FigureChanged,
    Part,
    PartInfo,
    PeakNotFound,
    PlanComparison,
    PlanInfo,
    SettingChanged,
)
from springtide.platform.db import Database, Read

MOST_LINES = 200
"""Changed lines of a document that a comparison shows; the documents themselves have the rest."""


async def find_plan(read: Read, plan_id: UUID) -> PlanRecord:
    """Return a plan; `PeakNotFound`."""
    found = await read.maybe("find_plan", {"id": plan_id}, row=PlanRecord)
    if found is None:
        message = "There is no such plan."
        raise PeakNotFound(message, what="plan")
    return found


async def read_plan(db: Database, plan_id: UUID) -> PlanInfo:
    """Return a plan with the list of its parts; `PeakNotFound`."""
    async with db.read() as read:
        record = await find_plan(read, plan_id)
        return record.plan(await read.all("parts_of", {"id": plan_id}, row=PartInfo))


async def read_part(db: Database, plan_id: UUID, step: str, page: int) -> Part:
    """Return a page; `PeakNotFound`."""
    async with db.read() as read:
        found = await read.maybe("find_part", {"id": plan_id, "step": step, "page": page}, row=PartRecord)
    if found is None:
        message = f"The plan has no page {page} of {step}."
        raise PeakNotFound(message, what="part")
    return Part(step=step, page=page, pages=found.pages, body=found.body)


async def compare(db: Database, before_id: UUID, after_id: UUID) -> PlanComparison:
    """Return what went into two plans differently and what came out; `PeakNotFound`."""
    async with db.read() as read:
        before, after = await find_plan(read, before_id), await find_plan(read, after_id)
        documents = [{row.name: row for row in await inputs_of(read, plan.frozen_inputs())} for plan in (before, after)]
    one, other = before.plan(()), after.plan(())
    return PlanComparison(
        before=one.row,
        after=other.row,
        settings=tuple(_settings(before.settings, after.settings)),
        documents=tuple(_documents(*documents)),
        overrides_added=tuple(override for override in other.overrides if override not in one.overrides),
        overrides_gone=tuple(override for override in one.overrides if override not in other.overrides),
        figures=tuple(_figures(one.figures, other.figures)),
    )


def _settings(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[SettingChanged]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield SettingChanged(name=name, before=_text(before.get(name)), after=_text(after.get(name)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _documents(before: Mapping[str, InputRecord], after: Mapping[str, InputRecord]) -> Iterator[DocumentChanged]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is not None and new is not None and old.sha256 == new.sha256:
            continue
        last = new or old
        yield DocumentChanged(
            name=name,
            before=old.version if old else 0,
            after=new.version if new else 0,
            author=last.author if last else "",
            reason=last.reason if last else "",
            lines=tuple(_changed_lines(old.text if old else "", new.text if new else ""))[:MOST_LINES],
        )


def _changed_lines(before: str, after: str) -> Iterator[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    yield from (line for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"})


def _figures(before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[FigureChanged]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield FigureChanged(name=name, before=before.get(name), after=after.get(name))
