"""Order lines of the desk's own format: `time, sku, quantity, unit_price` and what else is known."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import polars as pl

from springtide.contexts.peak.domain.history.lines import OrderLines, complete
from springtide.contexts.peak.providers.clock import check_timezone, on_shop_clock
from springtide.contexts.peak.providers.frames import numbers, read_table, rows_of, truth
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.platform.money import exponent

NEEDED = ("time", "sku", "quantity", "unit_price")
OPTIONAL = ("order_id", "customer_id", "country", "in_stock", "promotion", "category", "cancelled")


def read_order_lines(
    path: Path, *, timezone: str, known: AbstractSet[str] = frozenset(), currency: str = ""
) -> OrderLines:
    """Read a file of order lines; prices are in units of the currency, negative quantities take back.

    `timezone` (IANA): the shop's. `known`: the SKUs of a catalogue; without one every SKU is taken. Raises
    InvalidPeakInput naming every broken row with its rule, OSError when there is no such file.
    """
    table = read_table(path, NEEDED, optional=OPTIONAL)
    return clean_lines(table, path.name, check_timezone(timezone), known, currency=currency)


def clean_lines(
    table: pl.DataFrame, source: str, timezone: str, known: AbstractSet[str], *, currency: str
) -> OrderLines:
    """Turn text of these columns into order lines; raises InvalidPeakInput naming every broken row."""
    written = table
    table = table.with_columns(pl.col("sku").str.strip_chars())
    for name in ("quantity", "unit_price", *(("cancelled",) if "cancelled" in table.columns else ())):
        table = numbers(name, table)
    clocked = on_shop_clock(table, "time", timezone, source)
    mistakes = [*clocked.mistakes, *_mistakes(table, written, source, known)]
    if mistakes:
        raise InvalidPeakInput.of(sorted(mistakes, key=lambda mistake: (mistake.row == 0, mistake.row)))
    frame = clocked.table.with_columns(price_minor=(pl.col("unit_price") * 10 ** exponent(currency)).round(6))
    if "in_stock" in frame.columns:
        frame = frame.with_columns(in_stock=truth())
    return OrderLines(
        source=source,
        timezone=timezone,
        frame=complete(frame),
        times_skipped=clocked.skipped,
        times_twice=clocked.twice,
    )


def write_order_lines(lines: OrderLines, path: Path, *, currency: str) -> None:
    """Write order lines as Parquet, in the desk's own format; the same lines make the same bytes."""
    frame = lines.frame.select(
        pl.col("local").dt.strftime("%Y-%m-%d %H:%M:%S").alias("time"),
        "sku",
        "quantity",
        (pl.col("price_minor") / 10 ** exponent(currency)).alias("unit_price"),
        *(name for name in OPTIONAL if lines.frame[name].null_count() < lines.frame.height),
    )
    frame.write_parquet(path, compression="zstd", statistics=False)


def _mistakes(table: pl.DataFrame, written: pl.DataFrame, where: str, known: AbstractSet[str]) -> Iterator[Mistake]:
    text = table.with_columns(text_quantity=written["quantity"], text_price=written["unit_price"])
    yield from rows_of(text.filter(pl.col("sku").fill_null("") == ""), where, "sku", "the SKU is missing")
    none = text.filter(pl.col("quantity").is_null() | (pl.col("quantity") == 0))
    yield from rows_of(none, where, "quantity", "a quantity is a number other than 0, not {}", "text_quantity")
    price = text.filter(pl.col("unit_price").is_null() | (pl.col("unit_price") < 0))
    yield from rows_of(price, where, "unit_price", "a price is a number from 0, not {}", "text_price")
    if known:
        unknown = text.filter((pl.col("sku").fill_null("") != "") & ~pl.col("sku").is_in(sorted(known)))
        yield from rows_of(unknown, where, "unknown_sku", "the catalogue has no SKU {}", "sku")
    if "in_stock" in table.columns:
        unclear = text.filter(pl.col("in_stock").is_not_null() & truth().is_null())
        yield from rows_of(unclear, where, "in_stock", "in_stock is true or false, not {}", "in_stock")
    if "cancelled" in table.columns:
        bad = text.filter(written["cancelled"].is_not_null() & ~(pl.col("cancelled") >= 0).fill_null(value=False))
        yield from rows_of(bad, where, "cancelled", "cancelled units are a number from 0")
