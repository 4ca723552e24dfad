"""What usually comes at this hour of this weekday, from the last weeks of live orders."""

from datetime import datetime

from springtide.contracts.orders.api import RevenueRate, SalesPace
from springtide.platform.db import Read

_MOST_WEEKS = 4
_WINDOW_MINUTES = 120.0
_WEEK_S = 7 * 24 * 3600


async def sales_pace(read: Read) -> SalesPace:
    """Return the pace; the database's clock says when now is."""
    now: datetime = await read.value("kernel_now")
    ((first_at, last_at),) = await read.tuples("first_and_last_placed")
    if first_at is None:
        return SalesPace(weeks=0, orders_per_minute=0.0, revenue=(), since_last_s=None)
    since_last_s = max(0.0, (now - last_at).total_seconds())
    weeks = min(_MOST_WEEKS, int((now - first_at).total_seconds() // _WEEK_S))
    rows = await read.tuples("pace_of_weeks", {"weeks": weeks, "now": now}) if weeks else []
    minutes = weeks * _WINDOW_MINUTES
    return SalesPace(
        weeks=weeks,
        orders_per_minute=sum(orders for _, orders, _ in rows) / minutes if weeks else 0.0,
        revenue=tuple(RevenueRate(currency=currency, minor_per_minute=total / minutes) for currency, _, total in rows),
        since_last_s=since_last_s,
    )
