"""One order for one period: how much, when too much costs `holding` and too little `shortage` per unit."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri, pdtr

_TAIL_SDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseStock:
    """An order-up-to level in units, and what it costs per period."""

    level: float
    cost: float


def critical_ratio(*, over: float, under: float) -> float:
    """Return the share of cases that the best quantity covers; `over` and `under` cost per unit, not both 0."""
    return under / (under + over)


def standard_loss(z: float) -> float:
    """Return E[(Z - z)+] of a standard normal Z."""
    density = np.exp(-z * z / 2.0) / sqrt(2.0 * np.pi)
    return float(density - z * ndtr(-z))


def newsvendor_normal(
    *, holding: float, shortage: float, mean: float, sd: float, lead_time: float = 0.0, review: float = 1.0
) -> BaseStock:
    """Return the best level against normal demand per period, protected over lead time and review period.

    What is missing waits (is backordered). Zero spread orders exactly what is asked for.
    """
    protected = lead_time + review
    total_sd = sd * sqrt(protected)
    z = float(ndtri(critical_ratio(over=holding, under=shortage)))
    cost = total_sd * (holding * z + (holding + shortage) * standard_loss(z))
    return BaseStock(level=mean * protected + z * total_sd, cost=cost)


def newsvendor_poisson(*, holding: float, shortage: float, mean: float) -> BaseStock:
    """Return the smallest whole level whose coverage reaches the critical ratio, against Poisson demand."""
    levels = poisson_support(mean)
    level = int(np.searchsorted(pdtr(levels, mean), critical_ratio(over=holding, under=shortage)))
    return BaseStock(level=level, cost=poisson_cost(level, holding=holding, shortage=shortage, mean=mean))


def poisson_support(mean: float) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return 0, 1, 2, ... far enough into the tail that what is left weighs nothing."""
    return np.arange(int(mean + _TAIL_SDS * sqrt(mean) + _TAIL_SDS) + 1)


def poisson_cost(level: int, *, holding: float, shortage: float, mean: float) -> float:
    """Return the expected cost of one period that starts with `level` units; a negative level is a debt."""
    if level < 0:
        return shortage * (mean - level)
    covered = float(pdtr(level, mean))
    below = float(pdtr(level - 1, mean)) if level else 0.0
    left_over = level * covered - mean * below
    return holding * left_over + shortage * (mean - level + left_over)
