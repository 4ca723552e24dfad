"""Ready series (`date, key, quantity`), visits (`date, visits`) and catalogues (`sku`, optional `category`)."""

from datetime import date
from pathlib import Path

import polars as pl

from springtide.contexts.peak.domain.history.ready import ReadySeries, series_of
from springtide.contexts.peak.providers.clock import on_shop_clock
from springtide.contexts.peak.providers.frames import numbers, read_table, rows_of
from springtide.contracts.peak.errors import InvalidPeakInput

SERIES = ("date", "key", "quantity")
VISITS = ("date", "visits")


def read_series(path: Path) -> ReadySeries:
    """Read quantities per day or week and key; a quantity left empty is one that nobody knows.

    Raises InvalidPeakInput naming every broken row, OSError when there is no such file.
    """
    written = read_table(path, SERIES)
    table = numbers("quantity", written).with_columns(text=written["quantity"])
    clocked = on_shop_clock(table, "date", "UTC", path.name)
    wrong = table.filter((pl.col("text").is_not_null() & pl.col("quantity").is_null()) | (pl.col("quantity") < 0))
    mistakes = [
        *clocked.mistakes,
        *rows_of(table.filter(pl.col("key").is_null()), path.name, "key", "the key is missing"),
        *rows_of(wrong, path.name, "quantity", "a quantity is a number from 0, or empty, not {}", "text"),
        *rows_of(
            table.filter(_repeated("date", "key")), path.name, "duplicate_row", "{} has a second row that day", "key"
        ),
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    frame = clocked.table.select(pl.col("local").dt.date().alias("day"), "key", "quantity")
    return series_of(frame, source=path.name)


def read_visits(path: Path) -> dict[date, float]:
    """Read visits per day; raises InvalidPeakInput naming every broken row, OSError when there is no such file."""
    written = read_table(path, VISITS)
    table = numbers("visits", written).with_columns(text=written["visits"])
    clocked = on_shop_clock(table, "date", "UTC", path.name)
    wrong = table.filter(pl.col("visits").is_null() | (pl.col("visits") < 0))
    mistakes = [
        *clocked.mistakes,
        *rows_of(wrong, path.name, "visits", "visits are a number from 0, not {}", "text"),
        *rows_of(table.filter(_repeated("date")), path.name, "duplicate_row", "{} has a second row", "date"),
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return dict(clocked.table.select(pl.col("local").dt.date(), "visits").iter_rows())


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
