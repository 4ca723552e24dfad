"""Named days that repeat, and what moves with them.

marks = mark_days(calendar, first, days)      # arrays over days, for forecasts
occurrences(calendar, first, last)            # the days themselves, for people and decks of levers
"""

from springtide.contexts.peak.domain.events.marks import NO_EVENT, OUTSIDE, DayMarks, mark_days
from springtide.contexts.peak.domain.events.occurrences import Occurrence, day_in, occurrences
from springtide.contexts.peak.domain.events.regional import holidays_in, mistakes_of_regions

__all__ = [
    "NO_EVENT",
    "OUTSIDE",
    "DayMarks",
    "Occurrence",
    "day_in",
    "holidays_in",
    "mark_days",
    "mistakes_of_regions",
    "occurrences",
]
