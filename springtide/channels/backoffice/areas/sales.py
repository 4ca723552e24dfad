"""Sales: what was sold by day, week or month, as of a date."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from litestar import get

from springtide.channels.backoffice.bar_chart import Bar, Chart, draw
from springtide.channels.backoffice.filters import picked
from springtide.channels.backoffice.sales import By, Period, busiest, finding, long_date, periods_of, revenue
from springtide.channels.backoffice.visit import Reply, enter, lateness
from springtide.channels.backoffice.words import plural
from springtide.platform.errors import BadInput
from springtide.platform.http import HttpRequest

DAYS = 400
MOST_DAYS = 4_000
MOST_BARS = 600
FIRST_YEAR = 1970
_LONGEST_NUMBER = 4
_DAYS_IN = {By.DAY: 1, By.WEEK: 7, By.MONTH: 28}


class InvalidPeriod(BadInput):
    """The address asks for days that there are not; facts: field."""

    code = "invalid_period"
    title = "The period needs another look"


@get("/sales")
async def show_sales(request: HttpRequest) -> Reply:
    """Show orders, units and revenue per period up to and without a date; the filters live in the address."""
    visit = await enter(request, "orders.read")
    today = datetime.now(UTC).date()  # what is shown when nothing else is asked for, nothing is decided by it
    usual = visit.office.as_of or today
    by = picked(visit.query, "by", By) or By.MONTH
    as_of = read_as_of(visit.query, usual, latest=today + timedelta(days=1))
    days = read_days(visit.query, by)
    history = await visit.office.orders.history(caller=visit.caller, as_of=as_of, days=days)
    late_s = await lateness(visit)
    since = as_of - timedelta(days=days)
    periods = periods_of(history, by=by, since=since, as_of=as_of)
    return visit.page(
        "office/sales.html",
        by=by,
        as_of=as_of,
        days=days,
        most_days=MOST_DAYS,
        since=since,
        is_demo=as_of == visit.office.as_of,
        heading=finding(periods) if periods else "Nothing sold",
        periods=periods,
        chart=chart_of(periods),
        long_date=long_date,
        late_s=late_s,
        revenue=revenue(periods),
    )


def read_as_of(query: Mapping[str, str], usual: date, *, latest: date) -> date:
    """Return the date of the address, `usual` when there is none; `InvalidPeriod`."""
    text = query.get("as_of", "")
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.isoformat() != text or day.year < FIRST_YEAR or day > latest:
        msg = f"“As of” is a date like 2011-09-01, from {FIRST_YEAR} until tomorrow."
        raise InvalidPeriod(msg, field="as_of")
    return day


def read_days(query: Mapping[str, str], by: By) -> int:
    """Return how many days the address asks for; `InvalidPeriod`, also when the chart would have too many bars."""
    text = query.get("days", "")
    if not text:
        return DAYS
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    if not is_number or not 1 <= int(text) <= MOST_DAYS:
        msg = f"“Days” is a number from 1 to {MOST_DAYS:,}."
        raise InvalidPeriod(msg, field="days")
    if int(text) // _DAYS_IN[by] > MOST_BARS:
        msg = f"That is more than {MOST_BARS} bars. Ask for fewer days, or by week or month."
        raise InvalidPeriod(msg, field="days")
    return int(text)


def chart_of(periods: tuple[Period, ...]) -> Chart:
    """Draw a bar of orders for each period; the busiest is marked."""
    best = busiest(periods)
    return draw(
        [
            Bar(
                value=period.orders,
                label=_label(period),
                title=_title(period),
                is_marked=period is best,
                is_part=not period.is_whole,
            )
            for period in periods
        ]
    )


def _title(period: Period) -> str:
    part = f" ({period.days} only)" if period.days else ""
    return f"{period.name}{part}: {plural(period.orders, 'order')}"


def _label(period: Period) -> str:
    return f"{period.start:%b ’%y}" if period.by is By.MONTH else f"{period.start.day} {period.start:%b}"


ROUTES = (show_sales,)
