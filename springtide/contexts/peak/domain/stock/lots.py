"""When an order itself costs money: lot sizes for steady, random and known demand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import gammaln, ndtri, xlogy

from springtide.contexts.peak.domain.stock.newsvendor import (
    newsvendor_poisson,
    poisson_cost,
    poisson_support,
    standard_loss,
)

_SETTLED = 1e-10
_MOST_ROUNDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """How many units to order at once, and what that costs per period."""

    quantity: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderPoint:
    """Order `quantity` when the stock falls to `point`; cost per period."""

    point: float
    quantity: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpTo:
    """At `low` or below order up to `high`; cost per period."""

    low: int
    high: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lots:
    """Orders per period for known demand, and what they cost in all."""

    orders: tuple[float, ...]
    cost: float


def eoq(*, order_cost: float, holding: float, demand: float) -> Lot:
    """Return the economic order quantity for steady demand per period."""
    quantity = sqrt(2.0 * order_cost * demand / holding)
    return Lot(quantity=quantity, cost=eoq_cost(quantity, order_cost=order_cost, holding=holding, demand=demand))


def eoq_cost(quantity: float, *, order_cost: float, holding: float, demand: float) -> float:
    """Return ordering and holding cost per period of this lot size."""
    return order_cost * demand / quantity + holding * quantity / 2.0


def reorder_point(
    *, order_cost: float, holding: float, shortage: float, demand: float, sd: float, lead_time: float
) -> ReorderPoint:
    """Return (r, Q) by the approximation of the expected inventory level; `demand` and `sd` per period, sd above 0."""
    mean, spread = demand * lead_time, sd * sqrt(lead_time)
    quantity = eoq(order_cost=order_cost, holding=holding, demand=demand).quantity
    for _ in range(_MOST_ROUNDS):
        z = float(ndtri(1.0 - min(1.0, quantity * holding / (shortage * demand))))
        short = spread * standard_loss(z)
        better = sqrt(2.0 * demand * (order_cost + shortage * short) / holding)
        settled = abs(better - quantity) < _SETTLED
        quantity = better
        if settled:
            break
    point = mean + z * spread
    cost = holding * (point - mean + quantity / 2.0) + demand * (order_cost + shortage * short) / quantity
    return ReorderPoint(point=point, quantity=quantity, cost=cost)


def order_up_to_poisson(*, order_cost: float, holding: float, shortage: float, mean: float) -> OrderUpTo:
    """Return the best (s, S) against Poisson demand per period, exactly, by Zheng and Federgruen's search.

    Orders arrive at once, what is missing waits.
    """
    chances = _chances(mean)

    def one_period(level: int) -> float:
        return poisson_cost(level, holding=holding, shortage=shortage, mean=mean)

    def long_run(low: int, high: int) -> float:
        return _long_run(one_period, chances, order_cost, low, high)

    best = int(newsvendor_poisson(holding=holding, shortage=shortage, mean=mean).level)
    low = best - 1
    while long_run(low, best) > one_period(low):
        low -= 1
    high, cost = best, long_run(low, best)
    upper = best + 1
    while one_period(upper) <= cost:
        if long_run(low, upper) < cost:
            high = upper
            while long_run(low, high) <= one_period(low + 1):
                low += 1
            cost = long_run(low, high)
        upper += 1
    return OrderUpTo(low=low, high=high, cost=cost)


def wagner_whitin(demand: Sequence[float], *, order_cost: float, holding: float) -> Lots:
    """Return the cheapest orders for known demand per period: nothing is late, what a period leaves over costs."""
    periods = len(demand)
    cheapest = [0.0] * (periods + 1)
    covers_until = [periods] * periods
    for start in range(periods - 1, -1, -1):
        cheapest[start] = float("inf")
        kept = 0.0
        for end in range(start + 1, periods + 1):
            kept += holding * (end - 1 - start) * demand[end - 1]
            cost = order_cost + kept + cheapest[end]
            if cost < cheapest[start]:
                cheapest[start], covers_until[start] = cost, end
    orders = [0.0] * periods
    start = 0
    while start < periods:
        orders[start] = float(sum(demand[start : covers_until[start]]))
        start = covers_until[start]
    return Lots(orders=tuple(orders), cost=cheapest[0])


def _chances(mean: float) -> list[float]:
    units = poisson_support(mean)
    chances: list[float] = np.exp(xlogy(units, mean) - mean - gammaln(units + 1)).tolist()
    return chances


def _long_run(
    one_period: Callable[[int], float], chances: list[float], order_cost: float, low: int, high: int
) -> float:
    """Return the cost per period of (low, high): renewals of the stock between two orders."""
    visits = [1.0 / (1.0 - chances[0])]
    for below in range(1, high - low):
        back = sum(chances[step] * visits[below - step] for step in range(1, min(below, len(chances) - 1) + 1))
        visits.append(back / (1.0 - chances[0]))
    spent = sum(visit * one_period(high - below) for below, visit in enumerate(visits))
    return (order_cost + spent) / sum(visits)
