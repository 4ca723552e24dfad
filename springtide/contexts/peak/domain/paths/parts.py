"""What the parts of a season do to its total by themselves: categories, products, weeks, days and the luck of counting.

How far totals were off in the past has all of that in it, so it is taken out of the factor that a whole season shares:
otherwise few products, or one category, would be spread twice.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.groups import groups_of
from springtide.contexts.peak.domain.forecast.result import Forecast, Spread

_WEEK = 7
Floats = NDArray[np.float64]


def beyond_shop(forecast: Forecast) -> float:
    """Return which part of categories' own spread is not the shop's: none where one category is all of it.

    What parts do moves the whole too, and that is spread already: something that is nearly all of a whole has hardly
    any of its own.
    """
    return float(np.sqrt(max(0.0, 1.0 - float((_of_categories(forecast) ** 2).sum()))))


def beyond_category(forecast: Forecast) -> Floats:
    """Return which part of a product's own spread is not its category's, (products,)."""
    groups = groups_of(forecast.products)
    units = _of_products(forecast)
    total = np.bincount(groups.of, units, groups.count)[groups.of]
    share = np.divide(units, total, out=np.zeros_like(units), where=total > 0)
    part: Floats = np.sqrt(np.maximum(1.0 - share, 0.0))
    return part


def without_parts(forecast: Forecast, spread: Spread) -> Spread:
    """Return a spread whose `common_sd` was the total's, with what its parts do to the total taken out."""
    left = spread.common_sd**2 - _variance_of_parts(forecast, spread)
    return replace(spread, common_sd=float(np.sqrt(max(0.0, left))))


def _variance_of_parts(forecast: Forecast, spread: Spread) -> float:
    """Return the variance, over the mean squared, that the season's units would have without a common factor."""
    means = forecast.units.astype(np.float64)
    total = float(means.sum())
    if total <= 0:
        return 0.0
    daily = means.sum(axis=0) / total
    weekly = np.add.reduceat(daily, np.arange(0, daily.size, _WEEK))
    parts = (
        _moved(_shares(means.sum(axis=1)), spread.product_sd),
        _moved(_of_categories(forecast), spread.group_sd),
        _moved(weekly, spread.week_sd),
        _moved(daily, spread.day_sd),
        1.0 / total + float(((means**2).sum(axis=1) / spread.dispersion).sum()) / total**2,
    )
    return sum(parts)


def _moved(shares: Floats, sd: NDArray[np.floating] | float) -> float:
    """Return the variance of a total whose parts, of these shares, are lognormal each for itself."""
    return float((shares**2 * np.expm1(np.square(sd, dtype=np.float64))).sum())


def _of_categories(forecast: Forecast) -> Floats:
    """Return the share of the season's units that each category is expected to sell."""
    groups = groups_of(forecast.products)
    return _shares(np.bincount(groups.of, _of_products(forecast), groups.count).astype(np.float64))


def _of_products(forecast: Forecast) -> Floats:
    units: Floats = forecast.units.sum(axis=1, dtype=np.float64)
    return units


def _shares(units: Floats) -> Floats:
    total = float(units.sum())
    return units / total if total > 0 else np.zeros_like(units)
