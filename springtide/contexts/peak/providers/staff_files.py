"""Rosters and staffing numbers as files: CSV for spreadsheets, calendars (ICS) for people; leave and wishes in."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from springtide.contexts.peak.providers.tables import Table
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.staff import Absence, RosterEntry, ShiftWish, StaffPlan

_YES, _NO = {"1", "yes", "true"}, {"0", "no", "false"}
_COLUMNS = ("phone", "chat", "needed", "rostered", "scheduled", "outsourced", "net")


def read_absences(path: Path) -> tuple[Absence, ...]:
    """Read person, first, last (dates, both included); raises InvalidPeakInput naming every row that is wrong."""
    mistakes: list[Mistake] = []
    table = Table.of(path, ("person", "first", "last"), mistakes)
    found = []
    for row in table.rows:
        first, last = (table.value(row, column, date.fromisoformat) for column in ("first", "last"))
        if first and last:
            found.append(Absence(person=row[1]["person"].strip(), first=first, last=last))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return tuple(found)


def read_wishes(path: Path) -> tuple[ShiftWish, ...]:
    """Read person, day, shift, wanted (yes, no); raises InvalidPeakInput naming every row that is wrong."""
    mistakes: list[Mistake] = []
    table = Table.of(path, ("person", "day", "shift", "wanted"), mistakes)
    found = []
    for row in table.rows:
        day = table.value(row, "day", date.fromisoformat)
        wanted = table.value(row, "wanted", _yes)
        if day and wanted is not None:
            cells = row[1]
            found.append(
                ShiftWish(person=cells["person"].strip(), day=day, shift=cells["shift"].strip(), wanted=wanted)
            )
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return tuple(found)


def write_half_hours(path: Path, plan: StaffPlan) -> None:
    """Write one row per open half hour: what is needed, who is there, what is left."""
    desk = plan.support
    grids = {name: getattr(desk, name) for name in _COLUMNS}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("day", "time", *_COLUMNS))
        for index in range(plan.days):
            day = plan.first + timedelta(days=index)
            for slot in range(48):
                cells = [grids[name][index][slot] for name in _COLUMNS]
                if any(cells):
                    writer.writerow((day.isoformat(), f"{slot // 2:02d}:{slot % 2 * 30:02d}", *cells))


def write_roster(path: Path, entries: Iterable[RosterEntry], names: Mapping[str, str]) -> None:
    """Write one row per shift somebody works. `names`: by person's id."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("day", "person", "name", "team", "shift", "starts", "ends", "paid_hours"))
        writer.writerows(
            (
                entry.day.isoformat(), entry.person, names[entry.person], entry.team, entry.shift, entry.starts,
                entry.ends, f"{entry.paid_hours:g}",
            )
            for entry in entries
        )  # fmt: skip


def write_calendars(
    folder: Path, entries: Sequence[RosterEntry], names: Mapping[str, str], *, timezone: str, made_on: date
) -> list[Path]:
    """Write a calendar for everybody who works, `<person>.ics`; importing a newer one replaces the shifts.

    `made_on` stands in the file as the day it was made: the same roster gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for person in sorted({entry.person for entry in entries}):
        calendar = calendar_of(
            [entry for entry in entries if entry.person == person], names[person], timezone=timezone, made_on=made_on
        )
        path = folder / f"{person}.ics"
        path.write_bytes(calendar)
        written.append(path)
    return written


def calendar_of(entries: Iterable[RosterEntry], name: str, *, timezone: str, made_on: date) -> bytes:
    """Return a person's shifts as an iCalendar file."""
    calendar = Calendar()
    calendar.add("prodid", "-//Springtide//Peak desk//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Shifts of {name}")
    zone = ZoneInfo(timezone)
    for entry in entries:
        starts, ends = (time.fromisoformat(clock) for clock in (entry.starts, entry.ends))
        last_day = entry.day + timedelta(days=int(ends <= starts))
        event = Event()
        event.add("uid", f"{entry.person}-{entry.day.isoformat()}@springtide")
        event.add("dtstamp", datetime.combine(made_on, time(), UTC))
        event.add("dtstart", datetime.combine(entry.day, starts, zone))
        event.add("dtend", datetime.combine(last_day, ends, zone))
        event.add("summary", f"{entry.team}: {entry.shift}")
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def write_hires(path: Path, plan: StaffPlan) -> None:
    """Write one row per team and week with a gap or a start."""
    columns = (
        "team", "first", "gap_fte", "productive_fte", "starting", "invited", "offers", "interviews", "applicants",
        "advertise_by", "agency_by",
    )  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([getattr(week, column) for column in columns] for week in plan.hiring)


def _yes(cell: str) -> bool:
    if cell.lower() not in _YES | _NO:
        raise ValueError(cell)
    return cell.lower() in _YES
