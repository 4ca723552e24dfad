"""Figures of a season from a file: `figure, day, value` and, where they are needed, `of, days, note`."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import polars as pl

from springtide.contexts.peak.providers.frames import numbers, read_header, read_table, rows_of
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.told import NEEDED, OPTIONAL, Told, ToldRow, mistakes_of_told

_DAY = r"^\d{4}-\d{2}-\d{2}$"


def is_told(path: Path) -> bool:
    """Tell by its header whether a file holds told figures; raises InvalidPeakInput, OSError without the file."""
    return set(read_header(path)[0]) >= set(NEEDED)


def read_told(path: Path) -> tuple[Told, ...]:
    """Read a file; an empty value takes back what was told. Raises InvalidPeakInput naming every broken row."""
    written = read_table(path, NEEDED, optional=OPTIONAL)
    table = written.with_columns(
        pl.lit(None, pl.String).alias(name) for name in OPTIONAL if name not in written.columns
    )
    days = pl.coalesce(pl.col("days"), pl.lit("1"))
    table = numbers("value", table.with_columns(days=days)).with_columns(
        pl.col("days").str.strip_chars().cast(pl.Int64, strict=False),
        read=pl.col("day").str.strip_chars().str.to_date("%Y-%m-%d", strict=False),
    )
    mistakes = list(_unreadable(table.with_columns(text=written["value"]), path.name))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    columns = ("figure", "read", "value", "of", "days", "note")
    told = tuple(
        Told(figure=figure.strip(), day=day, value=value, of=(of or "").strip(), days=many, note=(note or "").strip())
        for figure, day, value, of, many, note in table.select(columns).iter_rows()
    )
    rows = table["row"].to_list()
    mistakes = [
        Mistake(where=one.where, rule=one.rule, message=one.message, row=rows[one.row - 1] if one.row else 0)
        for one in mistakes_of_told(told, path.name, date.max)
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return told


def _unreadable(table: pl.DataFrame, where: str) -> Iterator[Mistake]:
    yield from rows_of(table.filter(pl.col("figure").is_null()), where, "no_figure", "there is no figure")
    no_day = table.filter(pl.col("read").is_null())
    yield from rows_of(no_day, where, "no_day", "{} is no day like 2011-11-21", "day")
    odd = table.filter(pl.col("value").is_null() & pl.col("text").is_not_null())
    yield from rows_of(odd, where, "no_amount", "{} is no number", "text")
    yield from rows_of(table.filter(pl.col("days").is_null()), where, "days", "days is 1 or 7")


def told_rows(path: Path) -> tuple[ToldRow, ...]:
    """Read a file for a review without a desk: its rows count as they stand there."""
    signed: dict[str, Any] = {
        "id": UUID(int=0),
        "source": path.name,
        "author": "",
        "told_at": datetime.fromtimestamp(0, UTC),
    }
    return tuple(ToldRow(**signed, **msgspec.structs.asdict(one)) for one in read_told(path))
