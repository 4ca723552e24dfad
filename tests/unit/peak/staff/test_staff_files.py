"""What goes in and out as files, and the command that does it."""

import csv
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from springtide.contexts.peak.providers.staff_files import calendar_of, read_absences, read_wishes, write_roster
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.staff import Absence, RosterEntry

MADE = date(2011, 9, 1)
ENTRIES = (
    RosterEntry(
        person="yusuf-demir", day=date(2011, 10, 29), team="warehouse", shift="late", starts="13:30", ends="21:30",
        paid_hours=7.5,
    ),
    RosterEntry(
        person="yusuf-demir", day=date(2011, 10, 31), team="warehouse", shift="night", starts="22:00", ends="06:00",
        paid_hours=7.5,
    ),
)  # fmt: skip


def test_a_calendar_has_local_times_on_both_sides_of_the_clock_change() -> None:
    made = calendar_of(ENTRIES, "Yusuf Demir", timezone="Europe/London", made_on=MADE)
    assert made == calendar_of(ENTRIES, "Yusuf Demir", timezone="Europe/London", made_on=MADE)
    events = list(Calendar.from_ical(made).walk("VEVENT"))
    assert [event["uid"] for event in events] == [
        "yusuf-demir-2011-10-29@springtide",
        "yusuf-demir-2011-10-31@springtide",
    ]
    london = ZoneInfo("Europe/London")
    assert events[0].decoded("dtstart") == datetime(2011, 10, 29, 13, 30, tzinfo=london)
    assert events[0].decoded("dtstart").utcoffset().seconds == 3600
    assert events[1].decoded("dtend") == datetime(2011, 11, 1, 6, 0, tzinfo=london)
    assert events[1].decoded("dtend").utcoffset().seconds == 0
    assert b"BEGIN:VTIMEZONE" in made


def test_a_roster_is_a_table(tmp_path: Path) -> None:
    write_roster(tmp_path / "roster.csv", ENTRIES, {"yusuf-demir": "Yusuf Demir"})
    with (tmp_path / "roster.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["Yusuf Demir", "Yusuf Demir"]
    assert rows[0]["starts"] == "13:30"


def test_leave_and_wishes_are_read_or_named_by_row(tmp_path: Path) -> None:
    file = tmp_path / "leave.csv"
    file.write_text("person,first,last\nkofi-mensah,2011-12-05,2011-12-11\n", encoding="utf-8")
    assert read_absences(file) == (Absence(person="kofi-mensah", first=date(2011, 12, 5), last=date(2011, 12, 11)),)
    file.write_text("person,first,last\na,2011-12-05,soon\nb,yesterday,2011-12-05\n", encoding="utf-8")
    with pytest.raises(InvalidPeakInput) as caught:
        read_absences(file)
    assert [(mistake.rule, mistake.row) for mistake in caught.value.mistakes] == [
        ("last_unreadable", 2),
        ("first_unreadable", 3),
    ]
    file.write_text("person,day,shift,wanted\na,2011-12-05,late,perhaps\n", encoding="utf-8")
    with pytest.raises(InvalidPeakInput, match="wanted"):
        read_wishes(file)
    file.write_text("person,day,shift,wanted\na,2011-12-05,late,no\n", encoding="utf-8")
    assert not read_wishes(file)[0].wanted
