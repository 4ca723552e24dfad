"""Seasons are followed: every plan whose season runs is looked at again once an hour, with what was sold by then.

Anything may be repeated and done by two processes at once: what was told is kept once, and a look that was taken by a
process that died is taken by another.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from springtide.contexts.peak.providers.numerics import is_complete
from springtide.contexts.peak.providers.season_messages import Looked, SeasonRequest
from springtide.contexts.peak.providers.season_run import run_season_process
from springtide.contexts.peak.service.feed_seasons import FeedSeasons
from springtide.contexts.peak.service.keep_actuals import SHOP
from springtide.contexts.peak.service.plan_files import unpacked
from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.service.read_season import known_until, local_now, span_of, timezone_of
from springtide.contexts.peak.service.tell import told_between
from springtide.contexts.peak.store import (
    FeedRecord,
    FollowedPlan,
    InputRecord,
    SeasonRecord,
    TakenLook,
    end_look,
    newest_inputs,
)
from springtide.contracts.peak.actuals import Actuals, SoldDay, SoldHour, SoldProduct
from springtide.contracts.peak.budget import BUDGET_DOCUMENT, Booking, decode_budget
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.facts import FACTS_DOCUMENT, Fact, decode_facts
from springtide.platform.caller import system
from springtide.platform.db import Database

SILENT_AFTER_S = 300.0
_CALLER = system("peak")


class FollowSeasons:
    """Feeds and looks. `frozen`: where plans are laid out for the process that looks at them."""

    def __init__(self, db: Database, feed: FeedSeasons, frozen: Path) -> None:
        self._db = db
        self._feed = feed
        self._folder = frozen

    async def ask(self) -> int:
        """Ask for a look at every followed plan that knows less than the clock; return how many were asked for."""
        async with self._db.read() as read:
            now = await read.value("kernel_now")
            plans = await read.all("plans_to_follow", {"today": now.date()}, row=FollowedPlan)
            due = [plan.id for plan in plans if await self._is_due(plan, now)]
        for plan_id in due:
            async with self._db.tx(_CALLER) as tx:
                await tx.run("ask_season", {"id": plan_id, "at": tx.now, "until": None})
        return len(due)

    async def look(self) -> int:
        """Make the next look that somebody waits for; return how many were made, 0 or 1."""
        if not is_complete():
            return 0
        async with self._db.tx(_CALLER) as tx:
            silent = tx.now - timedelta(seconds=SILENT_AFTER_S)
            taken = await tx.maybe("take_look", {"now": tx.now, "silent_since": silent}, row=TakenLook)
        if taken is None:
            return 0
        mistakes = await self._feed.sales(taken.plan_id)
        await self._feed.figures(taken.plan_id)
        request = (mistakes[0] if mistakes else None) or await self._request(taken)
        if isinstance(request, Mistake):
            looked = Looked(mistakes=mistakes or (request,))
        else:
            looked = await run_season_process(request)
        async with self._db.tx(_CALLER) as tx:
            until = request.actuals.until if isinstance(request, SeasonRequest) else None
            await end_look(tx, taken, until=until, live=looked.live, review=looked.review, mistakes=looked.mistakes)
        return 1

    async def _is_due(self, plan: FollowedPlan, now: datetime) -> bool:
        async with self._db.read() as read:
            timezone = await timezone_of(read, await find_plan(read, plan.id))
            row = await read.maybe("find_season", {"id": plan.id}, row=SeasonRecord) or SeasonRecord()
        first, end = span_of(plan.settings)
        hour = min(local_now(now, timezone), end)
        return row.asked_at is None and hour > first and (row.looked_hour(timezone) or first) < hour

    async def _request(self, taken: TakenLook) -> SeasonRequest | Mistake:
        """Return what is known, or why nothing is."""
        async with self._db.read() as read:
            plan = await find_plan(read, taken.plan_id)
            first, end = span_of(plan.settings)
            known = known_until(await read.all("feeds", row=FeedRecord), first, end)
            if known is None or (taken.asked_until and taken.asked_until > known):
                message = f"nothing is known of {taken.asked_until or first}: the season is {first} to {end}"
                return Mistake(where="actuals", rule="nothing_known", message=message)
            until = taken.asked_until or known
            span = {"since": first, "until": until}
            hours = await read.all("hours_between", span, row=SoldHour)
            days = {"first": first.date(), "until": until.date()}
            goods = await read.all("days_between", days, row=SoldProduct)
            raw = msgspec.convert(await read.dicts("raw_between", days), tuple[SoldDay, ...])
            inputs = await newest_inputs(read)
            told = await told_between(read, first.date(), until.date())
        folder = await unpacked(self._db, self._folder, taken.plan_id)
        sold = Actuals(source=SHOP, since=first, until=until, hours=tuple(hours), products=tuple(goods), days=raw)
        return SeasonRequest(
            folder=str(folder),
            actuals=sold,
            facts=_facts(inputs),
            told=told,
            bookings=_bookings(inputs),
        )


def _facts(inputs: Mapping[str, InputRecord]) -> tuple[Fact, ...]:
    return decode_facts(inputs[FACTS_DOCUMENT].text.encode()) if FACTS_DOCUMENT in inputs else ()


def _bookings(inputs: Mapping[str, InputRecord]) -> tuple[Booking, ...]:
    """Return what is promised and spent by now: of the newest document, as a plan's own is of before its season."""
    if BUDGET_DOCUMENT not in inputs:
        return ()
    terms, _ = decode_budget(inputs[BUDGET_DOCUMENT].text.encode())
    return terms.bookings
