"""The year: how much a day of the year sells against a usual one, by category.

One year of history cannot tell the season from growth. What overlaps (the last weeks against the same weeks a year
before) gives the growth, which is taken out of the season again; categories are pulled towards the whole shop, the
more so the less they sell. Of up to three years the mean is taken, and believed as far as years agree.
"""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.priors import CHRISTMAS_WEEKS, christmas_height, christmas_shape
from springtide.contexts.peak.domain.forecast.weeks import WEEK, by_week

YEAR = 364
"""52 weeks, so that weekdays fall on weekdays."""
POOLING_UNITS = 300.0
"""A category that sells so many units a week is trusted as much as the shop."""
_REACH = 17
_OVERLAP_AT_LEAST = 28
_OVERLAP_AT_MOST = 91
_LOWEST = 0.1
_HIGHEST = 10.0
_MAD_TO_SD = 1.4826
_VARIANCE_OF_BENDS = 6.0
"""Of a second difference of independent weeks: 1 + 4 + 1."""
WANDERS_SD = 0.10
"""By how much (log) the level of a shop wanders around its year's trend without coming back a year later; ours."""
_PEAK = 3.0
"""What stands out by so many times of what luck and wandering do is a peak: it is believed nearly whole."""
_PRIOR_DAYS = 91.0
_MOST_YEARS = 3


def season_index(
    sold: NDArray[np.float64], calendar: NDArray[np.float64], *, ahead: int, masked: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the index of each day of the history and of `ahead` more, (days + ahead, categories); all 1 below a year.

    `sold`: (days, categories). `calendar`: (days,), shares of a usual week. `masked`: (days,), days of events, which
    have profiles of their own: the season runs through below them.
    """
    days, groups = sold.shape
    if days < YEAR:
        return np.ones((days + ahead, groups))
    seen = np.where(masked, 0.0, calendar)
    columns = np.concatenate([sold, sold.sum(axis=1, keepdims=True)], axis=1)
    curves, weekly = _years(columns, seen)
    own = np.stack([_believed(curves[:, :, column], columns[:, column], seen) for column in range(groups + 1)], axis=1)
    trust = weekly[:groups] / (weekly[:groups] + POOLING_UNITS)
    index = np.clip(own[:, :groups] * trust + own[:, groups:] * (1.0 - trust), _LOWEST, _HIGHEST)
    places = (np.arange(days + ahead) - (days - YEAR)) % YEAR
    shifted: NDArray[np.float64] = index[places]
    return shifted


def _believed(curves: NDArray[np.float64], sold: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of a column's years, (364,), pulled towards 1 where it is not to be believed; peaks the least."""
    mean: NDArray[np.float64] = curves.mean(axis=0)
    luck = _luck(sold[-YEAR:], seen[-YEAR:])
    kept = _kept(curves, _older(sold, seen), luck)
    height = np.log(np.maximum(mean, _LOWEST)) ** 2 / (luck + WANDERS_SD**2)
    pulled: NDArray[np.float64] = 1.0 + (mean - 1.0) * kept ** np.exp(-height / _PEAK**2)
    return pulled


def _years(sold: NDArray[np.float64], seen: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the curve of each whole year without its growth, the latest first, (years, 364, columns), mean 1 each.

    And what a usual week of the latest sold, (columns,). The last column of `sold` is the shop, whose growth counts.
    """
    curves: list[NDArray[np.float64]] = []
    weekly = np.zeros(sold.shape[1])
    for number in range(min(sold.shape[0] // YEAR, _MOST_YEARS)):
        until = sold.shape[0] - number * YEAR
        year = slice(until - YEAR, until)
        growth = _growth(sold[:until, -1], seen[:until])
        trend = growth * (np.arange(YEAR) - (YEAR - 1) / 2) / YEAR
        rate = _smooth(sold[year] * (np.exp(-trend) * (seen[year] > 0))[:, None], seen[year])
        weekly = weekly if curves else rate.mean(axis=0)
        curves.append(_levelled(rate))
    return np.stack(curves), weekly


def _older(sold: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the curve of the days before a history's only whole year, (days,), mean 1; empty for few or more years."""
    rest = sold.size - YEAR
    if not _OVERLAP_AT_LEAST <= rest < YEAR:
        return np.ones(0)
    over, under = (np.pad(days[:rest], _REACH) for days in (np.where(seen > 0, sold, 0.0), seen))
    return _levelled(_smooth(over[:, None], under)[_REACH:-_REACH])[:, 0]


def _kept(curves: NDArray[np.float64], older: NDArray[np.float64], luck: float) -> float:
    """Return by how much the mean of these years, (years, 364), is to be believed, 0 to 1.

    That is how well one year foretells the next, for the mean of several: as far as two years agree, with what one year
    alone lets expect counted as a quarter of a year more. One year alone has in it the luck of weeks (`luck`, a
    variance), and a level that wanders for reasons that do not come back; a high peak stands out from both.
    """
    logs = np.log(np.maximum(curves, _LOWEST))
    seen = float(logs[0].var())
    if seen <= 0:
        return 0.0
    alone = max(0.0, 1.0 - (luck + WANDERS_SD**2) / seen)
    pairs = list(pairwise(logs))
    if older.size:
        pairs.append((logs[0][YEAR - older.size :], np.log(np.maximum(older, _LOWEST))))
    agreed = sum(float(((new - new.mean()) * (old - old.mean())).sum()) for new, old in pairs)
    varied = sum(0.5 * old.size * float(new.var() + old.var()) for new, old in pairs)
    of_one = max(0.0, (agreed + _PRIOR_DAYS * seen * alone) / (varied + _PRIOR_DAYS * seen))
    return float(min(1.0, len(logs) * of_one / (1.0 + (len(logs) - 1) * of_one)))


def _luck(sold: NDArray[np.float64], exposure: NDArray[np.float64]) -> float:
    """Return the variance that the luck of weeks leaves in a year's curve.

    What weeks scatter by chance is taken from their second differences, by the median: a season bends slowly, and the
    few weeks at a peak do not count as chance.
    """
    weekly, open_ = by_week(sold), by_week(exposure)
    rate = weekly[open_ > 0] / open_[open_ > 0]
    if rate.size < YEAR // WEEK // 2 or rate.mean() <= 0:
        return 0.0
    bends = np.diff(rate / rate.mean(), n=2)
    chance = (_MAD_TO_SD * float(np.median(np.abs(bends)))) ** 2 / _VARIANCE_OF_BENDS
    weights = 1.0 - np.abs(np.arange(-_REACH, _REACH + 1))[_REACH % WEEK :: WEEK] / (_REACH + 1.0)
    return chance * float((weights**2).sum() / weights.sum() ** 2)


def _smooth(sold: NDArray[np.float64], exposure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rates with triangular weights over five weeks around each day of the year, as a circle."""
    weights = 1.0 - np.abs(np.arange(-_REACH, _REACH + 1)) / (_REACH + 1.0)
    over = np.zeros_like(sold)
    under = np.zeros(exposure.size)
    for offset, weight in zip(range(-_REACH, _REACH + 1), weights.tolist(), strict=True):
        over += weight * np.roll(sold, offset, axis=0)
        under += weight * np.roll(exposure, offset)
    known = under > 0.05 * weights.sum() / 7
    rate = over / np.maximum(under, 1e-9)[:, None]
    return rate if known.all() else _bridged(rate, known)


def _bridged(rate: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Draw a line over days of the year of which nothing is known."""
    places = np.flatnonzero(known)
    if places.size == 0:
        return np.ones_like(rate)
    every = np.arange(known.size)
    return np.stack([np.interp(every, places, column[places], period=known.size) for column in rate.T], axis=1)


def _levelled(rate: NDArray[np.float64]) -> NDArray[np.float64]:
    mean = rate.mean(axis=0)
    return np.where(mean > 0, rate / np.where(mean > 0, mean, 1.0), 1.0)


def _growth(sold: NDArray[np.float64], exposure: NDArray[np.float64]) -> float:
    """Return the log of growth over a year from the days that overlap, nearer to 0 the fewer they are."""
    overlap = min(sold.size - YEAR, _OVERLAP_AT_MOST)
    if overlap < _OVERLAP_AT_LEAST:
        return 0.0
    both = (exposure[-overlap:] > 0) & (exposure[-overlap - YEAR : -YEAR] > 0)
    now, before = sold[-overlap:][both].sum(), sold[-overlap - YEAR : -YEAR][both].sum()
    if now <= 0 or before <= 0:
        return 0.0
    return float(np.log(now / before)) * overlap / (overlap + _OVERLAP_AT_LEAST)


def christmas_prior(
    sold: NDArray[np.float64], calendar: NDArray[np.float64], *, first: date, ahead: int, gifts: float
) -> NDArray[np.float64]:
    """Return the index of a Christmas nobody has seen whole, (days + ahead,), for a history below a year.

    Its height is documented (`gifts` is the lever: 1 for general goods, 2 for gifts); weeks of December the history
    does have pull it towards what they sold. `sold`: (days,).
    """
    days = [first + timedelta(days=number) for number in range(sold.size + ahead)]
    shape = christmas_shape(np.array([_days_from_christmas(day) for day in days]))
    past = shape[: sold.size]
    usual, high = (calendar > 0) & (past == 0), (calendar > 0) & (past > 0)
    level = sold[usual].sum() / max(calendar[usual].sum(), 1e-9)
    height, weeks = christmas_height(gifts), float((calendar * past)[high].sum())
    if level > 0 and weeks > 0:
        excess = (sold[high].sum() / level - calendar[high].sum()) / weeks
        height = (CHRISTMAS_WEEKS * height + weeks * float(excess)) / (CHRISTMAS_WEEKS + weeks)
    return 1.0 + max(height, 0.0) * shape


def _days_from_christmas(day: date) -> int:
    return (day - date(day.year, 12, 25)).days
