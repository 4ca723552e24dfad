"""What stands in the calendar, as arrays over days."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.events.occurrences import Occurrence, occurrences
from springtide.contexts.peak.domain.events.regional import holidays_in
from springtide.contracts.peak.calendar import WEEKDAYS, EventCalendar

OUTSIDE = -32768
"""The offset of a day that no window of the event covers."""
NO_EVENT = -1
"""The owner of a day that belongs to no event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMarks:
    """Days from `first`, and the calendar's events in its own order.

    `offsets`: int16 (events, days), days since the event's own day (negative before it), OUTSIDE outside its window.
    `owner`: int16 (days,), index of the one event a day belongs to, NO_EVENT on plain days.
    `owner_offset`: int16 (days,), the owner's offset, OUTSIDE on plain days.
    `discount`: float32 (days,), depth planned for or given in the owner's window. `marketing_minor`: float64 (days,),
    the owner's spend spread evenly over its window. Both 0 on plain days.
    `closed`: bool (days,), the calendar says that nothing is sold. `holiday`: bool (days,), the shop's own holidays.
    """

    first: date
    event_ids: tuple[str, ...]
    offsets: NDArray[np.int16]
    owner: NDArray[np.int16]
    owner_offset: NDArray[np.int16]
    discount: NDArray[np.float32]
    marketing_minor: NDArray[np.float64]
    closed: NDArray[np.bool_]
    holiday: NDArray[np.bool_]

    @property
    def in_event(self) -> NDArray[np.bool_]:
        """Return where a day lies in a window of any event, (days,)."""
        within: NDArray[np.bool_] = self.owner != NO_EVENT
        return within


def mark_days(calendar: EventCalendar, first: date, days: int) -> DayMarks:
    """Mark `days` days from `first`; raises InvalidPeakInput for a region whose holidays nobody knows."""
    last = first + timedelta(days=days - 1)
    ids = tuple(event.id for event in calendar.events)
    offsets = np.full((len(ids), days), OUTSIDE, dtype=np.int16)
    owner = np.full(days, NO_EVENT, dtype=np.int16)
    owner_offset = np.full(days, OUTSIDE, dtype=np.int16)
    discount = np.zeros(days, dtype=np.float32)
    marketing = np.zeros(days, dtype=np.float64)
    found = occurrences(calendar, first, last)
    for occurrence in found:
        window, by_day = _window(occurrence, first, days)
        row = offsets[ids.index(occurrence.event.id)]
        nearer = np.abs(by_day) < np.where(row[window] == OUTSIDE, -OUTSIDE, np.abs(row[window].astype(np.int32)))
        row[window] = np.where(nearer, by_day, row[window])
    for occurrence in sorted(found, key=_weakest_first):
        window, by_day = _window(occurrence, first, days)
        held = owner_offset[window].astype(np.int32)
        wins = np.abs(by_day) <= np.abs(held)
        length = occurrence.event.last_offset - occurrence.event.first_offset + 1
        place = ids.index(occurrence.event.id)
        owner[window] = np.where(wins, place, owner[window])
        owner_offset[window] = np.where(wins, by_day, held)
        discount[window] = np.where(wins, occurrence.levers.discount, discount[window])
        marketing[window] = np.where(wins, occurrence.levers.marketing_minor / length, marketing[window])
    return DayMarks(
        first=first,
        event_ids=ids,
        offsets=offsets,
        owner=owner,
        owner_offset=owner_offset,
        discount=discount,
        marketing_minor=marketing,
        closed=_closed(calendar, first, days),
        holiday=_holiday(calendar, first, days),
    )


def _weakest_first(occurrence: Occurrence) -> tuple[int, int, str]:
    """Order so that who comes later wins where both are equally near: higher priority, then the earlier event."""
    return occurrence.event.priority, -occurrence.on.toordinal(), occurrence.event.id


def _window(occurrence: Occurrence, first: date, days: int) -> tuple[slice, NDArray[np.int32]]:
    start = max(0, (occurrence.first - first).days)
    stop = min(days, (occurrence.last - first).days + 1)
    return slice(start, stop), np.arange(start, stop, dtype=np.int32) - (occurrence.on - first).days


def _closed(calendar: EventCalendar, first: date, days: int) -> NDArray[np.bool_]:
    weekdays = (first.weekday() + np.arange(days)) % len(WEEKDAYS)
    closed = np.isin(weekdays, [WEEKDAYS.index(name) for name in calendar.closed_weekdays])
    for closure in calendar.closures:
        closed[max(0, (closure.first - first).days) : max(0, (closure.last - first).days + 1)] = True
    return closed | _holiday(calendar, first, days) if calendar.closed_on_holidays else closed


def _holiday(calendar: EventCalendar, first: date, days: int) -> NDArray[np.bool_]:
    marked = np.zeros(days, dtype=np.bool_)
    for day in holidays_in(calendar.regions[0], first, first + timedelta(days=days - 1)):
        marked[(day - first).days] = True
    return marked
