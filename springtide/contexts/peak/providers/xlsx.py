"""The first sheet of an XLSX workbook as rows of text, as a CSV file would have them.

Numbers have a point and the fifteen digits that spreadsheets show, days are written 2026-11-27, times 2026-11-27
09:30:00. A formula is what it came to when the workbook was saved. Blank rows are no rows, and keep their number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from springtide.contexts.peak.providers.xlsx_parts import (
    Done,
    NoWorkbook,
    Relations,
    SharedStrings,
    Sheets,
    Styles,
    parse,
    whole,
)
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

SUFFIX, _BEGINS = ".xlsx", b"PK\x03\x04"
MOST_ROWS, MOST_CELLS = 1_000_000, 10_000_000
_NAMED = 20
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_MOST_COLUMNS = 16_384
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 - days of a sheet have no zone
_DIGITS_END = 1e15
"""From here on the fifteen digits that spreadsheets show are no longer all of a number."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows`: number in the sheet, from 1, and cells under `names`, "" where there is none."""

    name: str
    names: tuple[str, ...]
    rows: list[tuple[int, list[str]]]


def is_xlsx(path: Path) -> bool:
    """Tell whether a file is a workbook: it begins like one, whatever it is called, or is called one."""
    with path.open("rb") as file:
        return file.read(len(_BEGINS)) == _BEGINS or path.suffix.lower() == SUFFIX


def read_sheet(path: Path, *, header_only: bool = False) -> Sheet:
    """Read the first sheet; its first row that is not blank is the header. Raises InvalidPeakInput, OSError without it.

    Refused are: what is no workbook, one with more in it than is read, errors in cells, cells beside the header.
    """
    try:
        with ZipFile(path) as book:
            return _read(book, path.name, header_only=header_only)
    except (BadZipFile, NoWorkbook) as error:
        message = f"the workbook cannot be read: {error}"
        raise InvalidPeakInput.of([Mistake(where=path.name, rule="not_readable", message=message)]) from error


def _read(book: ZipFile, where: str, *, header_only: bool) -> Sheet:
    sheets, relations, styles, strings = Sheets(), Relations(), Styles(), SharedStrings()
    if not parse(book, "xl/workbook.xml", sheets):
        message = "there is no xl/workbook.xml in it"
        raise NoWorkbook(message)
    parse(book, "xl/_rels/workbook.xml.rels", relations)
    parse(book, "xl/styles.xml", styles)
    parse(book, "xl/sharedStrings.xml", strings)
    name, part = next(
        ((name, relations.worksheets[id_]) for name, id_ in sheets.found if id_ in relations.worksheets), ("", "")
    )
    cells = _Cells(where, name, strings.found, styles.dates, _EPOCHS[sheets.from_1904], header_only=header_only)
    if not parse(book, part, cells):
        message = "there is no sheet in it"
        raise NoWorkbook(message)
    if cells.mistakes:
        raise InvalidPeakInput.of(cells.mistakes)
    if not cells.names:
        raise InvalidPeakInput.of([Mistake(where=where, rule="empty", message=f"the sheet {name} is empty")])
    return Sheet(name, tuple(cells.names), cells.rows)


class _Cells:
    """Listens to a sheet; see `xlsx_parts.Handler`."""

    def __init__(
        self, where: str, sheet: str, strings: list[str], dates: list[bool], epoch: datetime, *, header_only: bool
    ) -> None:
        self.names: list[str] = []
        self.rows: list[tuple[int, list[str]]] = []
        self.mistakes: list[Mistake] = []
        self._where, self._sheet, self._epoch, self._header_only = where, sheet, epoch, header_only
        self._strings, self._dates = strings, dates
        self._row: dict[int, str] = {}
        self._number, self._column, self._cells, self._first = 0, 0, 0, 0
        self._kind, self._is_date, self._takes = "", False, False
        self._text: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Begin a row, a cell or its value."""
        if name == "row":
            number = whole(attributes.get("r", ""))
            self._number = number if number > 0 else self._number + 1
            self._column, self._row = 0, {}
        elif name == "c":
            place = _PLACE.fullmatch(attributes.get("r", ""))
            self._column = _column_of(place[1]) if place else self._column + 1
            style = whole(attributes.get("s", "0"))
            self._is_date = 0 <= style < len(self._dates) and self._dates[style]
            self._kind, self._text = attributes.get("t", "n"), []
        self._takes = name == "v" or (name == "t" and self._kind == "inlineStr")

    def text(self, data: str) -> None:
        """Take a piece of a value."""
        if self._takes:
            self._text.append(data)

    def end(self, name: str) -> None:
        """End a value, a cell or a row."""
        self._takes = False
        if name == "c" and self._text:
            written = self._written("".join(self._text)).strip()
            if written:
                self._row[self._column] = written
        elif name == "row" and self._row:
            self._end_row()

    def _end_row(self) -> None:
        if not self.names:
            self._first = min(self._row)
            width = max(self._row) - self._first + 1
            places = (self._first + at for at in range(width))
            self.names = [self._row.get(place, f"column {_letters(place)}") for place in places]
            if self._header_only:
                raise Done
            return
        beside = next((at for at in self._row if not 0 <= at - self._first < len(self.names)), None)
        if beside is not None:
            self._wrong(
                "row_length", f"sheet {self._sheet}, column {_letters(beside)}: a cell without a column above it"
            )
            return
        self._cells += len(self.names)
        if len(self.rows) >= MOST_ROWS or self._cells > MOST_CELLS:
            message = (
                f"the sheet {self._sheet} has more than {MOST_ROWS:,} rows or {MOST_CELLS:,} cells: use CSV or Parquet"
            )
            raise NoWorkbook(message)
        self.rows.append((self._number, [self._row.get(self._first + at, "") for at in range(len(self.names))]))

    def _written(self, text: str) -> str:
        if self._kind == "s":
            place = whole(text)
            return self._strings[place] if 0 <= place < len(self._strings) else ""
        if self._kind == "b":
            return "true" if text == "1" else "false"
        if self._kind == "e":
            column = _letters(self._column)
            self._wrong("cell_error", f"sheet {self._sheet}, column {column}: the cell holds the error {text}")
        return self._number_written(text) if self._kind == "n" else text

    def _number_written(self, text: str) -> str:
        try:
            number = float(text)
        except ValueError:
            return text
        if self._is_date and 0 <= number <= date.max.toordinal() - self._epoch.toordinal():
            return _day(self._epoch, number)
        return f"{number:.15g}" if abs(number) < _DIGITS_END else text

    def _wrong(self, rule: str, message: str) -> None:
        self.mistakes.append(Mistake(where=self._where, rule=rule, message=message, row=self._number))
        if len(self.mistakes) >= _NAMED:
            raise Done


def _day(epoch: datetime, serial: float) -> str:
    moment = epoch + timedelta(seconds=round(serial * 86_400))
    return moment.strftime("%Y-%m-%d") if serial == int(serial) else moment.strftime("%Y-%m-%d %H:%M:%S")


def _column_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return min(number, _MOST_COLUMNS)


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
