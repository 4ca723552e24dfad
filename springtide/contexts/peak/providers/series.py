"""Ready series (`date, key, quantity`), visits (`date, visits`) and catalogues (`sku`, optional `category`)."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from springtide.contexts.peak.domain.history.ready import ReadySeries, series_of
from springtide.contexts.peak.providers.clock import on_written_day
from springtide.contexts.peak.providers.frames import numbers, read_table, rows_of, truth
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

SERIES = ("date", "key", "quantity")
OPTIONAL_OF_SERIES = ("in_stock", "category")
VISITS = ("date", "visits")


def read_series(path: Path, *, categories: Mapping[str, str] | None = None) -> ReadySeries:
    """Read quantities per day or week and key; a quantity left empty is one that nobody knows.

    Days are taken as they are written, whatever zone a time behind them names. `in_stock` says whether the shelf was
    full: a quantity without it is a lower bound. `categories`: of a catalogue; without one those of the rows count, and
    with one every key has to be in it. Raises InvalidPeakInput naming every broken row, OSError without the file.
    """
    written = read_table(path, SERIES, optional=OPTIONAL_OF_SERIES)
    table = numbers("quantity", written).with_columns(pl.col("key").str.strip_chars(), text=written["quantity"])
    dated = on_written_day(table, "date", path.name)
    twice = dated.table.filter(pl.col("day").is_not_null() & _repeated("day", "key"))
    mistakes = [
        *dated.mistakes,
        *_mistakes_of_series(table, path.name, categories or {}),
        *rows_of(twice, path.name, "duplicate_row", "{} has a second row that day", "key"),
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    more = [name for name in OPTIONAL_OF_SERIES if name in table.columns]
    frame = dated.table.select("day", "key", "quantity", *more)
    if "in_stock" in more:
        frame = frame.with_columns(in_stock=truth())
    return series_of(frame, source=path.name, categories=categories)


def _mistakes_of_series(table: pl.DataFrame, where: str, categories: Mapping[str, str]) -> Iterator[Mistake]:
    yield from rows_of(table.filter(pl.col("key").fill_null("") == ""), where, "key", "the key is missing")
    wrong = table.filter(pl.col("text").is_not_null() & pl.col("quantity").is_null())
    yield from rows_of(wrong, where, "quantity", "a quantity is a number, or empty, not {}", "text")
    if "in_stock" in table.columns:
        unclear = table.filter(pl.col("in_stock").is_not_null() & truth().is_null())
        yield from rows_of(unclear, where, "in_stock", "in_stock is true or false, not {}", "in_stock")
    if categories:
        unknown = table.filter((pl.col("key").fill_null("") != "") & ~pl.col("key").is_in(sorted(categories)))
        yield from rows_of(unknown, where, "unknown_sku", "the catalogue has no SKU {}", "key")


def read_visits(path: Path) -> dict[date, float]:
    """Read visits per day; raises InvalidPeakInput naming every broken row, OSError when there is no such file."""
    written = read_table(path, VISITS)
    table = numbers("visits", written).with_columns(text=written["visits"])
    dated = on_written_day(table, "date", path.name)
    wrong = table.filter(pl.col("visits").is_null() | (pl.col("visits") < 0))
    mistakes = [
        *dated.mistakes,
        *rows_of(wrong, path.name, "visits", "visits are a number from 0, not {}", "text"),
        *rows_of(table.filter(_repeated("date")), path.name, "duplicate_row", "{} has a second row", "date"),
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return dict(dated.table.select("day", "visits").iter_rows())


def read_catalogue(path: Path) -> dict[str, str]:
    """Read the SKUs of a catalogue with their category, "" without one; raises as the others do."""
    table = read_table(path, ("sku",), optional=("category",))
    mistakes = [
        *rows_of(table.filter(pl.col("sku").is_null()), path.name, "sku", "the SKU is missing"),
        *rows_of(table.filter(_repeated("sku")), path.name, "duplicate_row", "{} has a second row", "sku"),
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    category = pl.col("category").fill_null("") if "category" in table.columns else pl.lit("").alias("category")
    return dict(table.select(pl.col("sku").str.strip_chars(), category).iter_rows())


def _repeated(*columns: str) -> pl.Expr:
    """Return where a row repeats an earlier one."""
    return pl.struct(columns).is_duplicated() & ~pl.struct(columns).is_first_distinct()
