"""A history as it was known at an origin."""

from dataclasses import replace
from datetime import date

import numpy as np

from springtide.contexts.peak.domain.history.demand import Demand


def before(demand: Demand, last: date) -> Demand:
    """Return the history up to `last`, included; products without a sale until then stay, as rows of zeros.

    Raises ValueError for a day outside the history.
    """
    days = (last - demand.first).days + 1
    if not 1 <= days <= demand.days:
        message = f"{last} is not within {demand.first} to {demand.last}"
        raise ValueError(message)
    return replace(
        demand,
        units=demand.units[:days],
        in_stock=demand.in_stock[:days],
        open_days=demand.open_days[:days],
        orders=demand.orders[:days],
        lines=demand.lines[:days],
        revenue_minor=demand.revenue_minor[:days],
        orders_by_hour=demand.orders_by_hour[:days],
        visits=None if demand.visits is None else demand.visits[:days],
    )


def sold_by(demand: Demand) -> np.ndarray:
    """Return which products had sold by the end of the history, bool (products,)."""
    return demand.units.any(axis=0)
