"""The calendar of a shop: named events as rules, the levers of each year, and the days on which nothing is sold.

An event is tied to a day by a rule (the Friday after the fourth Thursday of November), never to a calendar week, and
reaches from `first_offset` to `last_offset` days around it. Where the windows of two events cover one day, the day
belongs to the event whose own day is nearer; equally near, to the higher `priority`, then to the earlier event.
`decode_calendar` reads the document `events.toml` and names every mistake at once; a region that nobody knows is
refused by the desk, which has the public holidays.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from springtide.contracts.peak.company import Closure, Record, used_twice
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml, unreadable

CALENDAR_DOCUMENT = "events.toml"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WIDEST_WINDOW_DAYS = 120
_MONTHS = 12
_EACH_YEAR = 0
_LEAP_YEAR = 2000
_MOST_GIFTS = 10.0


class NthWeekday(Record, frozen=True, tag="nth_weekday", tag_field="rule"):
    """The `nth` `weekday` of a month (1 to 5, or -1 for the last), and `plus_days` after it."""

    month: int
    weekday: str
    nth: int
    plus_days: int = 0


class YearDay(Record, frozen=True, tag="day", tag_field="rule"):
    """The same day of every year."""

    month: int
    day: int


class EasterDay(Record, frozen=True, tag="easter", tag_field="rule"):
    """Days from Easter Sunday, western reckoning: -21 is Mothering Sunday in the United Kingdom."""

    plus_days: int


class OnDates(Record, frozen=True, tag="dates", tag_field="rule"):
    """Days of its own: a product drop, a campaign."""

    dates: tuple[date, ...]


When = NthWeekday | YearDay | EasterDay | OnDates


class Levers(Record, frozen=True):
    """What the shop does for an event in `year`; year 0 is every year that has no row of its own.

    `discount`: depth of the price cut, share of the price. `marketing_minor`: spent on the whole window.
    """

    year: int = _EACH_YEAR
    discount: float = 0.0
    marketing_minor: int = 0


class NamedEvent(Record, frozen=True):
    """A day that repeats. `since`: the first year it was one. `regions`: countries where it is; none means all."""

    id: str
    name: str
    when: When
    first_offset: int = -14
    last_offset: int = 3
    priority: int = 0
    since: int = 0
    regions: tuple[str, ...] = ()
    levers: tuple[Levers, ...] = ()

    def levers_in(self, year: int) -> Levers:
        """Return what is done for the event in a year."""
        usual = Levers(year=year)
        for levers in self.levers:
            if levers.year == year:
                return levers
            if levers.year == _EACH_YEAR:
                usual = levers
        return usual


class EventCalendar(Record, frozen=True):
    """All events and closed days of a shop.

    `regions`: countries it sells to, "GB" or "GB-ENG"; the first one's public holidays are the shop's own.
    `closed_weekdays`, `closures` and, with `closed_on_holidays`, the shop's own holidays: days without sales.
    `gifts`: lever of a Christmas that the history has not seen: how many times general goods' the season of these
    goods is, 1 for general goods, 2 for gifts, 0 for none. A history of a year speaks for itself.
    """

    regions: tuple[str, ...]
    events: tuple[NamedEvent, ...] = ()
    closures: tuple[Closure, ...] = ()
    closed_weekdays: tuple[str, ...] = ()
    closed_on_holidays: bool = False
    gifts: float = 1.0

    def closed_days(self) -> dict[date, str]:
        """Return every day of the closures with its reason."""
        return {
            closure.first + timedelta(days=day): closure.reason
            for closure in self.closures
            for day in range((closure.last - closure.first).days + 1)
        }

    def event(self, id_: str) -> NamedEvent:
        """Return an event by its id; raises KeyError for an unknown one."""
        for event in self.events:
            if event.id == id_:
                return event
        raise KeyError(id_)


def decode_calendar(document: bytes, *, where: str = CALENDAR_DOCUMENT) -> EventCalendar:
    """Read a calendar from TOML; raises InvalidPeakInput naming every mistake with the event it is in."""
    raw = read_toml(where, document, dict[str, Any])
    events = raw.pop("events", [])
    try:
        rest = msgspec.convert(raw, EventCalendar)
    except msgspec.ValidationError as error:
        raise unreadable(where, error) from error
    if not isinstance(events, list):
        message = "events are tables: [[events]]"
        raise InvalidPeakInput.of([Mistake(where=where, rule="not_readable", message=message)])
    mistakes: list[Mistake] = []
    read: list[NamedEvent] = []
    for number, item in enumerate(events, start=1):
        name = item.get("id", number) if isinstance(item, Mapping) else number
        try:
            read.append(msgspec.convert(item, NamedEvent, strict=False))
        except msgspec.ValidationError as error:
            mistakes.append(Mistake(where=f"{where}: event {name}", rule="not_readable", message=str(error)))
    calendar = msgspec.structs.replace(rest, events=tuple(read))
    mistakes += mistakes_of_calendar(calendar, where=where)
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return calendar


def mistakes_of_calendar(calendar: EventCalendar, *, where: str = CALENDAR_DOCUMENT) -> Iterator[Mistake]:
    """Yield what is wrong within a calendar, apart from regions that nobody knows."""
    if not calendar.regions:
        yield Mistake(where=where, rule="region_missing", message="name at least one region, the shop's own first")
    if not 0 <= calendar.gifts <= _MOST_GIFTS:
        message = f"gifts lies from 0 to {_MOST_GIFTS:g}, not {calendar.gifts:g}"
        yield Mistake(where=where, rule="gifts", message=message)
    yield from used_twice(f"{where}: events", [event.id for event in calendar.events])
    yield from _weekdays(where, calendar.closed_weekdays)
    for event in calendar.events:
        yield from _mistakes_of_event(f"{where}: event {event.id}", event)
    yield from _same_day(where, calendar)
    yield from _closures(where, calendar.closures)


def _mistakes_of_event(where: str, event: NamedEvent) -> Iterator[Mistake]:
    yield from _mistakes_of_rule(where, event.when)
    if not event.first_offset <= 0 <= event.last_offset:
        message = "the window has to include the day itself: first_offset <= 0 <= last_offset"
        yield Mistake(where=where, rule="window", message=message)
    elif event.last_offset - event.first_offset >= WIDEST_WINDOW_DAYS:
        message = f"a window has at most {WIDEST_WINDOW_DAYS} days"
        yield Mistake(where=where, rule="window", message=message)
    elif isinstance(event.when, OnDates):
        yield from _own_windows(where, event, event.when)
    years = [str(levers.year) for levers in event.levers]
    yield from used_twice(f"{where}: levers of the years", years)
    for levers in event.levers:
        if not 0 <= levers.discount < 1:
            message = f"a discount lies from 0 to below 1, not {levers.discount:g}"
            yield Mistake(where=where, rule="discount", message=message)
        if levers.marketing_minor < 0:
            yield Mistake(where=where, rule="marketing", message="marketing spend is not negative")


def _mistakes_of_rule(where: str, when: When) -> Iterator[Mistake]:
    match when:
        case NthWeekday():
            yield from _weekdays(where, (when.weekday,))
            if not 1 <= when.month <= _MONTHS or when.nth not in {-1, 1, 2, 3, 4, 5}:
                message = "a month is 1 to 12, and nth is 1 to 5 or -1 for the last"
                yield Mistake(where=where, rule="no_such_day", message=message)
        case YearDay():
            try:
                date(_LEAP_YEAR, when.month, when.day)
            except ValueError:
                message = f"no year has a day {when.day} in month {when.month}"
                yield Mistake(where=where, rule="no_such_day", message=message)
        case OnDates() if not when.dates:
            yield Mistake(where=where, rule="no_such_day", message="name at least one date")
        case _:
            return


def _weekdays(where: str, names: tuple[str, ...]) -> Iterator[Mistake]:
    for name in names:
        if name not in WEEKDAYS:
            yield Mistake(where=where, rule="unknown_weekday", message=f"there is no weekday {name}")


def _own_windows(where: str, event: NamedEvent, when: OnDates) -> Iterator[Mistake]:
    days = sorted(when.dates)
    for earlier, later in pairwise(days):
        if earlier + timedelta(days=event.last_offset) >= later + timedelta(days=event.first_offset):
            message = f"the windows of {earlier} and {later} overlap: give it a narrower window, or drop one"
            yield Mistake(where=where, rule="overlapping_calendars", message=message)


def _same_day(where: str, calendar: EventCalendar) -> Iterator[Mistake]:
    taken: dict[tuple[date, int], str] = {}
    for event in calendar.events:
        for day in sorted(set(event.when.dates)) if isinstance(event.when, OnDates) else ():
            other = taken.setdefault((day, event.priority), event.id)
            if other != event.id:
                message = f"{other} and {event.id} are both on {day}: give one a higher priority"
                yield Mistake(where=where, rule="overlapping_calendars", message=message)


def _closures(where: str, closures: tuple[Closure, ...]) -> Iterator[Mistake]:
    ordered = sorted(closures, key=lambda closure: (closure.first, closure.last))
    for closure in ordered:
        if closure.first > closure.last:
            message = f"the closure from {closure.first} ends before it begins"
            yield Mistake(where=where, rule="closure", message=message)
    for earlier, later in pairwise(ordered):
        if earlier.last >= later.first:
            message = f"the closures from {earlier.first} and from {later.first} overlap"
            yield Mistake(where=where, rule="overlapping_calendars", message=message)
