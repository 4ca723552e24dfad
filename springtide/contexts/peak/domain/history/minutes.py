"""How much busier the busiest minute of an hour is than its average one, measured on a shop's own orders.

Counting the fullest minute would measure luck: ten orders an hour put two into some minute. Pairs of orders do not have
that fault. Of n orders, n(n - 1) is on average the square of what was to be expected, whatever luck did; so pairs that
share a minute against pairs that share an hour give how uneven the expectation itself is, and nothing of the dice.
"""

from dataclasses import dataclass

import polars as pl
from scipy import special

MINUTES = 60
LEAST_PAIRS = 100.0
"""Pairs that even minutes would share: with fewer, the figure is off by more than a tenth by luck alone."""
_LEAST_DIFFERENT = 30
"""A file whose times name fewer minutes of the hour than this was rounded by somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """`times`: the busiest minute over the average one, learned on the fullest hour of each day: `hours`, `orders`."""

    times: float
    hours: int
    orders: int


def burst_of(real: pl.DataFrame) -> Burst | None:
    """Return the burst of a history's sales (`party`, `local`), None where too few orders share an hour.

    The expectation of minutes is taken to be gamma; the busiest of sixty is the level that one in sixty exceeds.
    """
    placed = real.group_by("party").agg(pl.col("local").min())
    if placed["local"].dt.minute().n_unique() < _LEAST_DIFFERENT:
        return None
    hours = placed.group_by(pl.col("local").dt.truncate("1h").alias("hour")).agg(pl.len().cast(pl.Int64).alias("n"))
    fullest = (
        hours.sort(["n", "hour"], descending=[True, False]).group_by(pl.col("hour").dt.date().alias("day")).first()
    )
    minutes = placed.group_by(pl.col("local").dt.truncate("1m").alias("minute")).agg(pl.len().cast(pl.Int64).alias("n"))
    inside = minutes.join(fullest.select("hour"), left_on=pl.col("minute").dt.truncate("1h"), right_on="hour")
    even = _pairs(fullest) / MINUTES
    if even < LEAST_PAIRS:
        return None
    uneven = max(0.0, _pairs(inside) / even - 1.0)
    return Burst(times=_highest(uneven), hours=fullest.height, orders=int(fullest["n"].sum()))


def _pairs(counted: pl.DataFrame) -> float:
    return float((counted["n"] * (counted["n"] - 1)).sum())


def _highest(variance: float) -> float:
    """Return the level that one in sixty exceeds, of a gamma distribution with mean 1 and this variance."""
    if variance <= 0.0:
        return 1.0
    shape = 1.0 / variance
    return max(1.0, float(special.gammaincinv(shape, 1.0 - 1.0 / MINUTES)) / shape)
