"""What the boosted trees know of a product at the end of a week: lags, age, price, and the week that is asked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.baselines import divided
from springtide.contexts.peak.domain.forecast.groups import Groups
from springtide.contexts.peak.domain.forecast.weeks import Weeks

LAGS = (1, 2, 3, 4)
WINDOWS = (4, 8, 13, 26, 52)
YEAR = 52
_FLOOR = 0.02
_OLDEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Running sums over weeks, (weeks + 1, products) each, so that a mean over any window is one subtraction."""

    weeks: Weeks
    groups: Groups
    log_price: NDArray[np.float64]
    tame: NDArray[np.float64]
    exposure: NDArray[np.float64]
    sales: NDArray[np.float64]

    def rate(self, now: int, window: int, *, skip: int = 0) -> NDArray[np.float64]:
        """Return tame units over exposure of `window` weeks that end `skip` weeks before `now`, (products,)."""
        stop, start = max(0, now - skip), max(0, now - skip - window)
        return divided(self.tame[stop] - self.tame[start], self.exposure[stop] - self.exposure[start])

    def base(self, now: int) -> NDArray[np.float64]:
        """Return the rate that the trees correct, (products,): the mean over 4, 8 and 13 weeks, never 0.

        A window without exposure, as in a long stock-out, is left out of the mean.
        """
        windows = [(self.rate(now, window), self._exposed(now, window)) for window in (4, 8, 13, 52)]
        seen = np.sum([exposed for _, exposed in windows[:3]], axis=0)
        mean = np.sum([rate * exposed for rate, exposed in windows[:3]], axis=0) / np.maximum(seen, 1)
        base: NDArray[np.float64] = np.where(seen > 0, mean, windows[3][0]) + _FLOOR
        return base

    def _exposed(self, now: int, window: int) -> NDArray[np.bool_]:
        exposed: NDArray[np.bool_] = self.exposure[now] - self.exposure[max(0, now - window)] > _FLOOR
        return exposed


def known(weeks: Weeks, groups: Groups, prices: NDArray[np.float64]) -> Known:
    """Prepare the sums once for all origins."""

    def running(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])

    return Known(
        weeks=weeks,
        groups=groups,
        log_price=np.log(np.maximum(prices, 1.0)),
        tame=running(weeks.tame),
        exposure=running(weeks.indexed),
        sales=running((weeks.units > 0).astype(np.float64)),
    )


def standing(of: Known, now: int) -> NDArray[np.float32]:
    """Return what is known of every product after `now` weeks, whatever is asked, (products, features)."""
    base = of.base(now)
    relative = [np.log1p(of.rate(now, 1, skip=lag - 1)) for lag in LAGS]
    relative += [np.log1p(of.rate(now, window)) for window in WINDOWS]
    share = [(of.sales[now] - of.sales[max(0, now - window)]) / min(now, window) for window in (4, 13, 26)]
    columns = [np.log(base), of.log_price, *(value - np.log1p(base) for value in relative), *share]
    columns += [_weeks_since_sale(of, now), np.clip(now - of.weeks.born, 0, _OLDEST).astype(np.float64)]
    columns += _pooled_trends(of, now)
    return np.stack(columns, axis=1).astype(np.float32)


def _weeks_since_sale(of: Known, now: int) -> NDArray[np.float64]:
    selling = of.weeks.units[:now] > 0
    last: NDArray[np.intp] = selling[::-1].argmax(axis=0)
    return np.where(selling.any(axis=0), last, _OLDEST).astype(np.float64)


def _pooled_trends(of: Known, now: int) -> list[NDArray[np.float64]]:
    """Return the last 4 weeks against the last 13, of the product's category and of the shop."""
    size = of.groups.count
    short = np.bincount(of.groups.of, of.rate(now, 4), size)
    long = np.bincount(of.groups.of, of.rate(now, 13), size)
    whole = np.log((short.sum() + 1.0) / (long.sum() + 1.0))
    return [np.log((short + 1.0) / (long + 1.0))[of.groups.of], np.full(of.groups.of.size, whole)]


def asked(of: Known, now: int, step: int, exposure: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return what is known of the asked week, `step` weeks ahead, (products, features).

    The distance; how strong the week is by season and events against its opening days; and how the product did a year
    before that week (three weeks around it) against its year, missing where it is too young.
    """
    products = of.groups.of.size
    place = now + step - 1 - YEAR
    year_ago = np.full(products, np.nan)
    if place >= 1 and place + 2 <= now:
        then = divided(of.tame[place + 2] - of.tame[place - 1], of.exposure[place + 2] - of.exposure[place - 1])
        old = of.weeks.born < place - 1
        year_ago[old] = (np.log1p(then) - np.log1p(of.rate(now, YEAR)))[old]
    return np.stack([np.full(products, float(step)), np.log(exposure + _FLOOR), year_ago], axis=1).astype(np.float32)
