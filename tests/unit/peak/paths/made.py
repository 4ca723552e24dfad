"""Small forecasts for the tests of paths."""

from datetime import date

import numpy as np

from springtide.contexts.peak.domain.forecast.result import Forecast, Spread
from springtide.contexts.peak.domain.history.demand import Product
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.season import Season

FIRST = date(2011, 11, 1)
NO_EDITS = Edits(as_of=FIRST)


def forecast_of(products: int = 40, days: int = 20, *, mean: float = 2.0, event: range = range(10, 14)) -> Forecast:
    """Return a forecast: means from 0.05 to several units, tripled on event days, four categories, one open shop."""
    size = mean * np.geomspace(0.05, 4.0, products)
    profile = np.array([3.0 if day in event else 1.0 for day in range(days)])
    units = (size[:, None] * profile).astype(np.float32)
    prices = np.round(np.geomspace(100, 5000, products))
    orders = units.sum(axis=0, dtype=np.float64) / 10
    hours = np.zeros((days, 24), dtype=np.float32)
    hours[:, 8:20] = 1 / 12
    return Forecast(
        season=Season(first=FIRST, days=days),
        products=tuple(
            Product(sku=f"SKU-{place}", category=f"category-{place % 4}", price_minor=float(price))
            for place, price in enumerate(prices)
        ),
        units=units,
        orders=orders,
        lines=orders * 6,
        revenue_minor=prices @ units.astype(np.float64) * 0.95,
        visits=orders * 30,
        hours=hours,
        event_days=profile > 1,
    )


def spread_of(products: int = 40, **changed: float) -> Spread:
    """Return a spread with something of every kind; `changed` replaces any of its figures, for all products alike."""
    figures = {
        "common_sd": 0.14, "event_sd": 0.1, "day_sd": 0.1, "group_sd": 0.1, "product_sd": 0.4, "dispersion": 2.0,
    } | changed  # fmt: skip
    return Spread(
        common_sd=figures["common_sd"],
        event_sd=figures["event_sd"],
        day_sd=figures["day_sd"],
        group_sd=figures["group_sd"],
        product_sd=np.full(products, figures["product_sd"], dtype=np.float32),
        dispersion=np.full(products, figures["dispersion"], dtype=np.float32),
        learned_on="made for tests",
    )


def nothing_known(products: int = 40) -> Spread:
    """Return a spread without any factor: Poisson counts alone."""
    return spread_of(products, common_sd=0, event_sd=0, day_sd=0, group_sd=0, product_sd=0, dispersion=float("inf"))
