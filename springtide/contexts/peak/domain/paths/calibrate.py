"""From back-tests to a spread: pooled over products and origins, days of events apart where there are enough.

Counts are matched by quantiles, not by moments: one order of 1,000 pieces moves a variance, not a P90. With few origins
the figures lean on documented priors; `learned_on` says on how much they rest.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.result import Forecast, Spread
from springtide.contexts.peak.domain.forecast.windows import Window, error, independent
from springtide.contexts.peak.domain.paths.coverage import misfit
from springtide.contexts.peak.domain.paths.drift import drift_of
from springtide.contexts.peak.domain.paths.measures import (
    MEASURES,
    UNITS,
    Layers,
    day_errors,
    layered,
    season_errors,
    week_errors,
)
from springtide.contexts.peak.domain.paths.parts import beyond_category, beyond_shop, without_parts
from springtide.contracts.peak.paths import Calibration

DOCUMENTED_PRIORS = "documented priors"
PRIOR_COMMON_SD = 0.136
"""A 9-week total over 22 rolling origins, weekly retail data of 599 products (planning notes, finding 1)."""
PRIOR_EVENT_SD = 0.10
"""Ours: with the common factor it gives P90/P50 = 1.24 on event days, where the same notes measured 1.23."""
PRIOR_WEEK_SD = 0.05
PRIOR_DAY_SD = 0.10
PRIOR_GROUP_SD = 0.15
PRIOR_PRODUCT_SD = 0.50
PRIOR_DISPERSION = 2.0
"""Ours, assumptions until a back-test says better; the notes' 5.1 is of weeks, days scatter more."""
_PRIOR_DAYS = 63.0
_PRIOR_AT_ONCE = 0.5
"""The prior is one of nine weeks; half of its variance is there from the first day, the rest comes on the way."""
PRIOR_WINDOWS = 2.0
"""So many independent windows would count as much as a prior."""
_MOST_ERROR = 1.0
"""A season that came out e times another is no matter of luck: something broke, and may do so once."""
PRIOR_PRODUCTS = 30.0
"""So many product-windows of a volume class would count as much as a prior."""
PRIOR_CELLS = 100.0
"""So many days of single products would: they tell of the luck of days, however few products there are."""
PRIOR_ERRORS = 20.0
"""So many errors of days, weeks or categories would count as much as theirs."""
ENOUGH_EVENT_CELLS = 2000
VOLUMES = (0.1, 0.5, 2.0, 10.0)
"""Units a day that part the volume classes: slow movers scatter more than fast ones."""
_INVERSE_DISPERSIONS = np.geomspace(0.02, 20.0, 31)
_PRODUCT_SDS = np.linspace(0.05, 1.5, 30)
_MOST_CELLS = 20_000
_SMALLEST_GROUP_UNITS = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    """What was learned of products of one volume."""

    inverse_dispersion: float
    product_sd: float
    seen: int


def calibrate(windows: Sequence[Window]) -> Calibration:
    """Return the spread that makes past P90 hold what they promise; without windows, the documented priors."""
    classes = [_learn(windows, volume) for volume in range(len(VOLUMES) + 1)]
    season, event, week, day = _totals(windows, [_noise(window, classes) for window in windows])
    return Calibration(
        common_sd=season.shared,
        event_sd=event,
        day_sd=day.shared,
        group_sd=_excess_sd(list(_group_errors(windows, classes)), PRIOR_GROUP_SD),
        volumes=VOLUMES,
        product_sd=tuple(of.product_sd for of in classes),
        dispersion=tuple(1.0 / of.inverse_dispersion for of in classes),
        learned_on=_words(windows, classes),
        basket_sd=season.basket,
        basket_day_sd=day.basket,
        price_sd=season.price,
        price_day_sd=day.price,
        week_sd=week.shared,
        basket_week_sd=week.basket,
        price_week_sd=week.price,
        drift_sd=drift_of(windows, season_sd=season.shared),
    )


def spread_for(forecast: Forecast, calibration: Calibration) -> Spread:
    """Return the calibration for the products of a forecast, by their volumes.

    Own factors are what products do beyond their category and categories beyond the shop, and the season's is what is
    left of the total's spread beyond that of its parts: or the season would be spread twice.
    """
    volumes = volume_class(_per_day(forecast.units), calibration.volumes)
    own = np.array(calibration.product_sd, dtype=np.float32)[volumes]
    whole = Spread(
        common_sd=calibration.common_sd,
        event_sd=calibration.event_sd,
        day_sd=calibration.day_sd,
        group_sd=calibration.group_sd * beyond_shop(forecast),
        product_sd=(own * beyond_category(forecast)).astype(np.float32),
        dispersion=np.array(calibration.dispersion, dtype=np.float32)[volumes],
        learned_on=calibration.learned_on,
        basket_sd=calibration.basket_sd,
        basket_day_sd=calibration.basket_day_sd,
        price_sd=calibration.price_sd,
        price_day_sd=calibration.price_day_sd,
        week_sd=calibration.week_sd,
        basket_week_sd=calibration.basket_week_sd,
        price_week_sd=calibration.price_week_sd,
    )
    return without_parts(forecast, whole)


def volume_class(per_day: NDArray[np.floating], volumes: Sequence[float] = VOLUMES) -> NDArray[np.intp]:
    """Return the volume class of means per day, 0 for the slowest."""
    return np.searchsorted(np.array(volumes), per_day, side="right")


def _per_day(expected: NDArray[np.float32]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = expected.mean(axis=1, dtype=np.float64)
    return means


def _words(windows: Sequence[Window], classes: Sequence[_Class]) -> str:
    if not windows:
        return DOCUMENTED_PRIORS
    event = sum(bool(window.event_days.any()) for window in windows)
    seen = sum(of.seen for of in classes)
    return (
        f"{len(windows)} windows ({independent(windows):.1f} independent, {event} with events), "
        f"{seen} product-windows, shrunk to documented priors"
    )


def _totals(windows: Sequence[Window], noises: Sequence[NDArray[np.float64]]) -> tuple[Layers, float, Layers, Layers]:
    """Return the layers of the season, the spread of events (the widest of all), the layers of weeks and of days."""
    season, week, day, event = {}, {}, {}, []
    prior = _prior_of(windows)
    for measure in MEASURES:
        commons, events = season_errors(windows, measure)
        if not commons and measure != UNITS:
            continue
        count = min(len(commons), independent(windows))
        season[measure] = _shrunk(commons, prior, PRIOR_WINDOWS, count=count)
        event.append(_shrunk(events, PRIOR_EVENT_SD, PRIOR_WINDOWS, count=len(events)))
        day[measure] = _excess_sd(list(day_errors(windows, measure, noises)), PRIOR_DAY_SD)
        weekly = list(week_errors(windows, measure, noises, day_sd=day[measure]))
        week[measure] = _excess_sd(weekly, PRIOR_WEEK_SD)
    return layered(season), max(event), layered(week), layered(day)


def _prior_of(windows: Sequence[Window]) -> float:
    """Return the prior of the season's total for windows of this length: what is farther away is foretold worse."""
    days = max((window.days for window in windows), default=_PRIOR_DAYS)
    return float(PRIOR_COMMON_SD * np.sqrt(_PRIOR_AT_ONCE + (1.0 - _PRIOR_AT_ONCE) * days / _PRIOR_DAYS))


def _shrunk(errors: Sequence[float], prior: float, weight: float, *, count: float) -> float:
    """Return the root of the mean squared error, bias included, with the prior counted as `weight` more errors."""
    if not errors:
        return prior
    seen = float(np.mean(np.square(np.clip(errors, -_MOST_ERROR, _MOST_ERROR))))
    return float(np.sqrt((weight * prior**2 + count * seen) / (weight + count)))


def _learn(windows: Sequence[Window], volume: int) -> _Class:
    """Learn a volume class: dispersion from days within products, then the products' own factor from whole windows."""
    inverse, sd = 1.0 / PRIOR_DISPERSION, PRIOR_PRODUCT_SD
    seen = sum(int((volume_class(_per_day(window.expected)) == volume).sum()) for window in windows)
    if not seen:
        return _Class(inverse_dispersion=inverse, product_sd=sd, seen=0)
    counts, means = _joined(_day_cells(windows, volume))
    if counts.size:
        best = _best(_INVERSE_DISPERSIONS, lambda guess: misfit(counts, means, means + means**2 * guess))
        inverse = float(np.exp(_mixed(np.log(best), np.log(inverse), counts.size, PRIOR_CELLS)))
    sold, due, noise = _joined(_product_totals(windows, volume, inverse))
    if sold.size:
        best = _best(_PRODUCT_SDS, lambda guess: misfit(sold, due, due + noise + due**2 * np.expm1(guess**2)))
        sd = float(_mixed(best, sd, seen, PRIOR_PRODUCTS))
    return _Class(inverse_dispersion=inverse, product_sd=sd, seen=seen)


def _joined(parts: Iterable[tuple[NDArray[np.float64], ...]]) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def _best(guesses: NDArray[np.float64], misfit_of: Callable[[float], float]) -> float:
    return float(min(guesses.tolist(), key=misfit_of))


def _mixed(learned: float, prior: float, seen: int, weight: float) -> float:
    return (seen * learned + weight * prior) / (seen + weight)


def _days_used(windows: Sequence[Window]) -> list[NDArray[np.bool_]]:
    """Return which days of each window count: those of events if there are enough cells of them, else all."""
    cells = sum(int(window.usable[:, window.event_days].sum()) for window in windows)
    every = cells < ENOUGH_EVENT_CELLS
    return [np.ones(window.days, dtype=np.bool_) if every else window.event_days for window in windows]


def _day_cells(windows: Sequence[Window], volume: int) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield counts of single days and their means once the product and the day turned out as they did."""
    for window, days in zip(windows, _days_used(windows), strict=True):
        used = window.usable & days
        mine = volume_class(_per_day(window.expected)) == volume
        expected, sold = window.sums()
        of_product = np.divide(sold, expected, out=np.zeros_like(sold), where=expected > 0)
        scaled = window.expected.astype(np.float64) * of_product[:, None]
        of_day = _ratio_by_day(window.actual, scaled, window.usable)
        means = (scaled * of_day)[mine][used[mine]]
        counts = window.actual[mine][used[mine]].astype(np.float64)
        there = means > 0
        step = max(1, int(there.sum()) // _MOST_CELLS)
        yield counts[there][::step], means[there][::step]


def _ratio_by_day(
    actual: NDArray[np.float32], means: NDArray[np.float64], usable: NDArray[np.bool_]
) -> NDArray[np.float64]:
    sold = np.where(usable, actual, 0).sum(axis=0, dtype=np.float64)
    expected = np.where(usable, means, 0).sum(axis=0, dtype=np.float64)
    ratio: NDArray[np.float64] = np.divide(sold, expected, out=np.ones_like(sold), where=expected > 0)
    return ratio


def _product_totals(
    windows: Sequence[Window], volume: int, inverse: float
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """Yield what products sold, what was expected once their category turned out as it did, and the days' noise."""
    for window in windows:
        expected, sold = window.sums()
        scaled = expected * _of_groups(window, expected, sold)
        mine = (volume_class(_per_day(window.expected)) == volume) & (scaled > 0)
        squares = (np.where(window.usable, window.expected, 0).astype(np.float64) ** 2).sum(axis=1)
        shape = np.divide(squares, expected**2, out=np.zeros_like(squares), where=expected > 0)
        yield sold[mine], scaled[mine], (inverse * scaled**2 * shape)[mine]


def _of_groups(window: Window, expected: NDArray[np.float64], sold: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each product by how much its category, all together, sold more than expected."""
    names, at = np.unique(np.array(window.groups), return_inverse=True)
    total = np.bincount(at, expected, names.size)
    ratio: NDArray[np.float64] = np.divide(np.bincount(at, sold, names.size), total, where=total > 0, out=total * 0)
    return ratio[at]


def _noise(window: Window, classes: Sequence[_Class]) -> NDArray[np.float64]:
    """Return the variance that counting brings to every usable cell, (products, days)."""
    mean = np.where(window.usable, window.expected, 0).astype(np.float64)
    inverse = np.array([of.inverse_dispersion for of in classes])[volume_class(_per_day(window.expected))]
    variance: NDArray[np.float64] = mean + mean**2 * inverse[:, None]
    return variance


def _group_errors(windows: Sequence[Window], classes: Sequence[_Class]) -> Iterator[tuple[float, float]]:
    """Yield the error of each category beyond the shop's, and the variance that its products explain."""
    for window in windows:
        expected, sold = window.sums()
        whole = error(float(expected.sum()), float(sold.sum()))
        own = np.array([of.product_sd for of in classes])[volume_class(_per_day(window.expected))]
        noise = _noise(window, classes).sum(axis=1) + np.expm1(own**2) * expected**2
        names, at = np.unique(np.array(window.groups), return_inverse=True)
        if names.size < 2 or whole is None:  # noqa: PLR2004 - a single category is the shop itself
            continue
        means, sales, noises = (np.bincount(at, of, names.size) for of in (expected, sold, noise))
        for group in np.flatnonzero((means >= _SMALLEST_GROUP_UNITS) & (sales > 0)):
            yield float(np.log(sales[group] / means[group]) - whole), float(noises[group] / means[group] ** 2)


def _excess_sd(errors: Sequence[tuple[float, float]], prior: float) -> float:
    """Return the spread that counting does not explain, from the 10th to the 90th percentile of the errors."""
    if not errors:
        return prior
    seen, explained = np.array(errors).T
    width = (np.quantile(seen, 0.9) - np.quantile(seen, 0.1)) / 2.5631
    excess = max(0.0, float(width**2 - np.median(explained)))
    count = len(errors)
    weight = PRIOR_ERRORS
    return float(np.sqrt((weight * prior**2 + count * excess) / (weight + count)))
