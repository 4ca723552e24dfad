"""How far the level of a forecast walks while its season lasts: learned on back-tests, week by week.

The log of came over expected, by week, is a level that walks at random and the luck of single weeks (a local level
model). Both are found together by likelihood over a grid, so that a lucky week is not taken for a walk; the level
begins with the spread of the season. Few windows lean on the documented prior, as all figures of a calibration do.
"""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.windows import Window, independent
from springtide.contexts.peak.domain.paths.measures import ORDERS, UNITS, total_of
from springtide.contracts.peak.paths import USUAL_DRIFT_SD

WEEK = 7
_WALKS = (0.0, *np.geomspace(0.005, 0.4, 23).tolist())
_LUCKS = tuple(np.geomspace(0.01, 0.8, 24).tolist())
_LEAST_WEEKS = 3
_PRIOR_WINDOWS = 4.0
"""So many independent windows would count as much as the prior: as in `calibrate`."""


def drift_of(windows: Sequence[Window], *, season_sd: float) -> float:
    """Return the standard deviation of the walk on the log scale, per root of a week; the prior without windows.

    `season_sd`: how far levels were off when seasons began.
    """
    series = [errors for window in windows if (errors := _weekly_errors(window)).size >= _LEAST_WEEKS]
    if not series:
        return USUAL_DRIFT_SD
    walk, _ = min(product(_WALKS, _LUCKS), key=lambda pair: _surprise(series, *pair, season_sd=season_sd))
    seen = independent(windows)
    variance = (_PRIOR_WINDOWS * USUAL_DRIFT_SD**2 + seen * walk**2) / (_PRIOR_WINDOWS + seen)
    return float(np.sqrt(variance))


def _weekly_errors(window: Window) -> NDArray[np.float64]:
    """Return the log of came over expected of whole weeks in which both are something."""
    total = total_of(window, ORDERS) or total_of(window, UNITS)
    if total is None:
        return np.zeros(0)
    weeks = window.days // WEEK
    said, came = (days[: weeks * WEEK].reshape(weeks, WEEK).sum(axis=1) for days in (total.expected, total.actual))
    both = (said > 0) & (came > 0)
    errors: NDArray[np.float64] = np.log(came[both] / said[both])
    return errors


def _surprise(series: Sequence[NDArray[np.float64]], walk: float, luck: float, *, season_sd: float) -> float:
    """Return how unlikely these errors are (minus the log likelihood, up to a constant)."""
    return sum(part for errors in series for part in _surprises(errors, walk, luck, season_sd))


def _surprises(errors: NDArray[np.float64], walk: float, luck: float, season_sd: float) -> Iterator[float]:
    level, variance = 0.0, season_sd**2
    for error in errors.tolist():
        total = variance + luck**2
        away = error - level
        yield 0.5 * float(np.log(total) + away**2 / total)
        level += variance / total * away
        variance = variance * luck**2 / total + walk**2
