"""The simple methods that every model has to beat, and that stay when there is too little history for more.

All take weeks x products of units and of exposure and return rates per usual week; all columns at once.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LEAST_EXPOSURE = 1e-9
ALPHA = 0.1
"""Smoothing of Croston's and Teunter's methods; the usual value of the literature."""


def moving_average(units: Floats, exposure: Floats, weeks: int) -> Floats:
    """Return units over exposure of the last `weeks`, (products,); the last known rate where none is exposed."""
    exposed = exposure[-weeks:].sum(axis=0)
    known: Floats = divided(units[-weeks:].sum(axis=0), exposed)
    return np.where(exposed > _LEAST_EXPOSURE, known, naive(units, exposure))


def naive(units: Floats, exposure: Floats) -> Floats:
    """Return the rate of the last week with exposure, (products,)."""
    seen = exposure > _LEAST_EXPOSURE
    last = units.shape[0] - 1 - seen[::-1].argmax(axis=0)
    columns = np.arange(units.shape[1])
    return divided(units[last, columns], exposure[last, columns])


def same_week_last_year(units: Floats, exposure: Floats, steps: int) -> Floats | None:
    """Return the rates 52 weeks before each of the next `steps` weeks, (steps, products); None without a year."""
    year = 52
    count = units.shape[0]
    if count < year:
        return None
    places = count - year + np.arange(steps) % year
    return divided(units[places], exposure[places])


def croston_sba(units: Floats, exposure: Floats, alpha: float = ALPHA) -> Floats:
    """Return Croston's rate with the correction of Syntetos and Boylan, (products,): units of a sale over its interval.

    Intervals are counted in usual weeks of exposure, so weeks that were closed do not lengthen them.
    """
    size, interval, waited = (np.zeros(units.shape[1]) for _ in range(3))
    started = np.zeros(units.shape[1], dtype=np.bool_)
    for sold, exposed in zip(units, exposure, strict=True):
        waited = waited + exposed
        hit = (sold > 0) & (exposed > _LEAST_EXPOSURE)
        size = np.where(hit, np.where(started, size + alpha * (sold - size), sold), size)
        interval = np.where(hit, np.where(started, interval + alpha * (waited - interval), waited), interval)
        started |= hit
        waited = np.where(hit, 0.0, waited)
    return (1 - alpha / 2) * divided(size, interval)


def tsb(units: Floats, exposure: Floats, alpha: float = ALPHA) -> Floats:
    """Return the rate of Teunter, Syntetos and Babai, (products,): chance of a sale x size; it fades without sales."""
    chance, size = np.zeros(units.shape[1]), np.zeros(units.shape[1])
    started = np.zeros(units.shape[1], dtype=np.bool_)
    for sold, exposed in zip(units, exposure, strict=True):
        seen = exposed > _LEAST_EXPOSURE
        hit = (sold > 0) & seen
        pace = divided(sold, np.maximum(exposed, _LEAST_EXPOSURE))
        size = np.where(hit, np.where(started, size + alpha * (pace - size), pace), size)
        first = hit & ~started
        chance = np.where(seen & started, chance + alpha * (hit - chance), np.where(first, 1.0, chance))
        started |= hit
    return chance * size


def divided(over: Floats, under: Floats) -> Floats:
    """Divide; 0 where there is nothing to divide by."""
    return np.divide(over, under, out=np.zeros_like(over), where=under > _LEAST_EXPOSURE)
