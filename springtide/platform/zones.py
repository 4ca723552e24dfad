"""Time zones by the name that somebody typed."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FIRST_YEAR, _LAST_YEAR = 1970, 9998  # a UUIDv7 counts from 1970; the day after has to be a day too


def zone_named(name: str) -> ZoneInfo | None:
    """Return the time zone of an IANA name, None when there is none of that name.

    The name is looked up as a file: "Europe" is a folder, and a long enough name is an error of the system's own.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def begin_of_day(day: date, name: str) -> datetime | None:
    """Return the moment a day begins at in a zone (UTC); None without such a zone, or for a day no id can lie on."""
    zone = zone_named(name)
    if zone is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return None
    return datetime.combine(day, time(), zone).astimezone(UTC)
