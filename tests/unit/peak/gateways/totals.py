"""Totals of a season for tests: the shape of a day given, the level of each path given."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.season import Season


def totals_of(
    *,
    orders_per_hour: Sequence[Sequence[float]],
    levels: Sequence[float],
    order_minor: float = 4_000.0,
    visits_per_order: float = 25.0,
    peak_minute: float = 2.0,
    first: date = date(2011, 11, 21),
) -> PathTotals:
    """`orders_per_hour`: a list per day of 24 figures (or fewer: the rest is 0); `levels`: a factor per path."""
    shape = np.zeros((len(orders_per_hour), 24), dtype=np.float32)
    for day, hours in enumerate(orders_per_hour):
        shape[day, : len(hours)] = hours
    orders = np.asarray(levels, dtype=np.float32)[:, None, None] * shape
    daily = orders.sum(axis=2)
    return PathTotals(
        season=Season(first=first, days=len(orders_per_hour)),
        orders=orders,
        visits=orders * np.float32(visits_per_order),
        lines=daily * np.float32(3.0),
        units=daily * np.float32(6.0),
        revenue_minor=daily.astype(np.float64) * order_minor,
        peak_minute=peak_minute,
    )
