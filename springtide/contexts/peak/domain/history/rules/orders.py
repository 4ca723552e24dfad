"""Duplicates, cancellations and returns: lines that no demand stands behind, or not all of it.

The table gains two columns here: `units`, what of a line counts as demand, and `real`, whether its order happened.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from springtide.contexts.peak.domain.history.rules.found import Found
from springtide.contracts.peak.history import HistoryRule

CANCELLED_WITHIN = timedelta(hours=24)
"""Taken back this soon, an order never left the warehouse: a cancellation. Later it is a return."""


def drop_duplicates(lines: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Leave out the copies of orders that stand in the file several times, whole.

    A line that occurs twice within an order is an order of two; only when all lines of an order, two or more, are
    there again has the order been written twice.
    """
    same = ["party", "local", "sku", "quantity", "price_minor"]
    numbered = lines.with_columns(
        copy=pl.int_range(pl.len()).over(same),
        copies=pl.len().over(same),
    ).with_columns(times=pl.col("copies").min().over("party"), distinct=(pl.col("copy") == 0).sum().over("party"))
    whole = (pl.col("times") > 1) & (pl.col("distinct") > 1) & pl.col("order_id").is_not_null()
    copy = whole & (pl.col("copy") >= pl.col("copies") // pl.col("times"))
    marked = numbered.with_columns(key=pl.concat_str(pl.lit("duplicate:"), pl.col("party")), is_copy=copy)
    found.lines(HistoryRule.DUPLICATE, _shown(marked.filter("is_copy"), "order_id"))
    out = pl.col("is_copy") & ~found.kept(HistoryRule.DUPLICATE, pl.col("key"))
    return lines.filter(~marked.select(out.alias("out"))["out"])


def drop_cancelled(lines: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Take cancelled units off the lines they were ordered on, and returns out: demand is before returns."""
    lines = _cancelled_column(lines, found)
    lines = _credits_matched(lines, found)
    credit = pl.col("quantity") < 0
    returned = lines.filter(credit & (pl.col("left") < 0)).with_columns(
        key=pl.concat_str(
            pl.lit("returned:"), pl.col("order_id").fill_null(pl.col("row").cast(pl.String)), pl.lit(":"), "sku"
        ),
        units=pl.col("left"),
    )
    found.lines(HistoryRule.RETURNED, _shown(returned, "sku"))
    kept = returned.filter(found.kept(HistoryRule.RETURNED, pl.col("key")))["row"]
    return lines.with_columns(
        units=pl.when(~credit).then("units").when(pl.col("row").is_in(kept.implode())).then("left").otherwise(0.0),
        real=~credit & (pl.col("units") > 0),
    ).drop("left")


def _cancelled_column(lines: pl.DataFrame, found: Found) -> pl.DataFrame:
    lines = lines.with_columns(
        key=pl.concat_str(pl.lit("cancelled:"), "party"),
        gone=pl.min_horizontal(pl.col("cancelled").fill_null(0.0), "quantity").clip(lower_bound=0.0),
    )
    told = lines.filter(pl.col("gone") > 0).with_columns(units=pl.col("gone"))
    found.lines(HistoryRule.CANCELLED, _shown(told, "party"))
    taken = pl.when(found.kept(HistoryRule.CANCELLED, pl.col("key"))).then(0.0).otherwise("gone")
    return lines.with_columns(units=pl.col("quantity") - taken).drop("gone", "key")


@dataclass(slots=True)
class _Sale:
    row: int
    at: datetime
    left: float


def _credits_matched(lines: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Match each credit with the latest earlier sales of its order or customer; what is left of it stays in `left`."""
    credits_ = lines.filter(pl.col("quantity") < 0)
    sales = lines.filter(pl.col("units") > 0)
    books = [_book(sales, credits_, party) for party in ("order_id", "customer_id")]
    matched: list[tuple[int, int, float]] = []
    columns = ("row", "local", "sku", "quantity", "order_id", "customer_id")
    for row, at, sku, quantity, *parties in credits_.sort("local", "row").select(columns).iter_rows():
        open_units = -quantity
        for book, party in zip(books, parties, strict=True):
            for sale in book.get((party, sku), ()) if party is not None else ():
                if open_units > 0 and timedelta() <= at - sale.at <= CANCELLED_WITHIN and sale.left > 0:
                    units = min(open_units, sale.left)
                    sale.left -= units
                    open_units -= units
                    matched.append((row, sale.row, units))
    return _apply_matches(lines, matched, found)


def _book(sales: pl.DataFrame, credits_: pl.DataFrame, party: str) -> dict[tuple[str, str], list[_Sale]]:
    """Return the sales that a credit may belong to, the latest first."""
    book: dict[tuple[str, str], list[_Sale]] = {}
    wanted = credits_.select(party, "sku").drop_nulls().unique()
    known = sales.join(wanted, on=[party, "sku"], how="semi").sort("local", "row", descending=True)
    for name, sku, row, at, units in known.select(party, "sku", "row", "local", "units").iter_rows():
        book.setdefault((name, sku), []).append(_Sale(row, at, units))
    return book


def _apply_matches(lines: pl.DataFrame, matched: list[tuple[int, int, float]], found: Found) -> pl.DataFrame:
    schema = {"row": pl.Int64(), "sale": pl.Int64(), "matched": pl.Float64()}
    table = pl.DataFrame(matched, schema=schema, orient="row").join(
        lines.select("row", "order_id", "sku", "day", "price_minor"), on="row", how="left"
    )
    table = table.with_columns(
        key=pl.concat_str(
            pl.lit("cancelled:"), pl.col("order_id").fill_null(pl.col("row").cast(pl.String)), pl.lit(":"), "sku"
        ),
        units=pl.col("matched"),
    )
    found.lines(HistoryRule.CANCELLED, _shown(table, "sku"))
    applied = table.filter(~found.kept(HistoryRule.CANCELLED, pl.col("key")))
    off = applied.group_by("sale").agg(pl.col("matched").sum().alias("off")).rename({"sale": "row"})
    used = table.group_by("row").agg(pl.col("matched").sum().alias("used"))
    return (
        lines.join(off, on="row", how="left", maintain_order="left")
        .join(used, on="row", how="left", maintain_order="left")
        .with_columns(
            units=pl.col("units") - pl.col("off").fill_null(0.0),
            left=pl.col("quantity") + pl.col("used").fill_null(0.0),
        )
        .drop("off", "used")
    )


def _shown(table: pl.DataFrame, subject: str) -> pl.DataFrame:
    units = "units" if "units" in table.columns else "quantity"
    return table.select(
        "key",
        pl.col(subject).alias("subject"),
        "day",
        pl.col(units).alias("units"),
        (pl.col(units) * pl.col("price_minor")).alias("revenue"),
    )
