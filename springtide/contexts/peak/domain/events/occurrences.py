"""A rule and a year become a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from springtide.contracts.peak.calendar import (
    WEEKDAYS,
    EasterDay,
    EventCalendar,
    Levers,
    NamedEvent,
    NthWeekday,
    OnDates,
    YearDay,
)

_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An event in one year: its own day, and its window from `first` to `last`, both included."""

    event: NamedEvent
    on: date
    levers: Levers

    @property
    def first(self) -> date:
        """Return the first day of the window."""
        return self.on + timedelta(days=self.event.first_offset)

    @property
    def last(self) -> date:
        """Return the last day of the window."""
        return self.on + timedelta(days=self.event.last_offset)


def occurrences(calendar: EventCalendar, first: date, last: date) -> tuple[Occurrence, ...]:
    """Return every event whose window touches `first` to `last`, by its day; events of other regions are left out."""
    countries = {region.partition("-")[0] for region in calendar.regions}
    found = [
        occurrence
        for event in calendar.events
        if not event.regions or countries.intersection(event.regions)
        for occurrence in _of_event(event, first, last)
    ]
    return tuple(sorted(found, key=lambda occurrence: (occurrence.on, occurrence.event.id)))


def day_in(event: NamedEvent, year: int) -> date | None:
    """Return the event's day in a year; none where the rule names none (29 February, a fifth Monday).

    For an event on dates of its own it is the first of them in the year.
    """
    return next(_days_in(event, year), None)


def _of_event(event: NamedEvent, first: date, last: date) -> Iterator[Occurrence]:
    earliest, latest = first - timedelta(days=event.last_offset), last - timedelta(days=event.first_offset)
    for year in range(max(earliest.year, event.since), latest.year + 1):
        for on in _days_in(event, year):
            if earliest <= on <= latest:
                yield Occurrence(event=event, on=on, levers=event.levers_in(on.year))


def _days_in(event: NamedEvent, year: int) -> Iterator[date]:
    match event.when:
        case NthWeekday() as when:
            day = _nth(year, when)
            if day is not None:
                yield day + timedelta(days=when.plus_days)
        case YearDay(month=month, day=number):
            if number <= _last_day(year, month):
                yield date(year, month, number)
        case EasterDay(plus_days=plus_days):
            yield _easter(year) + timedelta(days=plus_days)
        case OnDates(dates=dates):
            yield from sorted({day for day in dates if day.year == year})


def _nth(year: int, when: NthWeekday) -> date | None:
    length = _last_day(year, when.month)
    first = 1 + (WEEKDAYS.index(when.weekday) - date(year, when.month, 1).weekday()) % _WEEK
    last = first + (length - first) // _WEEK * _WEEK
    number = last if when.nth == -1 else first + (when.nth - 1) * _WEEK
    return date(year, when.month, number) if number <= length else None


def _last_day(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar, by the method of Meeus, Jones and Butcher (no exceptions)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    skipped = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - skipped + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
