"""What was sold, from a file: order lines in our own format, Shopify's export, or counts by hour.

Order lines go through the rules of the history, so that what is compared is measured alike. Counts are taken as they
are: `hour, orders` and, where known, `units, revenue`.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime, time, timedelta
from pathlib import Path

import polars as pl

from springtide.contexts.peak.domain.history.demand_of import sold_lines
from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.domain.history.ready import ReadySeries
from springtide.contexts.peak.providers.clock import check_timezone, on_shop_clock
from springtide.contexts.peak.providers.frames import numbers, read_header, read_table, rows_of
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contracts.peak.actuals import Actuals, SoldHour, SoldProduct
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

HOURLY = ("hour", "orders")
_OPTIONAL = ("units", "revenue")
_MINOR = 100


def read_actuals(
    path: Path, *, timezone: str, until: datetime | None = None, keep: AbstractSet[str] = frozenset()
) -> Actuals:
    """Read a file; nothing from `until` on is looked at. It is taken to tell everything up to the end of its last hour.

    Raises InvalidPeakInput naming every broken row, for ready series, and where nothing is left; OSError without it.
    """
    check_timezone(timezone)
    if set(read_header(path)[0]) >= set(HOURLY):
        return _hourly(path, timezone, until)
    lines = read_history_file(path, timezone=timezone)
    if isinstance(lines, ReadySeries):
        message = "series of days do not say in which hour something was sold: give order lines, or hour, orders"
        raise InvalidPeakInput.of([Mistake(where=path.name, rule="no_hours", message=message)])
    return actuals_of(lines, until=until, keep=keep)


def actuals_of(lines: OrderLines, *, until: datetime | None, keep: AbstractSet[str] = frozenset()) -> Actuals:
    """Return what order lines say was sold before `until`; raises InvalidPeakInput where that is nothing."""
    if until is not None:
        frame = lines.frame.filter(pl.col("local") < until)
        lines = OrderLines(source=lines.source, timezone=lines.timezone, frame=frame)
    if lines.frame.is_empty():
        raise InvalidPeakInput.of([Mistake(where=lines.source, rule="empty", message="nothing was sold in this time")])
    table, left_out = sold_lines(lines, keep=keep)
    table = table.with_columns(hour=pl.col("local").dt.truncate("1h"), money=pl.col("units") * pl.col("price_minor"))
    orders = table.filter("real").group_by("party").agg(pl.col("hour").min()).group_by("hour").agg(orders=pl.len())
    sums = table.group_by("hour").agg(pl.col("units").sum(), pl.col("money").sum())
    hours = sums.join(orders, on="hour", how="left").with_columns(pl.col("orders").fill_null(0)).sort("hour")
    goods = table.group_by("day", "sku").agg(pl.col("units").sum()).filter(pl.col("units") > 0).sort("day", "sku")
    first, last = _ends(lines.frame["local"])
    return Actuals(
        source=lines.source,
        since=datetime.combine(first.date(), time.min),
        until=until or _next_hour(last),
        hours=tuple(
            SoldHour(hour=hour, orders=count, units=max(0, round(units)), revenue_minor=round(money))
            for hour, units, money, count in hours.select("hour", "units", "money", "orders").iter_rows()
        ),
        products=tuple(SoldProduct(day=day, sku=sku, units=round(units)) for day, sku, units in goods.iter_rows()),
        left_out=left_out,
    )


def _hourly(path: Path, timezone: str, until: datetime | None) -> Actuals:
    read = read_table(path, HOURLY, optional=_OPTIONAL)
    table = read
    for name in ("orders", *(name for name in _OPTIONAL if name in read.columns)):
        table = numbers(name, table)
    clocked = on_shop_clock(table, "hour", timezone, path.name)
    shown = table.with_columns(text=read["orders"])
    bad = shown.filter(
        pl.col("orders").is_null() | (pl.col("orders") < 0) | (pl.col("orders") != pl.col("orders").round())
    )
    mistakes = [
        *clocked.mistakes,
        *rows_of(bad, path.name, "orders", "orders are a whole number from 0, not {}", "text"),
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    table = clocked.table.with_columns(pl.col("local").dt.truncate("1h").alias("at"))
    twice = table.filter(pl.col("at").is_duplicated())
    mistakes = list(rows_of(twice, path.name, "told_twice", "the hour {} is there more than once", "hour"))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    table = table.filter(pl.col("at") < until) if until is not None else table
    if table.is_empty():
        raise InvalidPeakInput.of([Mistake(where=path.name, rule="empty", message="nothing was sold in this time")])
    absent = [pl.lit(0.0).alias(name) for name in _OPTIONAL if name not in table.columns]
    table = table.with_columns(absent).with_columns(pl.col(name).fill_null(0.0) for name in _OPTIONAL).sort("at")
    first, last = _ends(table["at"])
    return Actuals(
        source=path.name,
        since=datetime.combine(first.date(), time.min),
        until=until or _next_hour(last),
        hours=tuple(
            SoldHour(hour=hour, orders=int(orders), units=round(units), revenue_minor=round(revenue * _MINOR))
            for hour, orders, units, revenue in table.select("at", "orders", "units", "revenue").iter_rows()
        ),
    )


def _ends(times: pl.Series) -> tuple[datetime, datetime]:
    first, last = times.min(), times.max()
    if isinstance(first, datetime) and isinstance(last, datetime):
        return first, last
    message = f"there are times in {times.name}"
    raise AssertionError(message)


def _next_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
