"""A history as it was known at an origin, or with days of which nothing is known yet."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.weeks import WEEK
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.history.ready import ReadySeries


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


def longer(demand: Demand, last: date) -> Demand:
    """Return the history with days up to `last` of which nothing is known: closed, without sales or stock."""
    more = (last - demand.last).days
    if more <= 0:
        return demand

    def rows(values: NDArray[Any], fill: float = 0) -> NDArray[Any]:
        return np.concatenate([values, np.full((more, *values.shape[1:]), fill, dtype=values.dtype)])

    return replace(
        demand,
        units=rows(demand.units),
        in_stock=rows(demand.in_stock),
        open_days=rows(demand.open_days),
        orders=rows(demand.orders),
        lines=rows(demand.lines),
        revenue_minor=rows(demand.revenue_minor),
        orders_by_hour=rows(demand.orders_by_hour),
        visits=None if demand.visits is None else rows(demand.visits, np.nan),
    )


def known_of(demand: Demand, ready: ReadySeries | None, made_longer: Demand) -> NDArray[np.bool_]:
    """Return of which cells of a history that was made longer somebody knows what came, bool (days, products).

    `ready`: the series it was read from, which may have quantities left empty.
    """
    known = np.zeros(made_longer.units.shape, dtype=np.bool_)
    known[: demand.days] = True if ready is None else ready.known
    return known


def on_one_day(demand: Demand) -> Demand:
    """Return weekly series, spread over the days of their weeks, as a shop that is open on the first day of each.

    A forecast of theirs is one of whole weeks again, and what a week sold is one count and not seven parts of it.
    """
    first = np.arange(demand.days) % WEEK == 0
    weeks = np.add.reduceat(demand.units, np.flatnonzero(first), axis=0, dtype=np.float64)
    weeks = np.where(np.isclose(weeks, np.rint(weeks), rtol=1e-6, atol=1e-6), np.rint(weeks), weeks)
    units = np.zeros_like(demand.units)
    units[first] = weeks
    total = units.sum(axis=1)
    return replace(
        demand,
        units=units,
        open_days=first & demand.open_days,
        orders=total,
        lines=total,
        orders_by_hour=np.repeat(total[:, None] / 24, 24, axis=1),
        revenue_minor=np.zeros(demand.days),
    )
