"""What the rest of a season looks like once part of it was sold: every path is moved, none is thrown away.

A plan is off in two ways: from its first day on, and more and more on the way. Its paths have all of that as one level,
so they take eight good weeks for eight weeks' worth of certainty. Here the level of each path walks at random, week by
week, as far as levels of past forecasts did (`drift_sd`), and starts that much nearer to the middle: the season as a
whole spreads as it was planned. Then the log of what is to come is regressed on the logs of the weeks that are over,
over all paths, and each path is moved by what this says of what it sold and what was sold. What is left of each path,
its days, its events, its luck, stays its own, so nothing can degenerate into a few paths.

This is the local level model (West and Harrison, Bayesian Forecasting and Dynamic Models, chapter 2) with the linear
update of an ensemble (Evensen, The Ensemble Kalman Filter, Ocean Dynamics 53, 2003), which is the regression adjustment
of Beaumont, Zhang and Balding (Genetics 162, 2002) without their kernel. How often it held: docs/peak-accuracy.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.streams import normals, stream

WEEK_DAYS = 7
MOST_WEEKS = 8
"""Weeks before these count as one: a level that drifts has forgotten them."""
_PATHS_PER_WEEK = 20
"""A regression on more weeks than this many paths each would learn the paths' luck."""
_HALF = 0.5  # keeps the log of nothing finite; less than one order
_RIDGE = 1e-4
_SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`factors` (paths,): what each path has still to come is multiplied by them. All paths count alike."""

    factors: NDArray[np.float64]


def outlook_of(planned: NDArray[np.float64], sold: NDArray[np.float64], *, per_day: int, drift_sd: float) -> Outlook:
    """Return the outlook; `planned`: (paths, cells) of a whole season, `sold`: (cells seen,), `per_day` cells a day.

    `drift_sd`: of the walk of the level on the log scale, per root of a week.
    """
    paths, seen = planned.shape[0], sold.size
    if seen in {0, planned.shape[1]}:
        return Outlook(factors=np.ones(paths))
    drifted = planned * _walks(planned, per_day=per_day, drift_sd=drift_sd)
    weeks = _weeks(seen, WEEK_DAYS * per_day, most=max(1, min(MOST_WEEKS, paths // _PATHS_PER_WEEK)))
    x = np.log(np.add.reduceat(drifted[:, :seen], weeks, axis=1) + _HALF)
    y = np.log(np.add.reduceat(sold, weeks) + _HALF)
    rest = np.log(drifted[:, seen:].sum(axis=1) + _HALF)
    moved = np.exp(rest + (y - x) @ _slopes(x, rest))
    return Outlook(factors=moved / (planned[:, seen:].sum(axis=1) + _HALF))


def _walks(planned: NDArray[np.float64], *, per_day: int, drift_sd: float) -> NDArray[np.float64]:
    """Return by what each path's level is off in each cell, (paths, cells); the season's spread stays as it was."""
    paths, days = planned.shape[0], planned.shape[1] // per_day
    steps = normals(stream(_SEED, "outlook", "drift"), paths * days).reshape(paths, days)
    walk = np.cumsum(steps * (drift_sd / np.sqrt(WEEK_DAYS)), axis=1)
    season = np.log(planned.sum(axis=1) + _HALF)
    season -= season.mean()
    usual = planned.reshape(paths, days, per_day).sum(axis=2).mean(axis=0)
    of_season = walk @ (usual / max(usual.sum(), _HALF))
    spread = float(season.var())
    kept = np.sqrt(max(0.0, 1.0 - float(of_season.var()) / spread)) if spread > 0 else 1.0
    return np.repeat(np.exp(walk - (1.0 - kept) * season[:, None]), per_day, axis=1)


def _weeks(seen: int, week: int, *, most: int) -> NDArray[np.intp]:
    """Return where weeks begin, counted back from the last cell seen; the first one holds all that came before."""
    begins = list(range(seen - week, 0, -week))[: most - 1]
    return np.array([0, *reversed(begins)], dtype=np.intp)


def _slopes(x: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much the rest rises with each week, (weeks,); together 0 to 1, as a level cannot do more."""
    around = x - x.mean(axis=0)
    covariance = around.T @ around / x.shape[0] + _RIDGE * np.eye(x.shape[1])
    slopes: NDArray[np.float64] = np.linalg.solve(covariance, around.T @ (rest - rest.mean()) / x.shape[0])
    total = float(slopes.sum())
    if total <= 0:
        return np.zeros_like(slopes)
    return slopes / max(1.0, total)
