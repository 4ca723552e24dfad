"""What was sold, by hour and by SKU, on the clock of whoever asks: counts, nothing of anybody."""

from datetime import date, datetime, timedelta
from typing import Any

from springtide.contracts.orders.api import InvalidOrder, ShippedDay, SoldHour, SoldUnits
from springtide.platform.db import Database
from springtide.platform.ids import uuid7_floor
from springtide.platform.zones import begin_of_day

_MOST_DAYS = 100
_MOST_SKUS = 5_000
_CLOCKS_APART = timedelta(days=1)  # an id is of the clock of a process, `at` of the database's


async def hours(db: Database, since: date, until: date, timezone: str) -> tuple[SoldHour, ...]:
    """Return hours with sales; `InvalidOrder` for days or a zone that are none."""
    params = _span(since, until, timezone)
    return tuple(await db.late(lambda read: read.all("sold_hours", params, row=SoldHour)))


async def shipped(db: Database, since: date, until: date, timezone: str) -> tuple[ShippedDay, ...]:
    """Return days with shipments; `InvalidOrder` for days or a zone that are none."""
    span = _span(since, until, timezone)
    ids = {
        "from_id": uuid7_floor(span["from_at"] - _CLOCKS_APART),
        "until_id": uuid7_floor(span["until_at"] + _CLOCKS_APART),
    }
    params = {**span, **ids}
    return tuple(await db.late(lambda read: read.all("shipped_days", params, row=ShippedDay)))


async def units(db: Database, day: date, timezone: str, *, after: str, limit: int) -> tuple[SoldUnits, ...]:
    """Return units by SKU; `InvalidOrder`."""
    if not 1 <= limit <= _MOST_SKUS:
        message = f"A list has 1 to {_MOST_SKUS} rows."
        raise InvalidOrder(message, field="limit")
    ends = {"from_at": _begin(day, timezone), "until_at": _begin(day + timedelta(days=1), timezone)}
    params = {**ends, "after": after, "limit": limit}
    return tuple(await db.late(lambda read: read.all("sold_units", params, row=SoldUnits)))


def _span(since: date, until: date, timezone: str) -> dict[str, Any]:
    if not 1 <= (until - since).days <= _MOST_DAYS:
        message = f"Between 1 and {_MOST_DAYS} days."
        raise InvalidOrder(message, field="until")
    return {"from_at": _begin(since, timezone), "until_at": _begin(until, timezone), "timezone": timezone}


def _begin(day: date, timezone: str) -> datetime:
    """Return the moment a day of this zone begins at; the clocks of summer and winter are the zone's own."""
    begin = begin_of_day(day, timezone)
    if begin is None:
        message = f"There is no {day} in a time zone {timezone}."
        raise InvalidOrder(message, field="timezone")
    return begin
