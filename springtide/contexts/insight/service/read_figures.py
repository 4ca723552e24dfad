"""Reading what was counted."""

from datetime import date, datetime, timedelta

from springtide.contexts.insight.domain.funnel import slices_of_counts, slices_of_visits, whole
from springtide.contracts.insight.api import (
    AnswerDay,
    Availability,
    By,
    ExportCount,
    Funnel,
    Looked,
    MonitorResult,
    OrderMinute,
    PageCount,
    SearchCount,
)
from springtide.platform.db import Database

_LEAST_SEARCHES = 3
"""What fewer have looked for is not listed: it could be somebody's own words."""
_STATEMENTS = {By.DAY: "funnel_by_day", By.HOUR: "funnel_by_hour", By.MARKET: "funnel_by_market"}

Between = tuple[datetime, datetime]


async def order_minutes(db: Database, minutes: int) -> tuple[OrderMinute, ...]:
    """Return the last minutes by the database's clock."""
    async with db.read() as read:
        now: datetime = await read.value("kernel_now")
        since = now.replace(second=0, microsecond=0) - timedelta(minutes=minutes - 1)
        return tuple(await read.all("order_minutes", {"since": since}, row=OrderMinute))


async def funnel(db: Database, between: Between, *, by: By, market: str) -> Funnel:
    """Return counts and visits; slices by device are of the visits."""
    params = {"since": between[0], "until": between[1], "market": market}
    async with db.read() as read:
        by_device = slices_of_visits(await read.tuples("visits_by_device", params))
        counted = slices_of_counts(await read.tuples(_STATEMENTS.get(by, "funnel_by_day"), params))
    return Funnel(counts=whole(counted), visits=whole(by_device), slices=by_device if by is By.DEVICE else counted)


async def looked(db: Database, since: date, until: date, *, market: str, limit: int) -> Looked:
    """Return top pages and searches."""
    params = {"since": since, "until": until, "market": market, "limit": limit}
    least = {**params, "least": _LEAST_SEARCHES}
    async with db.read() as read:
        return Looked(
            pages=tuple(await read.all("top_pages", params, row=PageCount)),
            searches=tuple(await read.all("top_searches", least, row=SearchCount)),
            searches_without_results=tuple(await read.all("top_searches_without_results", least, row=SearchCount)),
        )


async def availability(db: Database, between: Between) -> Availability:
    """Return answers by day, what monitors say, and how exports stand."""
    params = {"since": between[0], "until": between[1]}
    async with db.read() as read:
        return Availability(
            days=tuple(await read.all("answer_days", params, row=AnswerDay)),
            monitors=tuple(await read.all("monitors", row=MonitorResult)),
            exports=tuple(await read.all("export_counts", params, row=ExportCount)),
        )
