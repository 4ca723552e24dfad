"""What was probably asked for where an empty shelf hid it, and the season that is taken out before judging that."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

_BEFORE = 26
_SEASON_DAYS = 364
_LEAST_INDEX = 0.05
_PRIOR_YEARS = 0.2

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Units sold per product and period, `step_days` apart. `in_stock`: False where the shelf was empty (censored).

    `units`, `in_stock`: (products, periods). `first_day`: the first period's first day as days since 1970-01-01.
    """

    skus: tuple[str, ...]
    first_day: int
    step_days: int
    units: Floats
    in_stock: NDArray[np.bool_]

    @property
    def periods(self) -> int:
        """Return how many periods the history has."""
        return int(self.units.shape[1])


def season_index(series: Series, periods: int) -> Floats:
    """Return the pooled index of the first `periods` periods, mean about 1; all 1 with less than a year and a half."""
    per_year = _SEASON_DAYS // series.step_days
    length = series.periods
    if length < per_year * 3 // 2:
        return np.ones(periods)
    usual = np.sqrt(np.maximum(series.units.mean(axis=1, keepdims=True), 1e-9))
    total = (series.units / usual).sum(axis=0)  # fast movers count for more, but not for everything
    yearly = np.convolve(total, np.ones(per_year) / per_year, mode="valid")
    level = np.pad(yearly, (per_year // 2, length - len(yearly) - per_year // 2), mode="edge")
    ratio = np.divide(total, level, out=np.ones(length), where=level > 0)
    place = _place_in_year(series, length) % per_year
    seen = np.bincount(place, minlength=per_year)
    mean = (np.bincount(place, weights=ratio, minlength=per_year) + _PRIOR_YEARS) / (seen + _PRIOR_YEARS)
    if series.step_days > 1:
        mean = (np.roll(mean, 1) + 2 * mean + np.roll(mean, -1)) / 4
    index: Floats = mean[_place_in_year(series, periods) % per_year] / mean.mean()
    return index


def _place_in_year(series: Series, periods: int) -> NDArray[np.int64]:
    return (series.first_day + np.arange(periods) * series.step_days) % _SEASON_DAYS // series.step_days


def asked_for(series: Series) -> Series:
    """Return the series with sales of empty shelves raised to what was probably asked for, and no flag left.

    Such a sale is a lower bound. Leaving the period out would leave out the good weeks and starve the shelf more each
    time, so it becomes the mean of a normal demand above the bound, around the mean of the half year before.
    """
    if series.in_stock.all():
        return series
    index = np.maximum(season_index(series, series.periods), _LEAST_INDEX)
    found = series.units / index
    for period in np.flatnonzero(~series.in_stock.all(axis=0)):
        before = found[:, max(0, period - _BEFORE) : period]
        if not before.shape[1]:
            continue
        mean, sd = before.mean(axis=1), np.maximum(before.std(axis=1), 1e-6)
        sold = found[:, period]
        z = np.clip((sold - mean) / sd, -8.0, 8.0)
        above = mean + sd * np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / ndtr(-z)
        hidden = ~series.in_stock[:, period]
        found[hidden, period] = np.maximum(above, sold)[hidden]
    return replace(series, units=found * index, in_stock=np.ones_like(series.in_stock))
