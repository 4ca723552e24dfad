"""What was sold, put together by day, week or month: from the sums of days that orders keeps. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from springtide.channels.backoffice.words import plural
from springtide.contracts.orders.api import HistoryDay

_DAY = timedelta(days=1)


class By(StrEnum):
    """How long a period is. Weeks start on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Sums of the days from `start` up to and without `end`; `gross_minor` is by base currency: they do not add up.

    A period that is cut by either end of the history is not whole: it is shown, and never compared.
    """

    by: By
    start: date
    end: date
    orders: int
    units: int
    gross_minor: Mapping[str, int]

    @property
    def is_whole(self) -> bool:
        """Return whether no day of the period is missing."""
        return self.start == _start_of(self.start, self.by) and self.end == _start_after(self.start, self.by)

    @property
    def name(self) -> str:
        """Return "November 2010", "Week of 29 November 2010" or "29 November 2010"."""
        first = _start_of(self.start, self.by)
        if self.by is By.MONTH:
            return f"{first:%B %Y}"
        return f"Week of {long_date(first)}" if self.by is By.WEEK else long_date(first)

    @property
    def days(self) -> str:
        """Return which days of a period there are: "29 to 31 July", "1 August"; "" for a whole one."""
        if self.is_whole:
            return ""
        last = self.end - _DAY
        if last == self.start:
            return f"{last.day} {last:%B}"
        month = f" {self.start:%B}" if self.start.month != last.month else ""
        return f"{self.start.day}{month} to {last.day} {last:%B}"


def long_date(day: date) -> str:
    """Return "1 September 2011"."""
    return f"{day.day} {day:%B %Y}"


def periods_of(days: Iterable[HistoryDay], *, by: By, since: date, as_of: date) -> tuple[Period, ...]:
    """Return all periods from `since`, or from the first sale when that is later, up to and without `as_of`.

    Oldest first, with those in which nothing was sold; () when nothing was sold at all. What was before the first sale
    is no bad business but none, so a first period is whole when only days before the first sale are missing.
    """
    sold = defaultdict[date, list[HistoryDay]](list)
    for day in days:
        sold[_start_of(day.day, by)].append(day)
    if not sold:
        return ()
    start = max(since, min(sold))
    periods = []
    while start < as_of:
        end = min(_start_after(start, by), as_of)
        inside = sold.get(_start_of(start, by), ())
        periods.append(
            Period(
                by=by,
                start=start,
                end=end,
                orders=sum(day.orders for day in inside),
                units=sum(day.units for day in inside),
                gross_minor=_by_currency(day.gross_minor for day in inside),
            )
        )
        start = end
    return tuple(periods)


def revenue(periods: Iterable[Period]) -> Mapping[str, int]:
    """Return what all periods brought, by base currency."""
    return _by_currency(period.gross_minor for period in periods)


def _by_currency(amounts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for amount in amounts:
        sums.update(amount)
    return dict(sorted(sums.items()))


def busiest(periods: Sequence[Period]) -> Period | None:
    """Return the whole period with the most orders, the later one of two; None when no period is whole."""
    whole = [period for period in periods if period.is_whole]
    return max(reversed(whole), key=lambda period: period.orders, default=None)


def finding(periods: Sequence[Period]) -> str:
    """Say in words what the figures say: "November 2010: 2,768 orders, the busiest month of the last 13"."""
    best = busiest(periods)
    if best is None:
        return f"{plural(sum(period.orders for period in periods), 'order')} in less than a {periods[0].by}"
    whole = sum(period.is_whole for period in periods)
    said = f"{best.name}: {plural(best.orders, 'order')}"
    return f"{said}, the busiest {best.by} of the last {whole}" if whole > 1 else said


def _start_of(day: date, by: By) -> date:
    if by is By.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if by is By.WEEK else day


def _start_after(day: date, by: By) -> date:
    longest = {By.DAY: 1, By.WEEK: 7, By.MONTH: 31}[by]
    return _start_of(_start_of(day, by) + timedelta(days=longest), by)
