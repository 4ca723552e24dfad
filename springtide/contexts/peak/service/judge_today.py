"""Readiness as of today: a plan's own findings with everything that is filed by now."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.peak.domain.readiness.judge import Shown, judge_all
from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.store import MOST_RUNS, PartRecord, PlanRecord, newest_evidence, runs_of
from springtide.contracts.peak.api import PeakNotFound
from springtide.contracts.peak.readiness import Readiness
from springtide.platform.db import Database, Read

_STEP = "readiness"


def judged_on(ordered_at: datetime, settings: Mapping[str, Any]) -> date:
    """Return how old evidence is taken to be for a plan: as of the day it was ordered, or of its own later day."""
    return max(ordered_at.date(), _as_of(settings) or ordered_at.date())


async def readiness_today(db: Database, plan_id: UUID) -> Readiness:
    """Judge again; a plan's own calendar moves on with the days since it was ordered. `PeakNotFound`."""
    async with db.read() as read:
        record = await find_plan(read, plan_id)
        frozen = await _frozen(read, plan_id)
        today = (await read.value("kernel_now")).date()
        filed = await newest_evidence(read)
        runs = await runs_of(read, most=MOST_RUNS)
    on = max(today, frozen.on)
    return judge_all(
        Shown(filed=tuple(filed), runs=runs, findings=frozen.findings, needs=frozen.needs),
        on=on,
        plan_day=_plan_day(record, on),
        deadlines=frozen.calendar,
    )


def _plan_day(record: PlanRecord, on: date) -> date:
    as_of = _as_of(record.settings)
    return on if as_of is None else as_of + (on - judged_on(record.ordered_at, record.settings))


def _as_of(settings: Mapping[str, Any]) -> date | None:
    return date.fromisoformat(settings["as_of"]) if settings.get("as_of") else None


async def _frozen(read: Read, plan_id: UUID) -> Readiness:
    """Return the readiness as the plan was made; it is one page, as long as its lists are those of people."""
    found = await read.maybe("find_part", {"id": plan_id, "step": _STEP, "page": 0}, row=PartRecord)
    if found is None:
        message = "The plan has no readiness (yet)."
        raise PeakNotFound(message, what="part")
    return msgspec.json.decode(found.body, type=Readiness)
