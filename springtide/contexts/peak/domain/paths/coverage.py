"""How well a negative binomial with a given spread describes counts that were seen: its probability transform.

For counts the transform is not one number but the interval from F(x - 1) to F(x); the share of it below a level is what
a randomised transform would give on average, so that nothing has to be drawn.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

LEVELS = (0.1, 0.5, 0.9, 0.99)
_WEIGHTS = np.array([1.0, 1.0, 4.0, 2.0])
"""P90 is what plans are made for."""


def shares_below(
    counts: NDArray[np.float64], means: NDArray[np.float64], variances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return, for each of LEVELS, the share of counts below that quantile of their negative binomial, (levels,)."""
    excess = np.maximum(variances - means, 1e-9 * means)
    size = means * means / excess
    chance = size / (size + means)
    below = np.where(counts > 0, special.betainc(size, np.maximum(counts, 1.0), chance), 0.0)
    width = np.maximum(special.betainc(size, counts + 1.0, chance) - below, 1e-12)
    return np.array([np.clip((level - below) / width, 0.0, 1.0).mean() for level in LEVELS])


def misfit(counts: NDArray[np.float64], means: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """Return how far the shares are from their levels, squared, P90 counting most."""
    return float((_WEIGHTS * (shares_below(counts, means, variances) - np.array(LEVELS)) ** 2).sum())
