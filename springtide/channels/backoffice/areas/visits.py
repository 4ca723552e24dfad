"""Visits: from the first page to the order, what is looked at and looked for, and how reachable the shop was."""

import asyncio
from datetime import UTC, datetime, timedelta

from litestar import get

from springtide.channels.backoffice.areas.sales import read_as_of
from springtide.channels.backoffice.bar_chart import Bar, Chart, draw
from springtide.channels.backoffice.filters import picked
from springtide.channels.backoffice.funnel_view import finding, rows_of, share, ways_of
from springtide.channels.backoffice.sales import long_date
from springtide.channels.backoffice.visit import Reply, enter
from springtide.channels.backoffice.words import plural
from springtide.contracts.insight.api import By, FunnelSlice
from springtide.platform.errors import BadInput
from springtide.platform.http import HttpRequest

READ = "insight.read"
DAYS = 28
MOST_DAYS = 366
LISTED = 15
_LONGEST_NUMBER = 3


class InvalidVisits(BadInput):
    """The address asks for days that there are not; facts: field."""

    code = "invalid_visits"
    title = "The period needs another look"


@get("/visits")
async def show_visits(request: HttpRequest) -> Reply:
    """Show the funnel up to and with a day; the filters live in the address."""
    visit = await enter(request, READ)
    today = datetime.now(UTC).date()  # what is shown when nothing else is asked for, nothing is decided by it
    until = read_as_of(visit.query, today + timedelta(days=1), latest=today + timedelta(days=1))
    days = _read_days(visit.query.get("days", ""))
    by = picked(visit.query, "by", By) or By.DAY
    market = visit.query.get("market", "")[:20]
    insight, since = visit.office.insight, until - timedelta(days=days)
    funnel, looked, availability, front = await asyncio.gather(
        insight.funnel(caller=visit.caller, since=since, until=until, by=by, market=market),
        insight.looked(caller=visit.caller, since=since, until=until, market=market, limit=LISTED),
        insight.availability(caller=visit.caller, since=since, until=until),
        visit.office.reference.shop_front(visit.caller),
    )
    return visit.page(
        "office/visits.html",
        heading=finding(funnel),
        funnel=funnel,
        ways=ways_of(funnel),
        rows=rows_of(funnel, by),
        chart=chart_of(rows_of(funnel, by)),
        looked=looked,
        availability=availability,
        own=share(sum(day.good for day in availability.days), sum(day.bad for day in availability.days)),
        by=by,
        market=market,
        markets=front.markets,
        days=days,
        most_days=MOST_DAYS,
        since=since,
        until=until,
        last_day=until - timedelta(days=1),
        long_date=long_date,
    )


def _read_days(text: str) -> int:
    if not text:
        return DAYS
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    if not is_number or not 1 <= int(text) <= MOST_DAYS:
        msg = f"“Days” is a number from 1 to {MOST_DAYS}."
        raise InvalidVisits(msg, field="days")
    return int(text)


def chart_of(rows: tuple[FunnelSlice, ...]) -> Chart:
    """Draw a bar of orders per thousand visits for each slice; the best is marked."""
    rates = [_per_thousand(row) for row in rows]
    best = max(rates, default=0)
    return draw(
        [
            Bar(
                value=rate,
                label=row.name[5:] if len(row.name) == len("2026-11-22") else row.name,
                title=f"{row.name}: {plural(row.orders, 'order')} of {plural(row.visits, 'visit')}",
                is_marked=bool(best) and place == rates.index(best),
            )
            for place, (row, rate) in enumerate(zip(rows, rates, strict=True))
        ]
    )


def _per_thousand(row: FunnelSlice) -> int:
    return round(1000 * row.orders / row.visits) if row.visits else 0


ROUTES = (show_visits,)
