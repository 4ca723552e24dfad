"""How far forecasts were off. Percentages of single days are never averaged: sums are divided by sums."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure, and between which values it lies in `level` of the resampled pasts."""

    value: float
    low: float
    high: float
    level: float = 0.9


def wape(actual: Floats, forecast: Floats) -> float:
    """Return the sum of absolute errors over what was sold; NaN where nothing was sold."""
    return _share(float(np.abs(_f64(forecast) - actual).sum()), actual)


def bias(actual: Floats, forecast: Floats) -> float:
    """Return forecast less actual over what was sold: positive is too much; NaN where nothing was sold."""
    return _share(float((_f64(forecast) - actual).sum()), actual)


def pinball(actual: Floats, quantile: Floats, share: float) -> float:
    """Return the sum of pinball losses of a quantile's forecast, in the unit of what was sold."""
    missed = _f64(actual) - quantile
    return float(np.maximum(share * missed, (share - 1.0) * missed).sum())


def coverage(actual: Floats, quantile: Floats) -> float:
    """Return the share of cells at or below the quantile; NaN without cells."""
    return float(np.mean(actual <= quantile)) if actual.size else float("nan")


def width(low: Floats, high: Floats, actual: Floats) -> float:
    """Return how wide the band from `low` to `high` is, over what was sold."""
    return _share(float((_f64(high) - low).sum()), actual)


def value_added(error: float, benchmark: float) -> float:
    """Return by which share an error is below the benchmark's: above 0 the model adds value."""
    return 1.0 - error / benchmark if benchmark > 0 else 0.0


def block_bootstrap(
    blocks: Sequence[tuple[float, float]], *, seed: int, resamples: int = RESAMPLES, level: float = 0.9
) -> Interval:
    """Return the ratio of two summed columns with its interval; whole blocks (weeks) are drawn with replacement.

    `blocks`: (error, sold) or (covered, cells) per block. Errors of the days of one week, and of all products in it,
    hang together: that is why blocks and not cells are drawn. NaN where there is nothing to divide by.
    """
    sums = np.asarray(blocks, dtype=np.float64).reshape(-1, 2)
    drawn = np.random.Generator(np.random.Philox(seed)).integers(0, len(sums), size=(resamples, len(sums)))
    over, under = sums[drawn].sum(axis=1).T
    figures = over[under > 0] / under[under > 0]
    low, high = np.quantile(figures, [(1 - level) / 2, (1 + level) / 2]) if figures.size else (np.nan, np.nan)
    return Interval(value=ratio(sums.sum(axis=0)), low=float(low), high=float(high), level=level)


def ratio(sums: Floats) -> float:
    """Return the first sum over the second; NaN over nothing."""
    return float(sums[0] / sums[1]) if sums[1] > 0 else float("nan")


def _share(loss: float, actual: Floats) -> float:
    sold = float(np.abs(actual).sum(dtype=np.float64))
    return loss / sold if sold > 0 else float("nan")


def _f64(values: Floats) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
