"""Tables of order lines as arrays over days, products and hours."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.demand import Product

HOURS = 24
_SHARE_OUTSIDE = 0.01


def span_of(real: pl.DataFrame) -> tuple[date, int]:
    """Return the first day with a sale, and how many days there are to the last."""
    first, last = real.select(pl.col("day").min().alias("first"), pl.col("day").max().alias("last")).row(0)
    return first, (last - first).days + 1


def with_index(table: pl.DataFrame, first: date, days: int) -> pl.DataFrame:
    """Return the lines of these days, with the day's place in `index`."""
    indexed = table.with_columns(index=(pl.col("day") - first).dt.total_days())
    return indexed.filter(pl.col("index").is_between(0, days - 1))


def grid(table: pl.DataFrame, skus: tuple[str, ...], days: int, column: str | None = None) -> NDArray[np.float32]:
    """Return the sum of a column, or the number of lines, float32 (days, products); other SKUs are left out."""
    cells = np.zeros((days, len(skus)), dtype=np.float32)
    places = pl.DataFrame({"sku": skus, "place": range(len(skus))}, schema={"sku": pl.String, "place": pl.Int64})
    value = pl.len().cast(pl.Float64) if column is None else pl.col(column).sum()
    summed = table.group_by("index", "sku").agg(value.alias("value")).join(places, on="sku")
    cells[summed["index"].to_numpy(), summed["place"].to_numpy()] = summed["value"].to_numpy()
    return cells


def per_day(table: pl.DataFrame, days: int, value: pl.Expr) -> NDArray[np.float64]:
    """Return one figure per day, float64 (days,)."""
    found = table.group_by("index").agg(value.alias("value"))
    daily = np.zeros(days, dtype=np.float64)
    daily[found["index"].to_numpy()] = found["value"].to_numpy()
    return daily


def orders_by_hour(real: pl.DataFrame, days: int) -> NDArray[np.float32]:
    """Return orders by the hour of their first line, float32 (days, 24)."""
    placed = real.group_by("party").agg(pl.col("local").min(), pl.col("index").min())
    counted = placed.group_by("index", pl.col("local").dt.hour().alias("hour")).agg(pl.len().alias("orders"))
    hours = np.zeros((days, HOURS), dtype=np.float32)
    hours[counted["index"].to_numpy(), counted["hour"].to_numpy()] = counted["orders"].to_numpy()
    return hours


def products_of(real: pl.DataFrame, categories: Mapping[str, str]) -> tuple[Product, ...]:
    """Return every SKU sold, by name; its category is the given one, else the last the lines name."""
    found = (
        real.sort("local", "row")
        .group_by("sku")
        .agg(pl.col("price_minor").median().alias("price"), pl.col("category").drop_nulls().last())
        .sort("sku")
    )
    return tuple(
        Product(sku=sku, category=categories.get(sku, category or ""), price_minor=float(price))
        for sku, price, category in found.iter_rows()
    )


def ends_of(real: pl.DataFrame) -> tuple[datetime, datetime]:
    """Return the time of the first line and of the last."""
    first, last = real.select(pl.col("local").min().alias("first"), pl.col("local").max().alias("last")).row(0)
    return first, last


def usual_hours(by_hour: NDArray[np.float32]) -> tuple[float, float]:
    """Return between which hours of the day nearly all orders come: all but 1 % before and 1 % after."""
    share = np.cumsum(by_hour.sum(axis=0, dtype=np.float64)) / by_hour.sum(dtype=np.float64)
    begins = int(np.searchsorted(share, _SHARE_OUTSIDE, side="right"))
    ends = int(np.searchsorted(share, 1 - _SHARE_OUTSIDE, side="left")) + 1
    return float(begins), float(ends)


def visits_of(visits: Mapping[date, float], first: date, days: int) -> NDArray[np.float32] | None:
    """Return visits per day, float32 (days,), or None where nobody counted; an uncounted day has NaN."""
    if not visits:
        return None
    return np.array([visits.get(first + timedelta(days=day), np.nan) for day in range(days)], dtype=np.float32)
