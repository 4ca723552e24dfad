"""A CSV file while it is read: every mistake is named with its row, and reading goes on to find the next."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TypeVar

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
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            names = [name.strip().lower() for name in reader.fieldnames or ()]
            if "sku" not in names and "key" in names:
                names[names.index("key")] = "sku"
            reader.fieldnames = names
            missing = [name for name in columns if name not in names]
            if missing:
                message = f"columns missing: {', '.join(missing)}"
                mistakes.append(Mistake(where=str(path), rule="columns_missing", message=message, row=1))
                return cls(str(path), [], mistakes)
            rows: list[Row] = [(reader.line_num, row) for row in reader]
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
