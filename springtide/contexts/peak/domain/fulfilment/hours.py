"""Clock times and weekdays of the company as hours of the season's days."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Carrier, Warehouse
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

HOURS = 24
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_BEFORE_CLOSING_H = 1.0
"""An order that comes later than this before the house closes is not promised for the day."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """When a house works: share of each hour open by shift, (shifts, days, 24). `closes`: hour, (shifts, days)."""

    open: Floats
    closes: Floats

    @property
    def shifts(self) -> int:
        """Return how many shifts there are."""
        return int(self.open.shape[0])


def hour_of(text: str, where: str) -> float:
    """Return a time "HH:MM" as hours since midnight; InvalidPeakInput for what is no time."""
    hours, _, minutes = text.partition(":")
    if hours.isdigit() and minutes.isdigit() and int(hours) <= HOURS and int(minutes) < 60:  # noqa: PLR2004 - minutes
        return int(hours) + int(minutes) / 60
    raise InvalidPeakInput.of([Mistake(where=where, rule="not_a_time", message=f"{text!r} is no time as HH:MM")])


def weekdays(text: str, where: str) -> frozenset[int]:
    """Return the weekdays of "Mon-Sat" or "Mon", 0 is Monday; InvalidPeakInput for others."""
    first, _, last = text.partition("-")
    if first in _WEEKDAYS and (last or first) in _WEEKDAYS:
        start, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
        return frozenset((start + step) % 7 for step in range((end - start) % 7 + 1))
    raise InvalidPeakInput.of([Mistake(where=where, rule="not_days", message=f"{text!r} are no days as Mon-Fri")])


def is_on(text: str, season: Season, where: str, closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return on which of the season's days, closed ones left out, something happens that happens on these weekdays."""
    days = weekdays(text, where)
    return np.array([day.weekday() in days for day in season.dates]) & ~closed


def clock_of(warehouse: Warehouse, season: Season, closed: NDArray[np.bool_]) -> Clock:
    """Return when each shift of a warehouse works. `closed`: days on which nobody does, (days,)."""
    where = f"warehouses.toml: {warehouse.id}"
    opened, closes = [], []
    for hours in warehouse.hours:
        first, last = hour_of(hours.opens, where), hour_of(hours.closes, where)
        if last <= first:
            message = f"opens {hours.opens} and closes {hours.closes}"
            raise InvalidPeakInput.of([Mistake(where=where, rule="closes_before_opening", message=message)])
        works = is_on(hours.days, season, where, closed)
        share = np.clip(last - np.arange(HOURS), 0, 1) - np.clip(first - np.arange(HOURS), 0, 1)
        opened.append(works[:, None] * share)
        closes.append(np.where(works, last, 0.0))
    if not opened:
        raise InvalidPeakInput.of([Mistake(where=where, rule="never_open", message="there are no opening hours")])
    return Clock(open=_without_overlap(np.stack(opened)), closes=np.stack(closes))


def cut_off_hour(warehouse: Warehouse, carrier: Carrier) -> float:
    """Return until when an order leaves with the carrier the same day; without an agreement two hours earlier."""
    for cut_off in warehouse.cut_offs:
        if cut_off.carrier == carrier.id:
            return hour_of(cut_off.order_by, f"warehouses.toml: {warehouse.id}")
    return hour_of(carrier.collection_at, f"carriers.toml: {carrier.id}") - 2


def promised_until(cut_off: float, closes: Floats) -> Floats:
    """Return the hour until which orders are promised for a day, (days,), given when the house closes (0: closed)."""
    return np.where(closes > 0, np.minimum(cut_off, closes - _BEFORE_CLOSING_H), 0.0)


def _without_overlap(shares: Floats) -> Floats:
    """Count the half hour in which two shifts meet once: the same stations cannot be manned twice."""
    before = np.cumsum(shares, axis=0) - shares
    return np.clip(np.minimum(shares, 1.0 - before), 0.0, 1.0)
