"""Free lines, bulk orders and prices that cannot be: judged per product, by medians, so that few do not decide."""

import math

import polars as pl

from springtide.contexts.peak.domain.history.rules.found import Found
from springtide.contracts.peak.history import HistoryRule

BULK_SPREADS = 6.0
"""A line is bulk when its logarithm lies this many robust deviations above the product's median."""
SMALLEST_SPREAD = math.log(1.6)
"""Robust deviation of the logarithm where nearly all lines are alike: then bulk starts at about 17 times the median."""
BULK_LINES = 12
"""Products with fewer lines are not judged by their own spread but by the shop's."""
SMALLEST_BULK = 10.0
"""Units below which no line is bulk."""
PRICE_FACTOR = 20.0
"""A price this many times above or below the product's median is a slip of the pen."""
_TO_DEVIATION = 1.4826


def drop_free(lines: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Leave out lines at price zero: samples, replacements, gifts with an order."""
    free = lines.filter(pl.col("real") & (pl.col("price_minor") == 0)).with_columns(key=_key("free"))
    found.lines(HistoryRule.FREE, _shown(free))
    out = free.filter(~found.kept(HistoryRule.FREE, pl.col("key")))["row"]
    gone = pl.col("row").is_in(out.implode())
    return lines.with_columns(units=pl.when(gone).then(0.0).otherwise("units"), real=pl.col("real") & ~gone)


def drop_bulk(lines: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Leave out the units of lines far above what buyers of the product take; their order still counts as one."""
    real = pl.col("real") & (pl.col("units") > 0)
    logs = lines.filter(real).with_columns(log=pl.col("units").log())
    everywhere = _limits(logs.with_columns(sku=pl.lit(""))).row(0, named=True) if logs.height else None
    limits = _limits(logs).with_columns(
        limit=pl.when(pl.col("lines") >= BULK_LINES)
        .then("limit")
        .otherwise(pl.max_horizontal("limit", pl.lit(everywhere["limit"] if everywhere else SMALLEST_BULK)))
    )
    bulk = (
        logs.join(limits.select("sku", "limit"), on="sku", how="left")
        .filter(pl.col("units") > pl.col("limit"))
        .with_columns(key=_key("bulk"))
    )
    found.lines(HistoryRule.BULK, _shown(bulk))
    out = bulk.filter(~found.kept(HistoryRule.BULK, pl.col("key")))["row"]
    return lines.with_columns(units=pl.when(pl.col("row").is_in(out.implode())).then(0.0).otherwise("units"))


def mend_prices(lines: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Take the product's median price where a line's price is out of all proportion."""
    positive = pl.col("real") & (pl.col("price_minor") > 0)
    medians = lines.filter(positive).group_by("sku").agg(pl.col("price_minor").median().alias("median"))
    judged = lines.join(medians, on="sku", how="left", maintain_order="left").with_columns(key=_key("price_outlier"))
    ratio = pl.col("price_minor") / pl.col("median")
    odd = judged.filter(positive & ((ratio > PRICE_FACTOR) | (ratio * PRICE_FACTOR < 1)))
    found.lines(
        HistoryRule.PRICE_OUTLIER,
        odd.select(
            "key",
            pl.col("sku").alias("subject"),
            "day",
            pl.lit(0.0).alias("units"),
            (pl.col("units") * (pl.col("price_minor") - pl.col("median"))).alias("revenue"),
        ),
    )
    mended = odd.filter(~found.kept(HistoryRule.PRICE_OUTLIER, pl.col("key")))["row"]
    price = pl.when(pl.col("row").is_in(mended.implode())).then("median").otherwise("price_minor")
    return judged.with_columns(price_minor=price).drop("median", "key")


def _limits(logs: pl.DataFrame) -> pl.DataFrame:
    """Return sku, lines, limit: the most units a line of the product has that is not bulk."""
    medians = logs.with_columns(median=pl.col("log").median().over("sku"))
    spreads = medians.group_by("sku").agg(
        pl.len().alias("lines"),
        pl.col("median").first(),
        ((pl.col("log") - pl.col("median")).abs().median() * _TO_DEVIATION).alias("spread"),
    )
    limit = (pl.col("median") + BULK_SPREADS * pl.max_horizontal("spread", pl.lit(SMALLEST_SPREAD))).exp()
    return spreads.with_columns(limit=pl.max_horizontal(limit, pl.lit(SMALLEST_BULK)))


def _key(rule: str) -> pl.Expr:
    name = pl.col("order_id").fill_null(pl.col("row").cast(pl.String))
    return pl.concat_str(pl.lit(f"{rule}:"), name, pl.lit(":"), "sku")


def _shown(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(
        "key",
        pl.col("sku").alias("subject"),
        "day",
        "units",
        (pl.col("units") * pl.col("price_minor")).alias("revenue"),
    )
