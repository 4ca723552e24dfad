"""Shopify's export of orders: one row per line, facts of the order on its first row only."""

from collections.abc import Set as AbstractSet
from pathlib import Path

import polars as pl

from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.providers.clock import check_timezone
from springtide.contexts.peak.providers.frames import read_table, rows_of
from springtide.contexts.peak.providers.order_lines import clean_lines
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

NEEDED = ("Name", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price")
OPTIONAL = ("Lineitem sku", "Cancelled at", "Financial Status", "Shipping Country", "Currency", "Discount Code")
_OF_ORDER = ("Created at", "Cancelled at", "Financial Status", "Shipping Country", "Currency", "Discount Code")
_NEVER_PAID = ("voided", "expired")


def read_shopify(path: Path, *, timezone: str, known: AbstractSet[str] = frozenset(), currency: str = "") -> OrderLines:
    """Read an export of orders; a cancelled or voided order is one whose units were all cancelled.

    A line without SKU goes by its name; the discount code is its promotion. Addresses and names are not read.
    Raises InvalidPeakInput naming every broken row (also where currencies are mixed), OSError without the file.
    """
    table = read_table(path, NEEDED, optional=OPTIONAL)
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in OPTIONAL if name not in table.columns]
    table = table.with_columns(absent).with_columns(
        pl.col(name).drop_nulls().first().over("Name").alias(name) for name in _OF_ORDER
    )
    modes = table["Currency"].drop_nulls().mode()
    usual = str(modes.sort()[0]) if modes.len() else ""
    other = table.filter(pl.col("Currency") != usual)
    message = f"the order is in {{}}, most are in {usual}: export one market at a time"
    mistakes = list(rows_of(other, path.name, "mixed_currencies", message, "Currency"))
    if usual and currency not in {"", usual}:
        message = f"prices are in {usual}, the company keeps its books in {currency}"
        mistakes.append(Mistake(where=path.name, rule="other_currency", message=message))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    gone = pl.col("Cancelled at").is_not_null() | pl.col("Financial Status").str.to_lowercase().is_in(_NEVER_PAID)
    lines = table.select(
        "row",
        pl.col("Created at").alias("time"),
        pl.col("Lineitem sku").fill_null(pl.col("Lineitem name")).alias("sku"),
        pl.col("Lineitem quantity").alias("quantity"),
        pl.col("Lineitem price").alias("unit_price"),
        pl.col("Name").alias("order_id"),
        pl.col("Shipping Country").alias("country"),
        pl.col("Discount Code").alias("promotion"),
        pl.when(gone.fill_null(value=False)).then("Lineitem quantity").alias("cancelled"),
    )
    return clean_lines(lines, path.name, check_timezone(timezone), known, currency=currency or usual)
