"""CSV, Parquet and XLSX as tables of text, with the header checked before anything else."""

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import polars as pl

from springtide.contexts.peak.providers.xlsx import is_xlsx, read_sheet
from springtide.contracts.peak.company import used_twice
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

NAMED_ROWS = 20
"""How many rows of one rule are named; the rest are counted."""
_SEPARATORS = (",", ";", "\t", "|")
_PARQUET, _GZIP = b"PAR1", b"\x1f\x8b"
"""How such files begin, whatever they are called."""
_FIRST_ROW = 2
_YES = ("1", "true", "yes", "y", "t", "1.0")
_NO = ("0", "false", "no", "n", "f", "0.0")


def read_header(path: Path) -> tuple[tuple[str, ...], str]:
    """Return the columns of a file and its separator ("" for Parquet and XLSX).

    Raises InvalidPeakInput for an empty file, a column named twice and a file that is no text; OSError without it.
    """
    if _begins(path, _PARQUET):
        try:
            return tuple(pl.read_parquet_schema(path)), ""
        except pl.exceptions.PolarsError as error:
            raise _refused(path, "not_readable", f"this is no Parquet file: {error}") from error
    if is_xlsx(path):
        return _named_once(path, read_sheet(path, header_only=True).names), ""
    with _text(path) as file:
        line = file.readline()
    if not line.strip():
        raise _refused(path, "empty", "the file is empty")
    separator = max(_SEPARATORS, key=line.count)
    names = tuple(name.strip() for name in next(csv.reader([line], delimiter=separator)))
    return _named_once(path, names), separator


def _named_once(path: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    mistakes = [
        Mistake(where=mistake.where, rule="duplicate_column", message=mistake.message, row=1)
        for mistake in used_twice(path.name, list(names))
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return names


def read_table(path: Path, needed: Iterable[str], *, optional: Iterable[str] = ()) -> pl.DataFrame:
    """Return the wanted columns of a file, as text, "" as null, with `row`; numbers have a decimal point.

    Raises InvalidPeakInput for a missing column, rows of another length and a file without rows; OSError without it.
    """
    names, separator = read_header(path)
    missing = [name for name in needed if name not in names]
    if missing:
        message = f"the columns {', '.join(missing)} are missing; there are {', '.join(names)}"
        raise _refused(path, "missing_column", message, row=1)
    wanted = [name for name in (*needed, *optional) if name in names]
    table = _xlsx(path, wanted) if is_xlsx(path) else _numbered(path, names, separator, wanted)
    found = table.filter(pl.any_horizontal(pl.col(wanted).is_not_null()))
    if found.is_empty():
        raise _refused(path, "empty", "the file has a header and no rows")
    return found


def numbers(column: str, table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with a column of text as float64; what is no number becomes null.

    A comma stands before decimals, unless all that have one have three figures after it: those may be thousands, and
    are no number.
    """
    text = pl.col(column).str.strip_chars()
    decimals = text.str.contains(r"^-?\d+,\d+$")
    unclear = (decimals & ~text.str.contains(r"^-?[1-9]\d{0,2},\d{3}$")).any().not_()
    with_point = pl.when(decimals & ~unclear).then(text.str.replace(",", ".")).otherwise(text)
    value = with_point.cast(pl.Float64, strict=False)
    return table.with_columns(pl.when(value.is_finite()).then(value).alias(column))


def truth(column: str = "in_stock") -> pl.Expr:
    """Return a column of words as bool; null for a word that is neither yes nor no."""
    word = pl.col(column).str.strip_chars().str.to_lowercase()
    no = pl.when(word.is_in(_NO)).then(statement=False)
    return pl.when(word.is_in(_YES)).then(statement=True).otherwise(no.otherwise(None))


def rows_of(table: pl.DataFrame, where: str, rule: str, message: str, shown: str = "") -> Iterator[Mistake]:
    """Yield a mistake for each row of a table, the first of them by name; `shown` is put in for {} in the message."""
    named = table.head(NAMED_ROWS)
    values = named[shown].to_list() if shown else [""] * named.height
    for row, value in zip(named["row"].to_list(), values, strict=True):
        text = message.format("nothing" if value is None else value) if shown else message
        yield Mistake(where=where, rule=rule, message=text, row=row)
    if table.height > NAMED_ROWS:
        text = f"{table.height - NAMED_ROWS} more rows break the rule {rule}"
        yield Mistake(where=where, rule=rule, message=text)


def _begins(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """Open a file of text, also a compressed one; what cannot be read is refused by name."""
    opened = gzip.open if _begins(path, _GZIP) else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError as error:
        raise _refused(path, "not_readable", "the file is not UTF-8 text") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _refused(
            path, "not_readable", "the compressed file is broken: it ends too early or is damaged"
        ) from error


def _csv(path: Path, names: tuple[str, ...], separator: str) -> pl.DataFrame:
    table = pl.read_csv(path, separator=separator, infer_schema=False)
    table.columns = list(names)
    return table


def _refuse_long_rows(path: Path, columns: int, separator: str) -> None:
    if not separator:
        return
    with _text(path) as file:
        rows = enumerate(csv.reader(file, delimiter=separator), start=1)
        mistakes = [
            Mistake(where=path.name, rule="row_length", message=f"{len(row)} cells under {columns} columns", row=number)
            for number, row in rows
            if len(row) > columns
        ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes[:NAMED_ROWS])


def _numbered(path: Path, names: tuple[str, ...], separator: str, wanted: list[str]) -> pl.DataFrame:
    try:
        table = _parquet(path, wanted) if not separator else _csv(path, names, separator).select(wanted)
    except (pl.exceptions.PolarsError, OSError) as error:  # OSError: a compressed file that was cut off
        _refuse_long_rows(path, len(names), separator)
        raise _refused(path, "not_readable", " ".join(str(error).split())[:300]) from error
    return table.with_row_index("row", offset=_FIRST_ROW).with_columns(pl.col("row").cast(pl.Int64))


def _xlsx(path: Path, wanted: list[str]) -> pl.DataFrame:
    """Return a sheet with the numbers of its own rows: blank ones lie between them."""
    sheet = read_sheet(path)
    places = [sheet.names.index(name) for name in wanted]
    columns = {name: [cells[at] or None for _, cells in sheet.rows] for name, at in zip(wanted, places, strict=True)}
    table = pl.DataFrame(columns, schema=dict.fromkeys(wanted, pl.String))
    return table.with_columns(row=pl.Series([number for number, _ in sheet.rows], dtype=pl.Int64))


def _parquet(path: Path, wanted: list[str]) -> pl.DataFrame:
    table = pl.read_parquet(path, columns=wanted)
    return table.with_columns(pl.col(name).cast(pl.String) for name in wanted)


def _refused(path: Path, rule: str, message: str, row: int = 0) -> InvalidPeakInput:
    return InvalidPeakInput.of([Mistake(where=path.name, rule=rule, message=message, row=row)])
