"""What was sold: counts by hour and by product, on the clock of the shop. No person is in it."""

from datetime import date, datetime

import msgspec

MOST_HOURS = 24 * 400
MOST_PRODUCTS = 20_000
"""Rows of products in one call."""


class SoldHour(msgspec.Struct, frozen=True, kw_only=True):
    """An hour that began at `hour`, local and without a zone. Hours without an order are left out.

    `revenue_minor`: of the goods, measured as the history's prices are.
    """

    hour: datetime
    orders: int
    units: int
    revenue_minor: int


class SoldProduct(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a product on a local day; returns are not taken off."""

    day: date
    sku: str
    units: int


class Actuals(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was sold from `since` to `until` (both begin an hour; the latter not included).

    `source`: "shop", or the name of a file. `left_out`: lines that the rules of the history leave out.
    """

    source: str
    since: datetime
    until: datetime
    hours: tuple[SoldHour, ...]
    products: tuple[SoldProduct, ...] = ()
    left_out: int = 0
