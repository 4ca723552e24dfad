"""One seeded set of joint paths: the totals, and the products they are the sum of.

What agrees with what, on every path and day:

units    are the sum of the product draws, to the unit
revenue  is the sum of units x price, scaled by one number a day so that its mean is the forecast's, times the path's
         own price of the day (what a unit brings differs from what units alone explain)
orders   are Poisson per hour; their mean is the forecast's orders x the path's demand x the day's hours. The path's
         demand is what its products are expected to bring in money, before the luck of single days, over what the
         forecast expects: orders and units share every factor but the basket, what an order holds, of units alone
lines    follow orders in the forecast's lines per order of the day
visits   follow the path's demand in the forecast's visits, less what levers let the same visitors buy more
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.result import Forecast, Spread
from springtide.contexts.peak.domain.paths.counts import poisson_at
from springtide.contexts.peak.domain.paths.drawn import WORKERS, DrawnPaths
from springtide.contexts.peak.domain.paths.edits import Edits, bought_more, checked, multipliers
from springtide.contexts.peak.domain.paths.factors import Factors, draw_factors
from springtide.contexts.peak.domain.paths.streams import stream, tails
from springtide.contexts.peak.domain.paths.totals import PathTotals

DEFAULT_PATHS = 1000
DEFAULT_SEED = 1
PRICE_STEPS = 1024
"""Prices are counted in 1,024ths of a minor unit: their sums are exact, whatever the order they are added in."""
_BLOCK = 256
_MOST_KEPT = 32_000_000
"""Levels that are kept for further questions: 128 MB, those of 32,000 products on 1,000 paths."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What was added up over products, float64 (paths, days) each: all that totals are made of.

    `units` and `revenue`: of their draws, the latter at the forecast's prices. `demand`: what the path's day is
    expected to bring, over what the forecast expects.
    """

    units: NDArray[np.float64]
    revenue: NDArray[np.float64]
    demand: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class JointPaths:
    """Everything a plan is derived from. `forecast` is before `edits`; `products.means` is after."""

    forecast: Forecast
    spread: Spread
    edits: Edits
    totals: PathTotals
    products: DrawnPaths
    sums: Sums

    @property
    def seed(self) -> int:
        """Return the seed all draws come from."""
        return self.products.seed

    @cached_property
    def levels(self) -> NDArray[np.float32] | None:
        """Return `products.levels` of all products, the same under all edits; None where they are too many to keep."""
        count = len(self.products.skus)
        return self.products.levels(range(count)) if count * self.products.paths <= _MOST_KEPT else None

    @cached_property
    def expected_goods(self) -> NDArray[np.float64]:
        """Return expected units and revenue at the forecast's prices under these edits, (2, paths, days)."""
        means = self.products.means
        return expected(self.products, [means, means * unit_prices(self.forecast)], self.levels)


def draw_paths(
    forecast: Forecast,
    spread: Spread,
    *,
    edits: Edits,
    seed: int = DEFAULT_SEED,
    paths: int = DEFAULT_PATHS,
    peak_minute: float = 1.0,
    workers: int = WORKERS,
) -> JointPaths:
    """Draw the season; all products are drawn once for the sums and not kept. Raises InvalidPeakInput (edits)."""
    checked(edits, forecast)
    factors = draw_factors(
        spread,
        seed=seed,
        paths=paths,
        event_days=forecast.event_days,
        categories=[product.category for product in forecast.products],
    )
    products = drawn_products(forecast, spread, factors, edits=edits, seed=seed, workers=workers)
    units, revenue = summed(products, prices_of(forecast))
    sums = Sums(units=units, revenue=revenue, demand=demand_of(forecast, products))
    totals = totals_of(forecast, sums, factors, edits=edits, seed=seed, peak_minute=peak_minute)
    return JointPaths(forecast=forecast, spread=spread, edits=edits, totals=totals, products=products, sums=sums)


def drawn_products(
    forecast: Forecast, spread: Spread, factors: Factors, *, edits: Edits, seed: int, workers: int
) -> DrawnPaths:
    """Return the products of these factors with the edits applied, not drawn yet."""
    return DrawnPaths(
        season=forecast.season,
        skus=tuple(product.sku for product in forecast.products),
        categories=tuple(product.category for product in forecast.products),
        means=forecast.units * multipliers(edits, forecast),
        product_sd=spread.product_sd,
        dispersion=spread.dispersion,
        factors=factors,
        seed=seed,
        workers=workers,
    )


def totals_of(
    forecast: Forecast, sums: Sums, factors: Factors, *, edits: Edits, seed: int, peak_minute: float
) -> PathTotals:
    """Return the totals of these sums; orders are counted."""
    orders = _orders(forecast, sums.demand, seed=seed)
    per_order = ratio(forecast.lines, forecast.orders)
    visits = forecast.visits / bought_more(edits, forecast) * sums.demand
    at_prices = prices_of(forecast) @ forecast.units.astype(np.float64)
    return PathTotals(
        season=forecast.season,
        orders=orders,
        visits=(visits[:, :, None] * forecast.hours).astype(np.float32),
        lines=(orders.sum(axis=2, dtype=np.float64) * per_order).astype(np.float32),
        units=sums.units.astype(np.float32),
        revenue_minor=sums.revenue * ratio(forecast.revenue_minor, at_prices) * factors.price,
        peak_minute=peak_minute,
    )


def demand_of(forecast: Forecast, products: DrawnPaths) -> NDArray[np.float64]:
    """Return what every path's day is expected to bring, over what the forecast expects, (paths, days)."""
    (money,) = expected(products, [products.means * worth_of(forecast)])
    return relative(forecast, products, money)


def relative(forecast: Forecast, products: DrawnPaths, money: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return expected money over the forecast's; on a day when the forecast sells nothing, the common factors alone."""
    before = (forecast.units * worth_of(forecast)).sum(axis=0, dtype=np.float64)
    return np.where(before > 0, money * ratio(np.ones_like(before), before), products.factors.common)


def worth_of(forecast: Forecast) -> NDArray[np.float32]:
    """Return what a unit counts for in the demand of a path, (products, 1): its price, and at least something."""
    return np.maximum(prices_of(forecast), 1.0 / PRICE_STEPS).astype(np.float32)[:, None]


def expected(
    products: DrawnPaths, kinds: Sequence[NDArray[np.float32]], kept: NDArray[np.float32] | None = None
) -> NDArray[np.float64]:
    """Return sums over products on each path, before the luck of days, (kinds, paths, days).

    `kinds`: what is added up when every factor is 1, (products, days) each; a kind's sum depends on no other kind.
    `kept`: the levels of all products, where somebody has them.
    """
    sums = np.zeros((len(kinds), products.paths, products.season.days))
    for start in range(0, len(products.skus), _BLOCK):
        part = range(start, min(start + _BLOCK, len(products.skus)))
        levels = (products.levels(part) if kept is None else kept[part.start : part.stop]).T
        for place, kind in enumerate(kinds):
            sums[place] += levels @ kind[part.start : part.stop]
    sums *= products.factors.common
    return sums


def unit_prices(forecast: Forecast) -> NDArray[np.float32]:
    """Return `prices_of` as a column of float32, (products, 1)."""
    return prices_of(forecast).astype(np.float32)[:, None]


def prices_of(forecast: Forecast) -> NDArray[np.float64]:
    """Return the prices of the products in minor units, in steps that add up exactly, (products,)."""
    prices = np.array([product.price_minor for product in forecast.products], dtype=np.float64)
    return np.round(prices * PRICE_STEPS) / PRICE_STEPS


def summed(products: DrawnPaths, prices: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw every product once and return units and revenue of all, (paths, days) each; exact, so in any order."""
    shares = np.array_split(np.arange(len(products.skus)), products.workers)

    def add_up(places: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        units = np.zeros((products.paths, products.season.days))
        revenue = np.zeros_like(units)

        def take(place: int, drawn: NDArray[np.float32]) -> None:
            np.add(units, drawn, out=units)
            np.add(revenue, drawn * prices[place], out=revenue)

        products.each(places, take)
        return units, revenue

    with ThreadPoolExecutor(products.workers) as pool:
        parts = list(pool.map(add_up, [share.tolist() for share in shares]))
    return sum(part[0] for part in parts[1:]) + parts[0][0], sum(part[1] for part in parts[1:]) + parts[0][1]


def _orders(forecast: Forecast, demand: NDArray[np.float64], *, seed: int) -> NDArray[np.float32]:
    mean = ((forecast.orders * demand)[:, :, None] * forecast.hours).astype(np.float32)
    return poisson_at(mean.ravel(), tails(stream(seed, "orders"), mean.size)).reshape(mean.shape)


def ratio(over: NDArray[np.float64], under: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide; 0 where there is nothing to divide by."""
    return np.divide(over, under, out=np.zeros_like(over), where=under > 0)
