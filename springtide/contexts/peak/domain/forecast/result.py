"""What a forecast says, and how far it may be off: all that the paths are drawn from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.demand import Product
from springtide.contexts.peak.domain.season import Season


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Means over a season. Sums of `units` over products are the shop's: products are scaled to the top.

    `units`: float32 (products, days). `orders`, `lines`, `revenue_minor`, `visits`: float64 (days,).
    `hours`: float32 (days, 24), shares of a day's orders, each row adds up to 1 (to 0 on a closed day).
    `event_days`: bool (days,), days inside a named event's window.
    """

    season: Season
    products: tuple[Product, ...]
    units: NDArray[np.float32]
    orders: NDArray[np.float64]
    lines: NDArray[np.float64]
    revenue_minor: NDArray[np.float64]
    visits: NDArray[np.float64]
    hours: NDArray[np.float32]
    event_days: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How wrong forecasts of this kind were before: factors are lognormal with mean 1, counts negative binomial.

    `common_sd`: of the one factor a whole season shares (log scale). `week_sd`, `day_sd`: of a week's and a day's own
    factor; all move orders, units and revenue. `basket_…`: of what an order holds beyond that, in units and revenue;
    `price_…`: of what a unit brings beyond that, in revenue alone.
    `event_sd`: of one more factor that the days inside event windows share.
    `group_sd`: of a category's factor. `product_sd`: float32 (products,), of a product's own factor.
    `dispersion`: float32 (products,), k of the negative binomial of a day's units; np.inf is Poisson.
    `learned_on`: what the figures come from, for people ("4 event windows, 599 products", "documented prior").
    """

    common_sd: float
    day_sd: float
    group_sd: float
    product_sd: NDArray[np.float32]
    dispersion: NDArray[np.float32]
    learned_on: str
    event_sd: float = 0.0
    basket_sd: float = 0.0
    basket_day_sd: float = 0.0
    price_sd: float = 0.0
    price_day_sd: float = 0.0
    week_sd: float = 0.0
    basket_week_sd: float = 0.0
    price_week_sd: float = 0.0
