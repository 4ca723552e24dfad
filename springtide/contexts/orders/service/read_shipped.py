"""What left, by day, on the clock of whoever asks: counts, nothing of anybody."""

from datetime import date, datetime, timedelta
from typing import Any

from springtide.contracts.orders.api import InvalidOrder, ShippedDay
from springtide.platform.db import Database
from springtide.platform.ids import uuid7_floor
from springtide.platform.zones import begin_of_day

_MOST_DAYS = 100
_CLOCKS_APART = timedelta(days=1)  # an id is of the clock of a process, `at` of the database's


async def shipped(db: Database, since: date, until: date, timezone: str) -> tuple[ShippedDay, ...]:
    """Return days with shipments; `InvalidOrder` for days or a zone that are none."""
    span = _span(since, until, timezone)
    ids = {
        "from_id": uuid7_floor(span["from_at"] - _CLOCKS_APART),
        "until_id": uuid7_floor(span["until_at"] + _CLOCKS_APART),
    }
    params = {**span, **ids}
    return tuple(await db.late(lambda read: read.all("shipped_days", params, row=ShippedDay)))


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
