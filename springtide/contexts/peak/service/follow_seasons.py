"""Seasons are followed: what the shop sold is read once an hour, and every plan whose season runs is looked at again.

Anything may be repeated and done by two processes at once: what was told is kept once, and a look that was taken by a
process that died is taken by another.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from springtide.contexts.peak.providers.numerics import is_complete
from springtide.contexts.peak.providers.season_messages import Looked, SeasonRequest
from springtide.contexts.peak.providers.season_run import run_season_process
from springtide.contexts.peak.service.keep_actuals import SHOP, keep_actuals
from springtide.contexts.peak.service.plan_files import unpacked
from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.service.read_season import known_until, local_now, span_of, timezone_of
from springtide.contexts.peak.store import FeedRecord, FollowedPlan, InputRecord, SeasonRecord, TakenLook, end_look
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.peak.actuals import Actuals, SoldHour, SoldProduct
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.facts import FACTS_DOCUMENT, Fact, decode_facts
from springtide.platform.caller import system
from springtide.platform.db import Database

SILENT_AFTER_S = 300.0
_CALLER = system("peak")
_DAYS_AT_ONCE = 31
_CHANGES_DAYS = 2
_SKUS_AT_ONCE = 5_000
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


class FollowSeasons:
    """Feeds and looks. `folder`: where plans are laid out for the process that looks at them."""

    def __init__(self, db: Database, orders: OrdersApi, folder: Path) -> None:
        self._db = db
        self._orders = orders
        self._folder = folder

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
        await self._feed(taken.plan_id)
        request = await self._request(taken)
        if isinstance(request, Mistake):
            looked = Looked(mistakes=(request,))
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

    async def _feed(self, plan_id: UUID) -> None:
        """Read what the shop sold in the season, up to the last finished hour; anew where it may have changed."""
        async with self._db.read() as read:
            plan = await find_plan(read, plan_id)
            timezone = await timezone_of(read, plan)
            now = local_now(await read.value("kernel_now"), timezone)
            feeds = {feed.source: feed for feed in await read.all("feeds", row=FeedRecord)}
        first, end = span_of(plan.settings)
        until = min(now, end)
        shop = feeds.get(SHOP)
        known = shop.until_hour if shop and shop.from_hour <= first else first
        day = max(first, min(known, until) - _CHANGES_DAYS * _DAY).date()
        while datetime.combine(day, first.time()) < until:
            later = min(day + _DAYS_AT_ONCE * _DAY, (until + _DAY - _HOUR).date())
            await self._keep(day, max(later, day + _DAY), until, timezone)
            day = max(later, day + _DAY)

    async def _keep(self, day: date, later: date, until: datetime, timezone: str) -> None:
        sold = await self._orders.sold_hours(caller=_CALLER, since=day, until=later, timezone=timezone)
        begin, end = datetime.combine(day, datetime.min.time()), datetime.combine(later, datetime.min.time())
        end = min(end, until)
        hours = tuple(
            SoldHour(hour=one.hour, orders=one.orders, units=one.units, revenue_minor=one.net_minor)
            for one in sold
            if one.hour < end
        )
        for place in range((later - day).days):
            await self._keep_goods(day + place * _DAY, timezone)
        if begin < end:
            async with self._db.tx(_CALLER) as tx:
                await keep_actuals(tx, Actuals(source=SHOP, since=begin, until=end, hours=hours))

    async def _keep_goods(self, day: date, timezone: str) -> None:
        after = ""
        while True:
            rows = await self._orders.sold_units(
                caller=_CALLER, day=day, timezone=timezone, after=after, limit=_SKUS_AT_ONCE
            )
            columns: dict[str, Any] = {"skus": [row.sku for row in rows], "units": [row.units for row in rows]}
            async with self._db.tx(_CALLER) as tx:
                await tx.run("put_days", {**columns, "days": [day] * len(rows), "source": SHOP})
            if len(rows) < _SKUS_AT_ONCE:
                return
            after = rows[-1].sku

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
            goods = await read.all("days_between", {"first": first.date(), "until": until.date()}, row=SoldProduct)
            facts = await read.maybe("find_input", {"name": FACTS_DOCUMENT, "version": None}, row=InputRecord)
        folder = await unpacked(self._db, self._folder, taken.plan_id)
        told = Actuals(source=SHOP, since=first, until=until, hours=tuple(hours), products=tuple(goods))
        return SeasonRequest(folder=str(folder), actuals=told, facts=_facts(facts))


def _facts(document: InputRecord | None) -> tuple[Fact, ...]:
    return decode_facts(document.text.encode()) if document else ()
