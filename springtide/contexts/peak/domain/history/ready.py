"""Ready series: somebody else already counted, per day or per week."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.demand import Demand, Product
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

WEEK = 7
LONGEST_SERIES_DAYS = 7_320
_HOURS = 24
_RARE = 4
"""Series whose dates all lie so many days apart are no daily ones."""
_SILENCE_DAYS = 14
_SELLS_ON = 0.9
"""A day without any sale is taken for a closed one where this share of the same weekdays sells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadySeries:
    """Demand made of ready series. `step_days` is 1, or 7 where each row is a week from its date on.

    A week's units are spread evenly over its days. Nobody said what an order is: `orders` and `lines` count units,
    spread evenly over the hours; prices and revenue are 0.
    `known`: bool (days, products), False where the quantity was left empty. `below_zero`: quantities below 0, read as
    0: more was taken back than sold.
    """

    source: str
    step_days: int
    demand: Demand
    known: NDArray[np.bool_]
    below_zero: int = 0


def series_of(frame: pl.DataFrame, *, source: str, categories: Mapping[str, str] | None = None) -> ReadySeries:
    """Make demand of columns day, key, quantity (null: unknown) and, where known, in_stock and category.

    A key without a row on a day sold nothing then. `categories`: of keys, before those of the rows. Raises
    InvalidPeakInput for dates that are neither daily nor weekly, and where nothing was sold.
    """
    first, last = frame.select(pl.col("day").min().alias("first"), pl.col("day").max().alias("last")).row(0)
    step = _step(frame, first, last, source)
    days = (last - first).days + step
    keys = frame["key"].unique().sort()
    columns = frame["key"].cast(pl.Enum(keys)).to_physical().to_numpy()
    places = frame.select((pl.col("day") - first).dt.total_days()).to_series().to_numpy()
    is_known = frame["quantity"].is_not_null().to_numpy()
    flags = frame["in_stock"].fill_null(value=True).to_numpy() if "in_stock" in frame.columns else is_known
    units = np.zeros((days, len(keys)), dtype=np.float32)
    in_stock, known = (np.ones((days, len(keys)), dtype=np.bool_) for _ in range(2))
    quantity = frame["quantity"].fill_null(0.0).clip(lower_bound=0.0).to_numpy() / step
    for offset in range(step):
        units[places + offset, columns] = quantity
        in_stock[places + offset, columns] = is_known & flags
        known[places + offset, columns] = is_known
    daily = units.sum(axis=1, dtype=np.float64).astype(np.float32)
    if not daily.any():
        raise InvalidPeakInput.of([Mistake(where=source, rule="empty", message="every quantity is 0 or unknown")])
    named = _categories(frame) | dict(categories or {})
    return ReadySeries(
        source=source,
        step_days=step,
        known=known,
        below_zero=int((frame["quantity"] < 0).sum()),
        demand=Demand(
            first=first,
            products=tuple(Product(sku=key, category=named.get(key, ""), price_minor=0.0) for key in keys),
            units=units,
            in_stock=in_stock,
            open_days=np.ones(days, dtype=np.bool_) if step == WEEK else _open(daily),
            orders=daily,
            lines=daily,
            revenue_minor=np.zeros(days, dtype=np.float64),
            orders_by_hour=np.repeat(daily[:, None] / _HOURS, _HOURS, axis=1),
        ),
    )


def _step(frame: pl.DataFrame, first: date, last: date, source: str) -> int:
    """Return 1 or 7; refuses months, weeks that begin anew each January, and spans that a typing mistake makes."""
    days = frame["day"].unique().sort()
    gaps = days.diff().drop_nulls().dt.total_days().to_numpy()
    message = ""
    if (last - first).days > LONGEST_SERIES_DAYS:
        message = f"the dates span {first} to {last}: is a year mistyped?"
    elif gaps.size and not (gaps % WEEK).any():
        return WEEK
    elif gaps.size and gaps.min() >= _RARE:
        odd = int(np.flatnonzero(gaps % WEEK)[0])
        after = days[odd] + timedelta(days=int(gaps[odd]))
        message = f"dates are neither daily nor whole weeks apart: {days[odd]} is followed by {after}"
    if message:
        raise InvalidPeakInput.of([Mistake(where=source, rule="neither_daily_nor_weekly", message=message)])
    return 1


def _categories(frame: pl.DataFrame) -> dict[str, str]:
    """Return the last category that the rows name of each key."""
    if "category" not in frame.columns:
        return {}
    named = frame.drop_nulls("category").sort("day", maintain_order=True).group_by("key").agg(pl.col("category").last())
    return dict(named.iter_rows())


def _open(daily: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the days on which something can be learned, (days,): not those on which a shop that sells nearly always
    sold nothing at all. Weekdays that never sell are found by their shares, and single slow keys have no closed days.
    """
    selling = daily > 0
    weekday = np.arange(daily.size) % WEEK
    counted = ~_long_silence(selling)
    usual = np.bincount(weekday, selling, WEEK) / np.maximum(np.bincount(weekday, counted, WEEK), 1)
    open_days: NDArray[np.bool_] = selling | (usual[weekday] < _SELLS_ON)
    return open_days


def _long_silence(selling: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the days within a fortnight or more without any sale: they do not say what usual days are."""
    sold = np.flatnonzero(np.concatenate([[True], selling, [True]]))
    apart = np.diff(sold)
    silent = np.zeros(selling.size, dtype=np.bool_)
    for place in np.flatnonzero(apart > _SILENCE_DAYS).tolist():
        silent[sold[place] : sold[place + 1] - 1] = True
    return silent
