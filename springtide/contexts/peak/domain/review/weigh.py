"""What every path of a product counts for, once part of its season was sold, and how its rest is moved.

A path that had sold as much by now counts; one far off does not. Too few near ones would make a sure thing of three
paths, so the kernel widens until enough of them count. What a path has still to come is moved by how much more or less
than it was sold, as far as sales so far and sales to come go together over all paths (their slope on the log scale).
Held-out paths say that this is calibrated where the kernel alone was far too wide: docs/adr/0041.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contracts.peak.common import Band

_CLOSE = 0.05  # log distance that weighs a path by a third
_WIDER = 1.25
_WIDEST = 10.0
_LEAST_EFFECTIVE = 100.0
_LEAST_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """`weights` (paths,) add up to 1; `factors` (paths,) multiply what a path has still to come.

    `effective`: how many paths that count alike would say as much.
    """

    weights: NDArray[np.float64]
    factors: NDArray[np.float64]
    effective: float

    def ranks(self, values: NDArray[np.float64], shares: tuple[float, ...]) -> tuple[float, ...]:
        """Return the values, one per path, at these shares of the weights."""
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(self.weights[order])
        places = np.minimum(np.searchsorted(reached, np.array(shares) - 1e-12), values.size - 1)
        return tuple(float(value) for value in values[order[places]])


def weighted_band(values: NDArray[np.float64], weighed: Weighed) -> Band:
    """Return mean and ranks of one number per path under these weights."""
    p10, p50, p90, p99 = weighed.ranks(values, (0.10, 0.50, 0.90, 0.99))
    return Band(mean=float(values @ weighed.weights), p10=p10, p50=p50, p90=p90, p99=p99)


def weigh(planned: NDArray[np.float64], rest: NDArray[np.float64], sold: float) -> Weighed:
    """Return what each path counts for; `planned`: sold by now on each, `rest`: still to come, (paths,) each."""
    level = np.log1p(planned)
    away = np.log1p(sold) - level
    least = min(_LEAST_EFFECTIVE, _LEAST_SHARE * planned.size)
    close = _CLOSE
    weights = _kernel(away, close)
    while 1.0 / float(weights @ weights) < least and close < _WIDEST:
        close *= _WIDER
        weights = _kernel(away, close)
    factors = np.exp(_slope(level, np.log1p(rest)) * away)
    return Weighed(weights=weights, factors=factors, effective=1.0 / float(weights @ weights))


def _kernel(away: NDArray[np.float64], close: float) -> NDArray[np.float64]:
    """Return normal weights by distance; the nearest path always counts."""
    distance = np.abs(away)
    weights = np.exp(-0.5 * ((distance - distance.min()) / close) ** 2)
    scaled: NDArray[np.float64] = weights / weights.sum()
    return scaled


def _slope(level: NDArray[np.float64], rest: NDArray[np.float64]) -> float:
    """Return by how much what is to come rises with what was sold, over all paths; 0 to 1."""
    around = level - level.mean()
    spread = float(around @ around)
    return float(np.clip(around @ (rest - rest.mean()) / spread, 0.0, 1.0)) if spread > 0 else 0.0
