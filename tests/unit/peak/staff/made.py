"""Paths made for these tests: 100 days from 1 October 2011, about as the demo company sells."""

from datetime import date

import numpy as np

from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.season import Season

SEASON = Season(first=date(2011, 10, 1), days=100)
HOURS = np.array([0] * 6 + [1, 2, 5, 8, 10, 12, 12, 12, 10, 9, 7, 5, 3, 2, 1, 0.5, 0.3, 0.2])


def totals(paths: int = 50, *, size: float = 1.0, season: Season = SEASON, spread: float = 0.25) -> PathTotals:
    """Orders with a peak at the end of November, each path with a factor of its own."""
    random = np.random.Generator(np.random.Philox(5))
    days = np.arange(season.days)
    shape = 70 * (1 + 1.2 * np.exp(-(((days - 55) / 12) ** 2)))
    daily = size * shape * random.lognormal(0, spread, (paths, 1))
    orders = (daily[:, :, None] * (HOURS / HOURS.sum())).astype(np.float32)
    return PathTotals(
        season=season,
        orders=orders,
        visits=orders * 30,
        lines=(daily * 12).astype(np.float32),
        units=(daily * 100).astype(np.float32),
        revenue_minor=daily * 40_000,
        peak_minute=3.0,
    )
