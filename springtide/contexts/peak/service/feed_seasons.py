"""What the shop itself knows of a season becomes its actuals: read once an hour, the last two days anew.

Sales are order lines, written as a history is, and counted by the plan's own rules beside the plan's own history: what
is compared with a plan is cleaned as the plan was.
"""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from springtide.contexts.peak.providers.season_messages import Looked, SalesRequest
from springtide.contexts.peak.providers.season_run import run_season_process
from springtide.contexts.peak.service.keep_actuals import SHOP, keep_actuals
from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.service.read_season import local_now, source_of, span_of, timezone_of
from springtide.contexts.peak.service.shop_history import write_sales_between
from springtide.contexts.peak.service.tell import tell, told_between
from springtide.contexts.peak.store import FeedRecord
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.orders.sales import MixedCurrencies
from springtide.contracts.payments.api import PaymentsApi
from springtide.contracts.peak.actuals import Actuals, in_parts
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.source import decode_source
from springtide.contracts.peak.told import MOST_TOLD, Told
from springtide.platform.caller import system
from springtide.platform.db import Database

_CALLER = system("peak")
_DAYS_AT_ONCE = 31
_CHANGES = timedelta(days=2)
_FIGURES_AGAIN, _FIGURES_AT_ONCE = timedelta(days=7), timedelta(days=100)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


class FeedSeasons:
    """Feeds plans from the shop's contexts. `kept`: where the histories of plans lie."""

    def __init__(self, db: Database, orders: OrdersApi, payments: PaymentsApi, kept: Path) -> None:
        self._db = db
        self._orders = orders
        self._payments = payments
        self._kept = kept

    async def sales(self, plan_id: UUID) -> tuple[Mistake, ...]:
        """Read what was sold up to the last finished hour; return why it could not be counted."""
        async with self._db.read() as read:
            plan = await find_plan(read, plan_id)
            source = await source_of(read, plan)
            timezone = decode_source(source.encode()).timezone
            now = local_now(await read.value("kernel_now"), timezone)
            feeds = {feed.source: feed for feed in await read.all("feeds", row=FeedRecord)}
        first, end = span_of(plan.settings)
        until = min(now, end)
        shop = feeds.get(SHOP)
        known = shop.until_hour if shop and shop.from_hour <= first else first
        day = max(first, min(known, until) - _CHANGES).date()
        while datetime.combine(day, time()) < until:
            later = min(day + _DAYS_AT_ONCE * _DAY, (until + _DAY - _HOUR).date())
            later = max(later, day + _DAY)
            mistakes = await self._span(source, day, min(until, datetime.combine(later, time())), timezone)
            if mistakes:
                return mistakes
            day = later
        return ()

    async def figures(self, plan_id: UUID) -> int:
        """Read what left and what was paid on the days that are over; return how many figures are new or other."""
        async with self._db.read() as read:
            plan = await find_plan(read, plan_id)
            timezone = await timezone_of(read, plan)
            now = await read.value("kernel_now")
            first, end = (moment.date() for moment in span_of(plan.settings))
            until = min(local_now(now, timezone).date(), end, now.date())
            told = await told_between(read, first, max(first, until)) if first < until else ()
        since = max(first, until - _FIGURES_AGAIN) if any(row.source == SHOP for row in told) else first
        found: list[Told] = []
        while since < until:
            later = min(since + _FIGURES_AT_ONCE, until)
            found += await self._figures(since, later, timezone)
            since = later
        parts = [found[start : start + MOST_TOLD] for start in range(0, len(found), MOST_TOLD)]
        changed = 0
        for part in parts:
            async with self._db.tx(_CALLER) as tx:
                changed += await tell(tx, part, SHOP)
        return changed

    async def _figures(self, since: date, until: date, timezone: str) -> list[Told]:
        """Return what the shop knows of these days; a shop that sent or charged nothing in them is another's."""
        shipped = await self._orders.shipped_days(caller=_CALLER, since=since, until=until, timezone=timezone)
        attempts = await self._payments.attempt_days(caller=_CALLER, since=since, until=until, timezone=timezone)
        days = [since + place * _DAY for place in range((until - since).days)]
        sent = {one.day: one.shipments for one in shipped}
        seconds = {one.day: one.busiest_second for one in attempts}
        found = [Told(figure="shipments.sent", day=day, value=sent.get(day, 0)) for day in days if sent]
        found += [Told(figure="gateways.busiest_second", day=day, value=seconds.get(day, 0)) for day in days if seconds]
        for one in attempts:
            for figure, count in (("gateways.attempts", one.attempts), ("gateways.declined", one.declined)):
                found.append(Told(figure=figure, day=one.day, of=one.gateway, value=count))
        return found

    async def _span(self, source: str, day: date, until: datetime, timezone: str) -> tuple[Mistake, ...]:
        """Count the days from `day` on, up to the local hour `until`, and keep what was counted."""
        since, zone = datetime.combine(day, time()), ZoneInfo(timezone)
        with TemporaryDirectory(prefix="springtide-sold-") as folder:
            file = Path(folder) / "sold.csv"
            ends = [moment.replace(tzinfo=zone).astimezone(UTC) for moment in (since, until)]
            try:
                lines = await write_sales_between(
                    self._orders, file, ends[0], ends[1], currency=decode_source(source.encode()).currency
                )
            except MixedCurrencies as mixed:
                return (Mistake(where="orders", rule=mixed.code, message=mixed.detail),)
            looked = await self._counted(file, source) if lines else Looked()
        if looked.mistakes:
            return looked.mistakes
        counted = looked.actuals or Actuals(source=SHOP, since=since, until=until, hours=())
        for part in in_parts(msgspec.structs.replace(counted, since=since, until=until)):
            async with self._db.tx(_CALLER) as tx:
                await keep_actuals(tx, part)
            await asyncio.sleep(0)  # a season of a large shop is many parts: others come in between
        return ()

    async def _counted(self, file: Path, source: str) -> Looked:
        request = SalesRequest(file=str(file), source=source, folder=str(self._kept), called=SHOP)
        return await run_season_process(request)
