"""A robust forecast with its spread, for series that come without paths: moving averages x pooled season index.

The planning notes' third finding: a simple mean, an honest spread and a simulation beat clever formulas. Spread is
measured on the series themselves, at the distance that matters, pooled over products and shrunk towards the pool.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

_AVERAGES = (8, 26)
_TESTED = 26
_SEASON_DAYS = 364
_PRIOR_SERIES = 20.0
_LEAST_INDEX = 0.05
_PRIOR_YEARS = 0.2
_LEAST_EXCESS, _MOST_EXCESS = 0.01, 10.0
_DEFAULT_EXCESS = 0.5
"""Spread where the history is too short to measure one: sd of 71 % of the mean besides Poisson noise; ours."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`mean`: (products, horizon). Squared excess over Poisson, relative to the mean, (products,):

    `lasting` moves all periods of a path together, `passing` each on its own.
    """

    mean: Floats
    lasting: Floats
    passing: Floats


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


def outlook(series: Series, horizon: int) -> Outlook:
    """Return mean and spread of the next `horizon` periods."""
    index = season_index(series, series.periods + horizon)
    plain = _asked_for(series.units / np.maximum(index[: series.periods], _LEAST_INDEX), series.in_stock)
    level = _level(plain, series.periods)
    lasting, passing = _excess(series, plain, _index_of_tests(series, index, horizon), horizon)
    return Outlook(mean=level[:, None] * index[series.periods :], lasting=lasting, passing=passing)


def draw(sku: str, mean: Floats, *, lasting: float, passing: float, paths: int, seed: int) -> NDArray[np.float32]:
    """Return whole units of one product, (paths, horizon): the same for a SKU and seed, whoever else is drawn."""
    key = int.from_bytes(sha256(sku.encode()).digest()[:8], "big")
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, key])))
    rate = mean * _factor(random, lasting, (paths, 1)) * _factor(random, passing, (paths, len(mean)))
    return random.poisson(rate).astype(np.float32)


def _factor(random: np.random.Generator, variance: float, shape: tuple[int, int]) -> Floats:
    return random.gamma(1.0 / variance, variance, shape) if variance > 0 else np.ones(shape)


def _place_in_year(series: Series, periods: int) -> NDArray[np.int64]:
    return (series.first_day + np.arange(periods) * series.step_days) % _SEASON_DAYS // series.step_days


def _asked_for(plain: Floats, in_stock: NDArray[np.bool_]) -> Floats:
    """Return sales with those of empty shelves raised to what was probably asked for.

    Such a sale is a lower bound. Leaving the period out would leave out the good weeks and starve the shelf more each
    time, so it becomes the mean of a normal demand above the bound, around the mean of the half year before.
    """
    found = plain.copy()
    if in_stock.all():
        return found
    for period in np.flatnonzero(~in_stock.all(axis=0)):
        before = found[:, max(0, period - _TESTED) : period]
        if not before.shape[1]:
            continue
        mean, sd = before.mean(axis=1), np.maximum(before.std(axis=1), 1e-6)
        z = np.clip((plain[:, period] - mean) / sd, -8.0, 8.0)
        above = mean + sd * np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / ndtr(-z)
        hidden = ~in_stock[:, period]
        found[hidden, period] = np.maximum(above, plain[:, period])[hidden]
    return found


def _level(plain: Floats, end: int) -> Floats:
    """Return the mean of the moving averages before period `end`."""
    level: Floats = np.mean([plain[:, max(0, end - length) : end].mean(axis=1) for length in _AVERAGES], axis=0)
    return level


def _index_of_tests(series: Series, index: Floats, horizon: int) -> Floats:
    """Return an index that has not seen the periods the spread is measured on, where the history is long enough.

    An index that knows the answers makes errors look small: intervals came out several points too narrow.
    """
    known = series.periods - _TESTED - horizon
    if known < _SEASON_DAYS // series.step_days * 3 // 2:
        return index
    before = replace(series, units=series.units[:, :known], in_stock=series.in_stock[:, :known])
    return season_index(before, series.periods + horizon)


def _excess(series: Series, plain: Floats, index: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Measure how far forecasts of `horizon` periods ahead were off, and how much of it lasted to the next period."""
    products = len(series.skus)
    over, weight, both = np.zeros(products), np.zeros(products), 0.0
    pair_weight = 0.0
    first = max(_AVERAGES[0], series.periods - _TESTED - horizon)
    for origin in range(first, series.periods - horizon + 1):
        ahead = slice(origin + max(0, horizon - 2), origin + horizon)
        mean = _level(plain, origin)[:, None] * index[ahead]
        error = np.where(series.in_stock[:, ahead], series.units[:, ahead] - mean, 0.0)
        mean = np.where(series.in_stock[:, ahead], mean, 0.0)
        over += error[:, -1] ** 2 - mean[:, -1]
        weight += mean[:, -1] ** 2
        both += float((error[:, 0] * error[:, -1]).sum()) if horizon > 1 else 0.0
        pair_weight += float((mean[:, 0] * mean[:, -1]).sum()) if horizon > 1 else 0.0
    if weight.sum() <= 0:
        return np.full(products, _DEFAULT_EXCESS / 2), np.full(products, _DEFAULT_EXCESS / 2)
    pooled = max(over.sum() / weight.sum(), _LEAST_EXCESS)
    prior = _PRIOR_SERIES * max(weight.mean(), 1e-9)
    excess = np.clip((over + prior * pooled) / (weight + prior), _LEAST_EXCESS, _MOST_EXCESS)
    share = np.clip(both / pair_weight / pooled, 0.0, 1.0) if pair_weight > 0 else 0.5
    lasting = excess * share
    return lasting, (excess - lasting) / (1.0 + lasting)
