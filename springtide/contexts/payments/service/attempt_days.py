"""Attempts by day and gateway, on the clock of whoever asks: counts, nothing of anybody."""

from datetime import date, timedelta

from springtide.contracts.payments.api import AttemptDay
from springtide.platform.db import Database
from springtide.platform.errors import BadInput
from springtide.platform.ids import uuid7_floor
from springtide.platform.zones import begin_of_day

_MOST_DAYS = 100
_CLOCKS_APART = timedelta(days=1)  # an id is of the clock of a process, `started_at` of the database's


async def attempt_days(db: Database, since: date, until: date, timezone: str) -> tuple[AttemptDay, ...]:
    """Return days with attempts; `BadInput` for days or a zone that are none."""
    if not 1 <= (until - since).days <= _MOST_DAYS:
        message = f"Between 1 and {_MOST_DAYS} days."
        raise BadInput(message, field="until")
    begin, end = begin_of_day(since, timezone), begin_of_day(until, timezone)
    if begin is None or end is None:
        message = f"There is no {since} to {until} in a time zone {timezone}."
        raise BadInput(message, field="timezone")
    ids = {"from_id": uuid7_floor(begin - _CLOCKS_APART), "until_id": uuid7_floor(end + _CLOCKS_APART)}
    params = {**ids, "from_at": begin, "until_at": end, "timezone": timezone}
    async with db.read() as read:
        return tuple(await read.all("attempt_days", params, row=AttemptDay))
