"""Results of a plan as flat tables, for spreadsheets: from the plain values of its JSON.

A record is a table of its figures and a table for each of its lists; bands become columns of their ranks, phrases
sentences. Columns whose name ends with "_minor" hold money in minor units.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.phrases import say
from springtide.platform.money import written

Cell = str | int | float | bool | None
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would take for a formula."""


class Table(NamedTuple):
    """A table: "stock" or "stock.lines"; cells in the order of the columns."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables_of(step: str, value: object, currency: str) -> Iterator[Table]:
    """Yield the tables of a result; its own figures first. `currency`: of the money in its sentences."""
    if isinstance(value, Mapping):
        flat = dict(_flat("", value, currency))
        if flat:
            yield Table(step, ("figure", "value"), tuple(flat.items()))
        for name, part in value.items():
            if isinstance(part, Sequence) and not isinstance(part, str):
                yield from tables_of(f"{step}.{name}", part, currency)
            elif isinstance(part, Mapping) and not _is_phrase(part):
                yield from (
                    table for table in tables_of(f"{step}.{name}", part, currency) if table.columns[0] != "figure"
                )
    elif isinstance(value, Sequence) and value:
        rows = [
            dict(_flat("", item, currency)) if isinstance(item, Mapping) else {"value": _cell(item)} for item in value
        ]
        columns = tuple(dict.fromkeys(name for row in rows for name in row))
        yield Table(step, columns, tuple(tuple(row.get(name) for name in columns) for row in rows))


def guarded(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula: a text that looks like one is quoted."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RISKY) else cell


def _flat(prefix: str, record: Mapping[str, Any], currency: str) -> Iterator[tuple[str, Cell]]:
    for name, value in record.items():
        full = f"{prefix}{name}"
        if isinstance(value, Mapping):
            if _is_phrase(value):
                yield full, _sentence(value, currency)
            else:
                yield from _flat(f"{full}.", value, currency)
        elif not isinstance(value, Sequence) or isinstance(value, str):
            yield full, value
        elif all(not isinstance(item, Mapping | list | tuple) for item in value) and prefix + name:
            yield full, _cell(value)


def _cell(value: object) -> Cell:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(str(item) for item in value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _is_phrase(value: Mapping[str, Any]) -> bool:
    return set(value) == {"key", "values"}


def _sentence(value: Mapping[str, Any], currency: str) -> str:
    phrase = Phrase(key=value["key"], values=value["values"])
    return say(phrase, "en", lambda kind, value: _written(kind, value, currency))


def _written(kind: str, value: str | float, currency: str) -> str:
    if kind == "money":
        return written(float(value), currency)
    if kind == "percent":
        return f"{float(value):.1%}"
    return str(value) if isinstance(value, str) else f"{value:,g}"
