"""Small made-up shops."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.demand import Demand, Product
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.calendar import EventCalendar

NO_EVENTS = EventCalendar(regions=("GB-ENG",))
MONDAY = date(2024, 1, 1)


def shop(
    units: NDArray[np.floating],
    *,
    first: date = MONDAY,
    categories: tuple[str, ...] = (),
    in_stock: NDArray[np.bool_] | None = None,
    open_days: NDArray[np.bool_] | None = None,
) -> Demand:
    """Return a shop that sold these units, (days, products); an order is two units, everything costs 5.00."""
    days, products = units.shape
    total = units.sum(axis=1)
    orders = (total / 2).astype(np.float32)
    by_hour = np.zeros((days, 24), dtype=np.float32)
    by_hour[:, 10], by_hour[:, 20] = orders * 0.25, orders * 0.75
    return Demand(
        first=first,
        products=tuple(
            Product(sku=f"S{n}", category=categories[n] if categories else "", price_minor=500.0)
            for n in range(products)
        ),
        units=units.astype(np.float32),
        in_stock=np.ones((days, products), dtype=np.bool_) if in_stock is None else in_stock,
        open_days=np.ones(days, dtype=np.bool_) if open_days is None else open_days,
        orders=orders,
        lines=orders,
        revenue_minor=total * 500.0,
        orders_by_hour=by_hour,
    )


def counts(days: int, products: int, *, mean: float = 3.0, seed: int = 1) -> NDArray[np.float64]:
    """Return Poisson counts, products from slow to fast."""
    chance = np.random.Generator(np.random.Philox(seed))
    means = mean * np.linspace(0.1, 2.0, products)
    return chance.poisson(means, size=(days, products)).astype(np.float64)


def season_after(demand: Demand, days: int) -> Season:
    """Return the season of so many days right after a history."""
    return Season(first=demand.last + timedelta(days=1), days=days)
