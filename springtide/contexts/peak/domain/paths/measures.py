"""How far orders, units and revenue are off, learned on the same windows: each has its own season, weeks and days.

They are drawn in layers, so that they stay one future: what moves orders moves units and revenue; units are off by
more (resellers empty shelves with one order), and that part is the basket's; what revenue is off beyond units is the
price's.
A layer's variance is what its measure shows less what the layer below shows; where nothing is left it is 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.windows import Total, Window, error

ORDERS, UNITS, REVENUE = "orders", "units", "revenue"
MEASURES = (ORDERS, UNITS, REVENUE)
_WEEK = 7
_LEAST_WEEKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """Standard deviations of one kind (season, week, day), in the order they are drawn: beyond the former one each."""

    shared: float
    basket: float
    price: float


def layered(sds: dict[str, float]) -> Layers:
    """Return the layers that give each measure its own spread; `sds` has units, and the others where they are known.

    A measure that is off by less than the one below it is drawn as that one: the shared future is never made calmer.
    """
    orders = sds.get(ORDERS, sds[UNITS])
    units = max(sds[UNITS], orders)
    return Layers(shared=orders, basket=_beyond(units, orders), price=_beyond(sds.get(REVENUE, units), units))


def _beyond(sd: float, below: float) -> float:
    return float(np.sqrt(max(0.0, sd**2 - below**2)))


def total_of(window: Window, measure: str) -> Total | None:
    """Return a measure's days, 0 where nobody could buy; None where it is not known."""
    if measure == UNITS:
        return Total(
            expected=np.where(window.usable, window.expected, 0).sum(axis=0, dtype=np.float64),
            actual=np.where(window.usable, window.actual, 0).sum(axis=0, dtype=np.float64),
        )
    total = window.orders if measure == ORDERS else window.revenue
    if total is None:
        return None
    is_open = window.usable.any(axis=0)
    return Total(expected=np.where(is_open, total.expected, 0.0), actual=np.where(is_open, total.actual, 0.0))


def season_errors(windows: Sequence[Window], measure: str) -> tuple[list[float], list[float]]:
    """Return errors of totals: of the days outside events (of all where there are none), and of events beyond that."""
    commons, events = [], []
    for window in windows:
        total = total_of(window, measure)
        if total is None:
            continue
        quiet = ~window.event_days
        usual = _error(total, quiet if quiet.any() else ~quiet)
        if usual is not None:
            commons.append(usual)
        at_event = _error(total, window.event_days) if window.event_days.any() and quiet.any() else None
        if at_event is not None and usual is not None:
            events.append(at_event - usual)
    return commons, events


def _error(total: Total, days: NDArray[np.bool_] | NDArray[np.intp]) -> float | None:
    return error(float(total.expected[days].sum()), float(total.actual[days].sum()))


def day_errors(
    windows: Sequence[Window], measure: str, noises: Sequence[NDArray[np.float64]]
) -> Iterator[tuple[float, float]]:
    """Yield the error of each day's total beyond its week's, and the variance that counting explains.

    The only day of a week on which the shop sells is compared with the window. `noises`: of each window, the variance
    that counting brings to the units of every usable cell, (products, days).
    """
    for window, noise in zip(windows, noises, strict=True):
        total = total_of(window, measure)
        if total is None:
            continue
        whole = error(float(total.expected.sum()), float(total.actual.sum()))
        if whole is None:
            continue
        explained = _counting(window, measure, total, noise)
        for days in _weeks(total):
            level = _error(total, days) if days.size > 1 else whole
            apart = np.sqrt(days.size / max(1, days.size - 1))
            if level is None:
                continue
            for day in days.tolist():
                error_of_day = float(np.log(total.actual[day] / total.expected[day]))
                yield apart * (error_of_day - level), float(explained[day])


def week_errors(
    windows: Sequence[Window], measure: str, noises: Sequence[NDArray[np.float64]], *, day_sd: float
) -> Iterator[tuple[float, float]]:
    """Yield the error of each week's total beyond the window's, and the variance that its days and counting explain.

    `day_sd`: of single days beyond their week. Weeks with a single day of sales have none of their own.
    """
    for window, noise in zip(windows, noises, strict=True):
        total = total_of(window, measure)
        weeks = [] if total is None else [days for days in _weeks(total) if days.size > 1]
        whole = None if total is None else error(float(total.expected.sum()), float(total.actual.sum()))
        if total is None or whole is None or len(weeks) < _LEAST_WEEKS:
            continue
        apart = np.sqrt(len(weeks) / (len(weeks) - 1))
        explained = _counting(window, measure, total, noise) + np.expm1(day_sd**2)
        for days in weeks:
            shares = total.expected[days] / total.expected[days].sum()
            of_week = _error(total, days)
            if of_week is not None:
                yield float(apart * (of_week - whole)), float((shares**2 * explained[days]).sum())


def _weeks(total: Total) -> list[NDArray[np.intp]]:
    """Return the days of each week of a window on which something was expected and sold."""
    selling = (total.expected > 0) & (total.actual > 0)
    starts = range(0, selling.size, _WEEK)
    weeks = [start + np.flatnonzero(selling[start : start + _WEEK]) for start in starts]
    return [days for days in weeks if days.size]


def _counting(window: Window, measure: str, total: Total, noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the relative variance that counting alone brings to each day's total, (days,)."""
    if measure == ORDERS:
        variance, mean = total.expected, total.expected
    else:
        weights = np.ones(len(noise)) if measure == UNITS or window.prices is None else window.prices
        variance = weights**2 @ noise
        mean = weights @ np.where(window.usable, window.expected, 0).astype(np.float64)
    return np.divide(variance, mean**2, out=np.zeros_like(mean), where=mean > 0)
