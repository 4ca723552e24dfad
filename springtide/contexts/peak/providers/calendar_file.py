"""The events file, and the usual events that ship with the desk."""

from importlib.resources import files
from pathlib import Path

from springtide.contexts.peak.domain.events import mistakes_of_regions
from springtide.contracts.peak.calendar import EventCalendar, decode_calendar
from springtide.contracts.peak.errors import InvalidPeakInput

USUAL_EVENTS = files("springtide.contexts.peak") / "data" / "events.toml"


def read_calendar(path: Path) -> EventCalendar:
    """Read an events file; raises InvalidPeakInput naming every mistake, OSError when there is no such file."""
    return _checked(path.read_bytes(), path.name)


def usual_calendar() -> EventCalendar:
    """Return the events most shops in Europe plan for."""
    return _checked(USUAL_EVENTS.read_bytes(), "events.toml")


def _checked(document: bytes, where: str) -> EventCalendar:
    calendar = decode_calendar(document, where=where)
    mistakes = list(mistakes_of_regions(calendar, where=where))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return calendar
