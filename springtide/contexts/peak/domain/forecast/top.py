"""The shop's totals per day: units, orders, lines, revenue, visits. Products are scaled to the units of these."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.partitions import map_partitions
from springtide.contexts.peak.domain.forecast.seasonal import YEAR
from springtide.contexts.peak.domain.forecast.statistical import statistical_rates
from springtide.contexts.peak.domain.forecast.weeks import WEEK

BENCHMARK = "moving_average_index"
_TIMES_MEDIAN = 3.0
_SHORT, _LONG = 4 * WEEK, 13 * WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A total of the shop. `sold`: float64 (days,). `seen`: bool (days,). `calendar`, `index`: float64 (days + ahead,),
    shares of a usual week by opening alone, and with season and events.
    """

    name: str
    sold: NDArray[np.float64]
    seen: NDArray[np.bool_]
    calendar: NDArray[np.float64]
    index: NDArray[np.float64]


def top_members(series: Series) -> dict[str, NDArray[np.float64]]:
    """Return what every method says of the coming days, (ahead,) each, by its name.

    Baselines are always among them: naive, seasonal_naive_7, seasonal_naive_364 with a year, moving_average and
    moving_average_index. Closed days are 0 in all.
    """
    days = series.sold.size
    calendar, index = series.calendar[days:], series.index[days:]
    seen = series.seen & (series.calendar[:days] > 0)
    sold = np.where(seen, series.sold, 0.0)
    if not sold.any():
        return {BENCHMARK: np.zeros(calendar.size)}
    members = {
        "naive": np.where(calendar > 0, sold[np.flatnonzero(seen)[-1]], 0.0),
        "seasonal_naive_7": _repeated(sold, calendar, seen, WEEK),
        "moving_average": _rate(sold, series.calendar[:days] * seen, _LONG) * calendar,
        BENCHMARK: _rate(sold, series.index[:days] * seen, _LONG) * index,
        "moving_average_index_4": _rate(sold, series.index[:days] * seen, _SHORT) * index,
    }
    if days >= YEAR:
        year_ago = _repeated(sold, calendar, seen, YEAR)
        members["seasonal_naive_364"] = year_ago
        members["year_ago_growth"] = year_ago * _growth(sold, seen)
    members.update(_statistical(series, sold, seen))
    return members


def _rate(sold: NDArray[np.float64], exposure: NDArray[np.float64], days: int) -> float:
    exposed = float(exposure[-days:].sum())
    return float(sold[-days:][exposure[-days:] > 0].sum()) / exposed if exposed > 0 else 0.0


def _repeated(
    sold: NDArray[np.float64], calendar: NDArray[np.float64], seen: NDArray[np.bool_], period: int
) -> NDArray[np.float64]:
    """Repeat the last period; a day that was closed then gives the mean of that period's open days."""
    places = sold.size - period + np.arange(calendar.size) % period
    there = places >= 0
    usual = sold[-period:][seen[-period:]]
    mean = float(usual.mean()) if usual.size else 0.0
    places = np.maximum(places, 0)
    return np.where(calendar > 0, np.where(there & seen[places], sold[places], mean), 0.0)


def _growth(sold: NDArray[np.float64], seen: NDArray[np.bool_]) -> float:
    """Return the last 13 weeks over the same weeks a year before, as far as both are known; 1 where they are not."""
    overlap = min(_LONG, sold.size - YEAR)
    if overlap < _SHORT:
        return 1.0
    both = seen[-overlap:] & seen[-overlap - YEAR : -YEAR]
    before = float(sold[-overlap - YEAR : -YEAR][both].sum())
    return float(sold[-overlap:][both].sum()) / before if before > 0 else 1.0


def _statistical(series: Series, sold: NDArray[np.float64], seen: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """Fit the models to open days with the index taken out, huge days cut to three medians; put the index back."""
    days = sold.size
    fitted = np.flatnonzero(seen & (series.index[:days] > 0))
    level = sold[fitted] / series.index[fitted]
    median = float(np.median(level[-_LONG:])) if level.size else 0.0
    level = np.minimum(level, _TIMES_MEDIAN * median) if median > 0 else level
    coming = np.flatnonzero(series.index[days:] > 0)
    period = int(np.ceil(WEEK * fitted.size / max(1, days - int(fitted[0]))) if fitted.size else 1)
    rates = statistical_rates(level, period=min(WEEK, period), steps=coming.size)
    spread = {}
    for name, rate in rates.items():
        spread[name] = np.zeros(series.index.size - days)
        spread[name][coming] = rate * series.index[days:][coming]
    return spread


def all_top_members(totals: list[Series], engine: str | None = None) -> list[dict[str, NDArray[np.float64]]]:
    """Return the members of several totals, in their order, through the one seam that spreads fits over processes."""
    return map_partitions(top_members, totals, engine=engine)
