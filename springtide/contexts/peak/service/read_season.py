"""How a season stands: read for the page, and looked at anew when somebody asks."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.store import FeedRecord, PlanRecord, SeasonRecord, inputs_of
from springtide.contracts.peak.api import PlanSettings, PlanState
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.season import Season, SeasonState
from springtide.contracts.peak.source import SOURCE_DOCUMENT, decode_source
from springtide.platform.db import Database, Read, Tx

_HOUR = timedelta(hours=1)


async def read_season(db: Database, plan_id: UUID) -> Season:
    """Return what is known of a plan's season; `PeakNotFound`."""
    async with db.read() as read:
        plan = await find_plan(read, plan_id)
        now = (await read.value("kernel_now")).astimezone(ZoneInfo(await timezone_of(read, plan))).replace(tzinfo=None)
        feeds = await read.all("feeds", row=FeedRecord)
        row = await read.maybe("find_season", {"id": plan_id}, row=SeasonRecord) or SeasonRecord()
    first, end = span_of(plan.settings)
    known = known_until(feeds, first, end)
    state = _state(plan, first, end, now)
    silent = int((now - (known or first)) // _HOUR) if state is SeasonState.RUNNING else 0
    return Season(
        state=state,
        known_until=known,
        silent_h=silent,
        looked_at=row.looked_at,
        until=row.until_hour,
        replayed=bool(row.until_hour and known and row.until_hour < min(known, now)),
        waiting=row.asked_at is not None,
        live_json=row.live,
        review_json=row.review,
        mistakes=msgspec.convert(row.mistakes, tuple[Mistake, ...]),
    )


async def ask_for_look(tx: Tx, plan_id: UUID, until: datetime | None) -> None:
    """Note that somebody waits for a look; `PeakNotFound`, `InvalidPeakInput`."""
    plan = await find_plan(tx, plan_id)
    first, end = span_of(plan.settings)
    mistakes = []
    if plan.state != PlanState.DONE or not plan.snapshot_sha256:
        message = "the plan is not done, or it was made before plans were frozen: make it again"
        mistakes.append(Mistake(where="plan", rule="not_frozen", message=message))
    if until is not None and (until.tzinfo is not None or until.minute or not first < until <= end):
        message = f"{until} is no whole hour after {first} and up to {end}"
        mistakes.append(Mistake(where="until", rule="until", message=message))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    await tx.run("ask_season", {"id": plan_id, "at": tx.now, "until": until})


async def timezone_of(read: Read, plan: PlanRecord) -> str:
    """Return the time zone of the history that the plan was made from."""
    return decode_source((await source_of(read, plan)).encode()).timezone


async def source_of(read: Read, plan: PlanRecord) -> str:
    """Return `history.toml` as it was when the plan was ordered."""
    documents = await inputs_of(read, [one for one in plan.frozen_inputs() if one.name == SOURCE_DOCUMENT])
    return documents[0].text


def span_of(settings: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return when the season begins and ends, local."""
    found = msgspec.convert(settings, PlanSettings)
    first = datetime.combine(found.first, time())
    return first, first + timedelta(days=found.days)


def known_until(feeds: list[FeedRecord], first: datetime, end: datetime) -> datetime | None:
    """Return up to when everything since the season's begin was told, by whichever source told most of it."""
    reach = [feed.until_hour for feed in feeds if feed.from_hour <= first < feed.until_hour]
    return min(max(reach), end) if reach else None


def _state(plan: PlanRecord, first: datetime, end: datetime, now: datetime) -> SeasonState:
    if plan.state != PlanState.DONE or not plan.snapshot_sha256:
        return SeasonState.NO_PLAN
    if now < first:
        return SeasonState.NOT_BEGUN
    return SeasonState.RUNNING if now < end else SeasonState.OVER


def local_now(now: datetime, timezone: str) -> datetime:
    """Return the last finished local hour's end."""
    return now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None, minute=0, second=0, microsecond=0)
