"""What was sold, from a file: order lines in our own format, Shopify's export, or counts by hour.

Order lines go through the rules of the history, so that what is compared is measured alike. Counts are taken as they
are: `hour, orders` and, where known, `units, revenue`.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from springtide.contexts.peak.domain.history.demand_of import sold_lines
from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.domain.history.ready import ReadySeries
from springtide.contexts.peak.providers.clock import check_timezone, on_shop_clock
from springtide.contexts.peak.providers.frames import numbers, read_header, read_table, rows_of
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contracts.peak.actuals import Actuals, LeftOut, SoldDay, SoldHour, SoldProduct
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.history import Exclusion, HistoryRule
from springtide.platform.money import exponent

HOURLY = ("hour", "orders")
_OPTIONAL = ("units", "revenue")


def read_actuals(
    path: Path,
    *,
    timezone: str,
    until: datetime | None = None,
    keep: AbstractSet[str] = frozenset(),
    past: OrderLines | None = None,
    currency: str = "",
) -> Actuals:
    """Read a file; nothing from `until` on is looked at. It is taken to tell everything up to the end of its last hour.

    Raises InvalidPeakInput naming every broken row, for ready series, and where nothing is left; OSError without it.
    """
    check_timezone(timezone)
    if set(read_header(path)[0]) >= set(HOURLY):
        return _hourly(path, timezone, until, minor=10 ** exponent(currency))
    lines = read_history_file(path, timezone=timezone, currency=currency)
    if isinstance(lines, ReadySeries):
        message = "series of days do not say in which hour something was sold: give order lines, or hour, orders"
        raise InvalidPeakInput.of([Mistake(where=path.name, rule="no_hours", message=message)])
    return actuals_of(lines, until=until, keep=keep, past=past)


def actuals_of(
    lines: OrderLines, *, until: datetime | None, keep: AbstractSet[str] = frozenset(), past: OrderLines | None = None
) -> Actuals:
    """Return what order lines say was sold before `until`; raises InvalidPeakInput where that is nothing.

    `past`: the history of the plan, what came before these lines: its rules then judge a line as they judged the past,
    by what buyers of the product have always taken. `keep`: what the plan took back of them.
    """
    if until is not None:
        lines = _with(lines, lines.frame.filter(pl.col("local") < until))
    if lines.frame.is_empty():
        raise InvalidPeakInput.of([Mistake(where=lines.source, rule="empty", message="nothing was sold in this time")])
    first, last = _ends(lines.frame["local"])
    since = datetime.combine(first.date(), time.min)
    judged = lines if past is None else _with(lines, _joined(past.frame.filter(pl.col("local") < since), lines.frame))
    table, exclusions = sold_lines(judged, keep=keep)
    table = table.filter(pl.col("local") >= since)
    left_out = [one for one in exclusions if one.first >= since.date()]
    return Actuals(
        source=lines.source,
        since=since,
        until=until or _next_hour(last),
        hours=tuple(_hours(table)),
        products=tuple(_goods(table)),
        left_out=sum(one.lines for one in left_out),
        days=tuple(days_before_rules(lines.frame, left_out)),
    )


def _with(lines: OrderLines, frame: pl.DataFrame) -> OrderLines:
    return OrderLines(source=lines.source, timezone=lines.timezone, frame=frame)


def _joined(past: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return both, numbered anew: rules tell lines apart by their number."""
    return pl.concat([past, lines.select(past.columns)]).with_columns(
        row=pl.int_range(1, past.height + lines.height + 1, dtype=pl.Int64)
    )


def _hours(table: pl.DataFrame) -> Iterator[SoldHour]:
    table = table.with_columns(hour=pl.col("local").dt.truncate("1h"), money=pl.col("units") * pl.col("price_minor"))
    orders = table.filter("real").group_by("party").agg(pl.col("hour").min()).group_by("hour").agg(orders=pl.len())
    sums = table.group_by("hour").agg(pl.col("units").sum(), pl.col("money").sum())
    hours = sums.join(orders, on="hour", how="left").with_columns(pl.col("orders").fill_null(0)).sort("hour")
    for hour, units, money, count in hours.select("hour", "units", "money", "orders").iter_rows():
        yield SoldHour(hour=hour, orders=count, units=max(0, round(units)), revenue_minor=round(money))


def _goods(table: pl.DataFrame) -> Iterator[SoldProduct]:
    goods = table.group_by("day", "sku").agg(pl.col("units").sum()).filter(pl.col("units") > 0).sort("day", "sku")
    for day, sku, units in goods.iter_rows():
        yield SoldProduct(day=day, sku=sku, units=round(units))


def days_before_rules(frame: pl.DataFrame, left_out: Sequence[Exclusion]) -> Iterator[SoldDay]:
    """Yield each day as the lines have it, with what rules leave out of it; what was taken back later is no sale."""
    by_time = pl.concat_str(pl.col("local").cast(pl.String), pl.lit(" "), pl.col("customer_id").fill_null(""))
    sold = frame.filter(pl.col("quantity") > 0).with_columns(
        party=pl.col("order_id").fill_null(by_time),
        day=pl.col("local").dt.date(),
        money=pl.col("quantity") * pl.col("price_minor"),
    )
    sums = sold.group_by("day").agg(pl.col("party").n_unique(), pl.col("quantity").sum(), pl.col("money").sum())
    of_day: dict[date, list[Exclusion]] = {}
    for one in left_out:
        if one.rule is not HistoryRule.RETURNED:
            of_day.setdefault(one.first, []).append(one)
    for day, orders, units, money in sums.sort("day").iter_rows():
        yield SoldDay(
            day=day,
            orders=orders,
            units=units,
            revenue_minor=round(money, 2),
            left_out=tuple(_by_rule(of_day.get(day, ()))),
        )


def _by_rule(exclusions: Sequence[Exclusion]) -> Iterator[LeftOut]:
    for rule in HistoryRule:
        mine = [one for one in exclusions if one.rule is rule]
        if mine:
            yield LeftOut(
                rule=rule,
                lines=sum(one.lines for one in mine),
                units=round(sum(one.units for one in mine), 6),
                revenue_minor=round(sum(one.revenue_minor for one in mine), 2),
            )


def _hourly(path: Path, timezone: str, until: datetime | None, *, minor: int) -> Actuals:
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
            SoldHour(hour=hour, orders=int(orders), units=round(units), revenue_minor=round(revenue * minor))
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
