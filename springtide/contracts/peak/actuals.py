"""What was sold: counts by hour and by product, on the clock of the shop. No person is in it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

MOST_HOURS = 24 * 400
MOST_PRODUCTS = 20_000
"""Rows of products in one call."""
_AT_ONCE = timedelta(days=3)


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


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule of the history leaves out of a day: lines, and what the cleaned figures are less by (below 0: more).

    `rule`: a `contracts.peak.history.HistoryRule`.
    """

    rule: str
    lines: int
    units: float
    revenue_minor: float


class SoldDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day as it was sold, before any rule: orders with goods in them, units and money of what was not taken back."""

    day: date
    orders: int
    units: float
    revenue_minor: float
    left_out: tuple[LeftOut, ...] = ()


class Actuals(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was sold from `since` to `until` (both begin an hour; the latter not included).

    `source`: "shop", or the name of a file. `left_out`: lines that the rules of the history leave out. `days`: the
    same days as they were before the rules; none where only counts are known, which pass no rule.
    """

    source: str
    since: datetime
    until: datetime
    hours: tuple[SoldHour, ...]
    products: tuple[SoldProduct, ...] = ()
    left_out: int = 0
    days: tuple[SoldDay, ...] = ()


def in_parts(actuals: Actuals) -> Iterator[Actuals]:
    """Yield what was sold in spans small enough for a call."""
    since = actuals.since
    while since < actuals.until:
        until = min(since + _AT_ONCE, actuals.until)
        first, last = since.date(), (until - timedelta(microseconds=1)).date()
        yield msgspec.structs.replace(
            actuals,
            since=since,
            until=until,
            hours=tuple(one for one in actuals.hours if since <= one.hour < until),
            products=tuple(one for one in actuals.products if first <= one.day <= last),
            days=tuple(one for one in actuals.days if first <= one.day <= last),
        )
        since = until
