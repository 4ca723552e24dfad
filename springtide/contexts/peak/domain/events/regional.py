"""Public holidays by region."""

from collections.abc import Iterator
from datetime import date

import holidays

from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, EventCalendar
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake


def holidays_in(region: str, first: date, last: date) -> dict[date, str]:
    """Return the public holidays of a region, "NL" or "GB-ENG", with their names; raises InvalidPeakInput."""
    mistakes = list(_unknown(region, CALENDAR_DOCUMENT))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    country, _, part = region.partition("-")
    found = holidays.country_holidays(country, subdiv=part or None, years=range(first.year, last.year + 1))
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


def mistakes_of_regions(calendar: EventCalendar, *, where: str = CALENDAR_DOCUMENT) -> Iterator[Mistake]:
    """Yield every region whose holidays nobody knows."""
    regions = {*calendar.regions, *(region for event in calendar.events for region in event.regions)}
    for region in sorted(regions):
        yield from _unknown(region, where)


def _unknown(region: str, where: str) -> Iterator[Mistake]:
    country, _, part = region.partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known or (part and part not in known[country]):
        message = f"no region is called {region}: use a country like NL, or a part of one like GB-ENG"
        yield Mistake(where=where, rule="unknown_region", message=message)
