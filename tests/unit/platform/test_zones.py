"""Time zones that somebody typed: a name, or nothing."""

from datetime import UTC, date, datetime

import pytest

from springtide.platform.zones import begin_of_day, zone_named

NO_ZONES = ("", "Europe", "Mars/Olympus", "../etc/passwd", "zone.tab", "a" * 5_000, "Europe/Amsterdam\0", "\ud800")


@pytest.mark.parametrize("name", NO_ZONES)
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone_named(name) is None
    assert begin_of_day(date(2026, 11, 27), name) is None


def test_a_day_begins_by_the_clock_of_its_zone() -> None:
    assert begin_of_day(date(2026, 7, 1), "Europe/Amsterdam") == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert begin_of_day(date(2026, 12, 1), "Europe/Amsterdam") == datetime(2026, 11, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize("day", [date.min, date(1969, 12, 31), date.max])
def test_a_day_that_no_id_can_lie_on_has_no_beginning(day: date) -> None:
    assert begin_of_day(day, "Europe/Amsterdam") is None
