"""Slices of the public data beside the repository: none of what docs/peak-accuracy.md judges is among them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from bench.peak.judge.case import Case

_GIFTS, _CALLS = "online_retail_ii/lines_to_2011-08-31.parquet", "callcentre/bank_calls_5min_2003.parquet"
_VISITS = "traffic_worldcup98/requests_per_minute.csv.gz"
_UNTIL = date(2011, 4, 30)
_ARTICLES = 200


def real_cases(data: Path) -> Iterator[Case]:
    """Yield the cases whose file is there."""
    if (data / _GIFTS).exists():
        lines = _lines(data / _GIFTS)
        for country, last, days in (
            ("EIRE", date(2011, 2, 27), 56),
            ("Germany", date(2011, 2, 27), 56),
            ("France", date(2010, 5, 30), 56),
        ):
            yield _country(lines, country, last, days)
        yield _best(lines, date(2010, 6, 6), 49, 150)
        yield _best_weeks(lines, date(2011, 2, 6), 11, 200)
    if (data / _CALLS).exists():
        calls = pl.read_parquet(data / _CALLS).rename({"DateTime": "time", "Calls": "units"})
        yield _by_hour(
            calls, "calls", "calls by hour of a bank, 26 weeks of days, closed at weekends", date(2003, 8, 31), 42
        )
    if (data / _VISITS).exists():
        visits = pl.read_csv(data / _VISITS).select(
            time=pl.col("period").str.to_datetime("%Y-%m-%d %H:%M:%S"), units="count"
        )
        yield _by_hour(
            visits, "world cup", "requests by hour, 7 weeks of days that grow to a final", date(1998, 6, 21), 21
        )


def _lines(path: Path) -> pl.DataFrame:
    """Return lines of articles up to April 2011, what was taken back left out of the figures to be foretold."""
    table = pl.read_parquet(path).filter(pl.col("InvoiceDate").dt.date() <= _UNTIL)
    kept = table.filter(pl.col("StockCode").str.contains(r"^\d{5}") & (pl.col("Price") > 0) & (pl.col("Quantity") > 0))
    names = {"time": "InvoiceDate", "sku": "StockCode", "quantity": "Quantity", "unit_price": "Price"}
    return kept.select(**names, order_id="Invoice", country="Country")


def _matrix(lines: pl.DataFrame, key: str, last: date, horizon: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return keys that sold until a day, and their units per day up to the horizon's end, (days, keys)."""
    first = lines["time"].dt.date().min()
    assert isinstance(first, date)
    known = (last - first).days + 1
    place = lines.select((pl.col("time").dt.date() - first).dt.total_days()).to_series().to_numpy()
    names = tuple(lines.filter(pl.col("time").dt.date() <= last)[key].unique().sort().to_list())
    index = {name: number for number, name in enumerate(names)}
    units = np.zeros((known + horizon, len(names)))
    for at, name, quantity in zip(place.tolist(), lines[key].to_list(), lines["quantity"].to_list(), strict=True):
        if at < units.shape[0] and name in index:
            units[at, index[name]] += quantity
    return names, units


def _country(lines: pl.DataFrame, country: str, last: date, horizon: int) -> Case:
    of_country = lines.filter(pl.col("country") == country)
    known_lines = of_country.filter(pl.col("time").dt.date() <= last)
    most = known_lines.group_by("sku").len().sort("len", "sku", descending=[True, False]).head(_ARTICLES)
    mine = of_country.filter(pl.col("sku").is_in(most["sku"].to_list()))
    names, units = _matrix(mine, "sku", last, horizon)
    known = units.shape[0] - horizon
    return Case(
        name=country,
        shape=f"Online Retail II, order lines of {country} to {last}, the {len(names)} articles in most orders",
        first=_first(mine),
        step_days=1,
        units=units,
        known=known,
        horizon=horizon,
        keys=names,
        lines=mine.filter(pl.col("sku").is_in(names)).with_columns(
            time=pl.col("time").dt.strftime("%Y-%m-%d %H:%M:%S")
        ),
        options=("--timezone", "Europe/London"),
    )


def _best(lines: pl.DataFrame, last: date, horizon: int, count: int) -> Case:
    names, units = _matrix(lines, "sku", last, horizon)
    known = units.shape[0] - horizon
    most = np.sort(np.argsort(-units[:known].sum(axis=0), kind="stable")[:count])
    return Case(
        name="gifts by day",
        shape=f"Online Retail II, the {count} articles that sold most to {last}, half a year of days",
        first=_first(lines),
        step_days=1,
        units=units[:, most],
        known=known,
        horizon=horizon,
        keys=tuple(names[place] for place in most),
    )


def _best_weeks(lines: pl.DataFrame, last: date, horizon: int, count: int) -> Case:
    daily = _best(lines, last, horizon * 7, count)
    skip = daily.known % 7
    weeks = daily.units[skip:].reshape(-1, 7, count).sum(axis=1)
    return Case(
        name="gifts by week",
        shape=f"the same articles to {last}, {weeks.shape[0] - horizon} weeks with one Christmas",
        first=date.fromordinal(daily.first.toordinal() + skip),
        step_days=7,
        units=weeks,
        known=weeks.shape[0] - horizon,
        horizon=horizon,
        keys=daily.keys,
    )


def _by_hour(table: pl.DataFrame, name: str, shape: str, last: date, horizon: int) -> Case:
    """Return daily sums, a key for each hour of the day."""
    hours = table.select(
        "time", sku=pl.lit("hour") + pl.col("time").dt.strftime("%H"), quantity=pl.col("units").cast(pl.Float64)
    )
    names, units = _matrix(hours, "sku", last, horizon)
    return Case(
        name=name,
        shape=shape,
        first=_first(hours),
        step_days=1,
        units=units,
        known=units.shape[0] - horizon,
        horizon=horizon,
        keys=names,
    )


def _first(lines: pl.DataFrame) -> date:
    first = lines["time"].dt.date().min()
    assert isinstance(first, date)
    return first
