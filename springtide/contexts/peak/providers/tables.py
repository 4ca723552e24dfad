"""A CSV or XLSX file while it is read: every mistake is named with its row, and reading goes on to find the next."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from math import isfinite
from pathlib import Path
from typing import TypeVar

from springtide.contexts.peak.providers.xlsx import is_xlsx, read_sheet
from springtide.contracts.peak.errors import Mistake

_T = TypeVar("_T")
Row = tuple[int, Mapping[str, str]]
"""The line in the file, counted from 1 with the header as the first, and its cells by column."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, what the file is called and where its mistakes go."""

    where: str
    rows: list[Row]
    mistakes: list[Mistake] = field(repr=False)

    @classmethod
    def of(cls, path: Path, columns: tuple[str, ...], mistakes: list[Mistake]) -> "Table":
        """Read a file; without one of the columns it has no rows. A column `key` is one called `sku`."""
        names, cells = _sheet(path) if is_xlsx(path) else _csv(path)
        names = [name.strip().lower() for name in names]
        if "sku" not in names and "key" in names:
            names[names.index("key")] = "sku"
        missing = [name for name in columns if name not in names]
        if missing:
            message = f"columns missing: {', '.join(missing)}"
            mistakes.append(Mistake(where=str(path), rule="columns_missing", message=message, row=1))
            return cls(str(path), [], mistakes)
        rows: list[Row] = [(number, dict(zip_longest(names, row[: len(names)], fillvalue=""))) for number, row in cells]
        if not rows:
            mistakes.append(Mistake(where=str(path), rule="empty", message="there are no rows"))
        return cls(str(path), rows, mistakes)

    def wrong(self, row: int, rule: str, message: str) -> None:
        """Note a mistake; row 0 blames none."""
        self.mistakes.append(Mistake(where=self.where, rule=rule, message=message, row=row))

    def value(self, at: Row, name: str, read: Callable[[str], _T]) -> _T | None:
        """Return a cell as `read` understands it, or note that it does not (ValueError) and return None."""
        try:
            return read(at[1][name].strip())
        except ValueError:
            self.wrong(at[0], f"{name}_unreadable", f"{name} is {at[1][name]!r}")
            return None

    def amount(self, at: Row, name: str) -> float | None:
        """Return a number of at least 0."""
        number = self.value(at, name, float)
        if number is None or (isfinite(number) and number >= 0):
            return number
        self.wrong(at[0], f"{name}_negative", f"{name} is {number:g}, which is not a number of at least 0")
        return None


def _csv(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and the rows that are not blank, each with its line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        return next(reader, []), [(reader.line_num, row) for row in reader if row]


def _sheet(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    sheet = read_sheet(path)
    return list(sheet.names), sheet.rows
