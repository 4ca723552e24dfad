"""Events as weekly series see them."""

import msgspec

from springtide.contracts.peak.calendar import EventCalendar

_DAYS_BEFORE = 6


def for_weeks(calendar: EventCalendar) -> EventCalendar:
    """Return the calendar for series whose weeks stand on their first day: a week belongs to an event that it touches.

    A window that begins in the middle of a week is widened to the week's first day, which is at most six days before.
    """
    events = tuple(
        msgspec.structs.replace(event, first_offset=event.first_offset - _DAYS_BEFORE) for event in calendar.events
    )
    return msgspec.structs.replace(calendar, events=events)
