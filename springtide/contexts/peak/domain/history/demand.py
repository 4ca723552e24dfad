"""What was sold, as arrays: the one shape that forecasts, back-tests and reviews read."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.minutes import Burst


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A SKU of the history. `price_minor`: its median unit price as sold; `category`: "" where unknown."""

    sku: str
    category: str
    price_minor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Days x products of units sold, and the shop's totals beside them.

    `units`: float32 (days, products), orders net of what was cancelled the same day, before returns.
    `in_stock`: bool (days, products), False where a stock-out hid demand: those units are a lower bound (censored).
    `open_days`: bool (days,), False where the shop was closed or the history has a gap: nothing is learned there.
    `orders`, `lines`: float32 (days,). `revenue_minor`: float64 (days,), gross of what was ordered.
    `orders_by_hour`: float32 (days, 24), hours of the shop's clock; adds up to `orders`.
    `visits`: float32 (days,) or None where nobody counted them.
    `burst`: how uneven minutes are within busy hours, None where too few orders tell.
    """

    first: date
    products: tuple[Product, ...]
    units: NDArray[np.float32]
    in_stock: NDArray[np.bool_]
    open_days: NDArray[np.bool_]
    orders: NDArray[np.float32]
    lines: NDArray[np.float32]
    revenue_minor: NDArray[np.float64]
    orders_by_hour: NDArray[np.float32]
    visits: NDArray[np.float32] | None = None
    burst: Burst | None = None

    @property
    def days(self) -> int:
        """Return how many days the history has."""
        return int(self.units.shape[0])

    @property
    def last(self) -> date:
        """Return the last day, included."""
        return self.first + timedelta(days=self.days - 1)

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Return every day as datetime64[D], (days,)."""
        return np.datetime64(self.first, "D") + np.arange(self.days)
