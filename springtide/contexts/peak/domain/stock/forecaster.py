"""Mean and spread of the next periods of any series: the methods of the shop's own forecast, tried on the past first.

The mean is that of the methods that were best on earlier origins. The spread is how far that mean was off there, at
the distance that matters, pooled over products of like volume and fitted to quantiles: one order of 1,000 pieces moves
a variance, not the level that an order is made for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.members import BENCHMARK, MODELS, members_of
from springtide.contexts.peak.domain.forecast.setting import setting_of
from springtide.contexts.peak.domain.history.demand import Demand, Product
from springtide.contexts.peak.domain.paths.coverage import misfit
from springtide.contexts.peak.domain.stock.asked_for import Floats, Series, asked_for
from springtide.contracts.peak.calendar import EventCalendar

_LEAST_DAYS = 28
"""Below, nothing but the plain mean can be said."""
_TESTS, _APART_DAYS = 6, 28
_LEAST_KNOWN_DAYS = 56
_NEARLY_BEST = 1.02
_CLASS = 100
"""So many products make a class of volume of their own."""
_MOST_CLASSES = 5
_EXCESS = np.geomspace(0.01, 10.0, 31)
_DEFAULT_EXCESS = 0.5
"""Spread where the history is too short to measure one: sd of 71 % of the mean besides Poisson noise; ours."""
_PRIOR_CELLS = 30.0
_MOST_RATIO = 3.0
_NO_EVENTS = EventCalendar(regions=("GB",), gifts=0.0)
"""Nobody said what these series are, so no Christmas is assumed that they have not seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`mean`: (products, horizon). Squared excess over Poisson, relative to the mean, (products,):

    `lasting` moves all periods of a path together, `passing` each on its own.
    """

    mean: Floats
    lasting: Floats
    passing: Floats


def outlook(series: Series, horizon: int, *, calendar: EventCalendar = _NO_EVENTS, seed: int = 1) -> Outlook:
    """Return mean and spread of the next `horizon` periods."""
    wanted = asked_for(series)
    tests = [
        _Test(said=_said(_until(wanted, end), horizon, calendar, seed), came=_after(series, end, horizon))
        for end in _ends(series, horizon)
    ]
    names = _nearly_best(tests)
    mean = _mean(_said(wanted, horizon, calendar, seed), names)
    lasting, passing = _spread(tests, names, mean)
    return Outlook(mean=mean, lasting=lasting, passing=passing)


def draw(sku: str, mean: Floats, *, lasting: float, passing: float, paths: int, seed: int) -> NDArray[np.float32]:
    """Return whole units of one product, (paths, horizon): the same for a SKU and seed, whoever else is drawn."""
    key = int.from_bytes(sha256(sku.encode()).digest()[:8], "big")
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, key])))
    rate = mean * _factor(random, lasting, (paths, 1)) * _factor(random, passing, (paths, len(mean)))
    return random.poisson(rate).astype(np.float32)


def _factor(random: np.random.Generator, variance: float, shape: tuple[int, int]) -> Floats:
    return random.gamma(1.0 / variance, variance, shape) if variance > 0 else np.ones(shape)


_Said = dict[str, Floats]
"""Means of each method, (products, horizon)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """One earlier origin: what each method said, and what came, NaN where a shelf was empty."""

    said: _Said
    came: Floats


def _ends(series: Series, horizon: int) -> Iterator[int]:
    """Yield how many periods were known at earlier origins, the latest first."""
    apart = max(1, _APART_DAYS // series.step_days)
    for number in range(_TESTS):
        end = series.periods - horizon - number * apart
        if end * series.step_days < _LEAST_KNOWN_DAYS:
            return
        yield end


def _until(series: Series, end: int) -> Series:
    return Series(
        skus=series.skus,
        first_day=series.first_day,
        step_days=series.step_days,
        units=series.units[:, :end],
        in_stock=series.in_stock[:, :end],
    )


def _after(series: Series, end: int, horizon: int) -> Floats:
    ahead = slice(end, end + horizon)
    return np.where(series.in_stock[:, ahead], series.units[:, ahead], np.nan)


def _said(series: Series, horizon: int, calendar: EventCalendar, seed: int) -> _Said:
    """Return what the methods say of the next periods; the plain mean of a history too short for them."""
    if series.periods * series.step_days < _LEAST_DAYS or not series.units.any():
        return {BENCHMARK: np.repeat(series.units.mean(axis=1, keepdims=True), horizon, axis=1)}
    demand = _demand(series)
    setting = setting_of(demand, demand.last + timedelta(days=horizon * series.step_days), calendar)
    rates = members_of(setting, seed=seed)
    wanted = (*MODELS, BENCHMARK)
    return {
        name: rates[name].daily(setting)[:, :: series.step_days].astype(np.float64) for name in wanted if name in rates
    }


def _demand(series: Series) -> Demand:
    """Return the series as a shop's; one of weeks is open on the first day of each."""
    days, step = series.periods * series.step_days, series.step_days
    units = np.zeros((days, len(series.skus)), dtype=np.float32)
    units[::step] = series.units.T
    total = units.sum(axis=1)
    return Demand(
        first=date(1970, 1, 1) + timedelta(days=series.first_day),
        products=tuple(Product(sku=sku, category="", price_minor=0.0) for sku in series.skus),
        units=units,
        in_stock=np.repeat(series.in_stock.T, step, axis=0),
        open_days=np.arange(days) % step == 0,
        orders=total,
        lines=total,
        revenue_minor=np.zeros(days),
        orders_by_hour=np.zeros((days, 24), dtype=np.float32),
    )


def _mean(said: _Said, names: Sequence[str]) -> Floats:
    there = [said[name] for name in names if name in said] or [said[BENCHMARK]]
    mean: Floats = np.mean(there, axis=0)
    return mean


def _nearly_best(tests: Sequence[_Test]) -> tuple[str, ...]:
    """Return the methods whose absolute error was within 2 % of the best, all of ours without tests."""
    everywhere = set.intersection(*(set(test.said) for test in tests)) if tests else set()
    errors = {name: sum(float(np.nansum(np.abs(test.said[name] - test.came))) for test in tests) for name in everywhere}
    best = min(errors.values(), default=0.0)
    return tuple(name for name in (*MODELS, BENCHMARK) if errors.get(name, np.inf) <= _NEARLY_BEST * best) or MODELS


def _spread(tests: Sequence[_Test], names: Sequence[str], mean: Floats) -> tuple[Floats, Floats]:
    """Return squared excess that lasts and that passes, (products,) each, by classes of volume."""
    lasting, passing = (np.full(len(mean), _DEFAULT_EXCESS / 2) for _ in range(2))
    if not tests:
        return lasting, passing
    said = np.concatenate([_mean(test.said, names)[:, -2:] for test in tests])
    came = np.concatenate([test.came[:, -2:] for test in tests])
    classes = min(_MOST_CLASSES, max(1, len(mean) // _CLASS))
    edges = np.quantile(said[:, -1], np.arange(1, classes) / classes)
    of_tests, of_now = np.searchsorted(edges, said[:, -1]), np.searchsorted(edges, mean[:, -1])
    for place in range(classes):
        mine = of_tests == place
        excess = _excess(said[mine, -1], came[mine, -1])
        part = excess * _lasting_share(said[mine], came[mine], excess)
        lasting[of_now == place] = part
        passing[of_now == place] = (excess - part) / (1.0 + part)
    return lasting, passing


def _excess(said: Floats, came: Floats) -> float:
    """Return the excess under which quantiles of the past held, with the default counted as some more products."""
    used = np.isfinite(came) & (said > 0)
    said, came = said[used], came[used]
    if not said.size:
        return _DEFAULT_EXCESS
    best = min(_EXCESS.tolist(), key=lambda excess: misfit(came, said, said + said**2 * excess))
    weight = said.size / (said.size + _PRIOR_CELLS)
    return float(np.exp(weight * np.log(best) + (1.0 - weight) * np.log(_DEFAULT_EXCESS)))


def _lasting_share(said: Floats, came: Floats, excess: float) -> float:
    """Return how much of the excess two periods in a row have in common, half of it where there is only one."""
    if said.shape[1] < 2:  # noqa: PLR2004 - a single period
        return 0.5
    used = np.isfinite(came).all(axis=1) & (said > 0).all(axis=1)
    if not used.any():
        return 0.5
    ratio = np.minimum(came[used] / said[used], _MOST_RATIO) - 1.0
    weight = said[used].prod(axis=1)
    both = float((ratio.prod(axis=1) * weight).sum() / weight.sum())
    return float(np.clip(both / excess, 0.0, 1.0))
