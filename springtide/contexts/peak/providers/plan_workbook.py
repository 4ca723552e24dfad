"""A plan as files for other programs: a workbook with a sheet for each step, its deadlines and rosters as calendars."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from io import BytesIO
from typing import Any

import msgspec
from icalendar import Calendar, Event
from xlsxwriter import Workbook

from springtide.contexts.peak.providers.staff_files import calendar_of
from springtide.contracts.peak.plan import Plan
from springtide.contracts.peak.staff import RosterPlan
from springtide.contracts.peak.tables import Cell, Table, tables_of
from springtide.platform.money import exponent

WORKBOOK_FILE, DEADLINES_FILE, ROSTERS_FILE = "plan.xlsx", "deadlines.ics", "rosters.ics"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST_SHEET = 31
_MOST_ROWS = 1_000_000
_HEAD = ("head", "decisions", "deadlines", "paths", "days")


def files_of(plan: Plan) -> Iterator[tuple[str, bytes]]:
    """Yield every file by name; the same plan gives the same bytes."""
    yield WORKBOOK_FILE, workbook_of(plan)
    yield DEADLINES_FILE, deadlines_of(plan)
    if plan.staff.roster is not None:
        yield ROSTERS_FILE, rosters_of(plan, plan.staff.roster)


def workbook_of(plan: Plan) -> bytes:
    """Return the plan as XLSX: numbers are numbers, money in units of the plan's currency, texts never formulas."""
    body = BytesIO()
    book = Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"Plan {plan.id}", "company": plan.company, "created": _at(plan.as_of)})
    sheet = _Sheets(book, plan.currency)
    plain = msgspec.to_builtins(plan)
    head = {name: value for name, value in plain.items() if not isinstance(value, list | dict)}
    steps = {"head": head, **{name: value for name, value in plain.items() if isinstance(value, list | dict)}}
    for name in sorted(steps, key=lambda name: (name not in _HEAD, list(steps).index(name))):
        sheet.write(name, tables_of(name, steps[name], plan.currency))
    book.close()
    return body.getvalue()


def rosters_of(plan: Plan, roster: RosterPlan) -> bytes:
    """Return everybody's shifts as one iCalendar file, each with whose it is."""
    entries = [msgspec.structs.replace(one, team=f"{one.person}, {one.team}") for one in roster.entries]
    return calendar_of(entries, plan.company, timezone=plan.timezone, made_on=plan.as_of)


def deadlines_of(plan: Plan) -> bytes:
    """Return the last days of everything as an iCalendar file."""
    calendar = Calendar()
    calendar.add("prodid", "-//Springtide//Peak desk//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Deadlines of {plan.company}")
    for deadline in plan.deadlines:
        event = Event()
        event.add("uid", f"{deadline.kind}-{deadline.name}-{deadline.last_day.isoformat()}@springtide")
        event.add("dtstamp", _at(plan.as_of))
        event.add("dtstart", deadline.last_day)
        event.add("summary", f"Last day: {deadline.kind} {deadline.name}")
        event.add("description", f"needed on {deadline.needed_on.isoformat()}, {deadline.lead_days} days ahead")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


class _Sheets:
    """Writes tables below each other, a sheet for a step."""

    def __init__(self, book: Any, currency: str) -> None:  # noqa: ANN401 - the library has no types
        self._book = book
        self._currency = currency
        digits = exponent(currency)
        self._scale = 10**digits
        self._bold = book.add_format({"bold": True, "bottom": 1})
        self._title = book.add_format({"bold": True, "font_size": 13})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._money = book.add_format({"num_format": f"#,##0.{'0' * digits}".rstrip(".")})

    def write(self, step: str, tables: Iterable[Table]) -> None:
        """Write a step's tables; one without any has no sheet."""
        found = list(tables)
        if not found:
            return
        sheet = self._book.add_worksheet(step[:_LONGEST_SHEET])
        sheet.set_column(0, 0, 28)
        row = 0
        for table in found:
            sheet.write_string(row, 0, table.name, self._title)
            for column, name in enumerate(table.columns):
                sheet.write_string(row + 1, column, self._header(name), self._bold)
            for offset, cells in enumerate(table.rows[:_MOST_ROWS], start=row + 2):
                for column, cell in enumerate(cells):
                    self._cell(sheet, (offset, column), _named(table, cells, column), cell)
            row += len(table.rows[:_MOST_ROWS]) + 3

    def _header(self, name: str) -> str:
        words = name.replace("_minor", f" ({self._currency})").replace("_per_s", " per second")
        return words.replace("_", " ").replace(".", ", ")

    def _cell(self, sheet: Any, at: tuple[int, int], name: str, cell: Cell) -> None:  # noqa: ANN401 - as above
        if isinstance(cell, bool):
            sheet.write_boolean(*at, cell)
        elif isinstance(cell, int | float):
            money = "_minor" in name
            sheet.write_number(*at, cell / self._scale if money else cell, self._money if money else None)
        elif isinstance(cell, str) and _DAY.fullmatch(cell):
            sheet.write_datetime(*at, _at(date.fromisoformat(cell)).replace(tzinfo=None), self._day)
        elif cell is not None:
            sheet.write_string(*at, cell)


def _named(table: Table, cells: tuple[Cell, ...], column: int) -> str:
    """Return what a cell is called: in a list of figures, its row says so."""
    return str(cells[0]) if table.columns == ("figure", "value") else table.columns[column]


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
