"""Whole numbers from means by inversion: a larger mean never gives a smaller number for the same random bits.

That is why two scenarios on the same seed differ by what was changed and by nothing else (common random numbers).

Units of a day are negative binomial: a Poisson number whose mean is multiplied by a gamma factor. The gamma factor is
read from a table of 4,096 equally likely slices whose mean is exactly 1. Poisson numbers are inverted exactly below a
mean of 10; from there by the Cornish-Fisher expansion to second order, which misses the exact quantile in less than 2 %
of the draws, by one unit, and not on average (`tests/unit/peak/paths/test_counts.py` measures it).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

SLICES = 4096
"""How many equally likely gamma factors there are: 12 random bits choose one."""
_EXACT_BELOW = np.float32(10.0)
_TAIL_BINS = 65536
_STEP = 1.05
_LONGEST = 64
"""Where the search of a Poisson number ends: with a mean below 10, more than 60 has a chance below 1e-27."""
_FLOOR = np.float32(2e-6)
"""Differences of float32 say nothing below this share of the first: the search would not end where it should."""

_Z = special.ndtri(1.0 - (np.arange(_TAIL_BINS) + 0.5) / _TAIL_BINS)
_NORMAL = _Z.astype(np.float32)
_SKEW = ((_Z * _Z - 1.0) / 6.0 - 0.5).astype(np.float32)


def rounded_dispersion(dispersion: float) -> float:
    """Return the dispersion on a grid of steps of 5 %, so that products share tables; infinity (Poisson) stays."""
    if not np.isfinite(dispersion):
        return float("inf")
    return float(_STEP ** round(np.log(max(dispersion, 1e-3)) / np.log(_STEP)))


@lru_cache(maxsize=512)
def gamma_table(dispersion: float) -> NDArray[np.float32]:
    """Return the gamma factors of a dispersion, (SLICES,), rising, with mean 1 and variance 1/dispersion."""
    if not np.isfinite(dispersion):
        return np.ones(SLICES, dtype=np.float32)
    edges = special.gammaincinv(dispersion, np.arange(SLICES + 1) / SLICES)
    below = special.gammainc(dispersion + 1.0, edges)  # the share of the mean that lies below an edge
    below[-1] = 1.0
    table: NDArray[np.float32] = np.diff(below * SLICES).astype(np.float32)
    return table


def poisson_at(mean: NDArray[np.float32], tail: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Poisson number of each mean that is exceeded with the chance `tail`; both (n,), as is the result."""
    numbers = np.zeros(mean.size, dtype=np.float32)
    some = (tail < mean).nonzero()[0]  # P(X > 0) is below the mean: the others are zero for certain
    if some.size == 0:
        return numbers
    means, tails = mean[some], tail[some]
    large = means >= _EXACT_BELOW
    count = int(np.count_nonzero(large))
    if count == 0:
        numbers[some] = _searched(means, tails)
    elif count == some.size:
        numbers[some] = _expanded(means, tails)
    else:
        at, rest = large.nonzero()[0], (~large).nonzero()[0]
        numbers[some[at]] = _expanded(means[at], tails[at])
        numbers[some[rest]] = _searched(means[rest], tails[rest])
    return numbers


def _expanded(mean: NDArray[np.float32], tail: NDArray[np.float32]) -> NDArray[np.float32]:
    place = (tail * np.float32(_TAIL_BINS)).astype(np.intp)
    number = np.sqrt(mean)
    number *= _NORMAL.take(place, mode="clip")
    number += mean
    number += _SKEW.take(place, mode="clip")
    np.ceil(number, out=number)
    return np.maximum(number, 0, out=number)


def _searched(mean: NDArray[np.float32], tail: NDArray[np.float32]) -> NDArray[np.float32]:
    """Count the n with P(X > n) above the tail, together for all; those that are done leave once they are many."""
    numbers = np.zeros(mean.size, dtype=np.float32)
    place, found = None, numbers
    chance = np.exp(-mean)  # P(X = n)
    above = -np.expm1(-mean)  # P(X > n)
    tail = np.maximum(tail, above * _FLOOR)
    for n in range(1, _LONGEST):
        going = above > tail
        left = int(np.count_nonzero(going))
        if left == 0:
            break
        found += going
        if left * 2 < going.size:
            kept = going.nonzero()[0]
            if place is not None:
                numbers[place] = found
            place = kept if place is None else place[kept]
            found, mean, tail, chance, above = found[kept], mean[kept], tail[kept], chance[kept], above[kept]
        chance *= mean
        chance *= np.float32(1.0 / n)
        above -= chance
    if place is not None:
        numbers[place] = found
    return numbers
