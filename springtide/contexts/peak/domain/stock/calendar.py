"""From the day an order is placed to the day it can be sold, and back.

An order placed on day d with a lead time of L days is on the shelf when day d + L opens: it serves the demand of day
d + L, not that of d + L - 1. Days on which the supplier is closed do not count towards L, and no order is taken then.
Nobody tells which part of a lead time is making and which is sailing, so a closure delays all of it: the careful side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

_DAY = timedelta(days=1)
_LONGEST_LOOK_DAYS = 800
_Z90 = float(ndtri(0.9))


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierCalendar:
    """When a supplier takes orders and how long they take. `order_weekday`: 0 is Monday.

    `lead_days`: half of the orders take at most so long; `lead_days_p90`: nine out of ten.
    `closures`: first and last day of each, both included.
    """

    order_weekday: int
    lead_days: int
    lead_days_p90: int
    closures: tuple[tuple[date, date], ...] = ()

    def is_closed(self, day: date) -> bool:
        """Return whether the supplier does not work on this day."""
        return any(first <= day <= last for first, last in self.closures)

    def takes_orders(self, day: date) -> bool:
        """Return whether an order can be placed on this day."""
        return day.weekday() == self.order_weekday and not self.is_closed(day)

    def next_order_day(self, day: date) -> date:
        """Return the first day, this one included, on which an order can be placed."""
        for _ in range(_LONGEST_LOOK_DAYS):
            if self.takes_orders(day):
                return day
            day += _DAY
        message = f"no order day within {_LONGEST_LOOK_DAYS} days"
        raise ValueError(message)

    def arrival(self, ordered_on: date, lead_days: int) -> date:
        """Return the first day on which an order of `ordered_on` can be sold when it takes `lead_days`."""
        day = ordered_on
        while lead_days > 0:
            day += _DAY
            lead_days -= not self.is_closed(day)
        return day

    def last_order_day(self, needed_on: date, lead_days: int) -> date | None:
        """Return the latest order day whose order can be sold on `needed_on`; None if none of two years before can."""
        day = needed_on - timedelta(days=lead_days)
        for _ in range(_LONGEST_LOOK_DAYS):
            if self.takes_orders(day) and self.arrival(day, lead_days) <= needed_on:
                return day
            day -= _DAY
        return None

    def arrivals(self, ordered_on: date, lead_days: NDArray[np.int64], first: date) -> NDArray[np.int64]:
        """Return `arrival` for many lead times as days since `first`, the shape of `lead_days`."""
        longest = int(lead_days.max())
        days = np.array([(self.arrival(ordered_on, lead) - first).days for lead in range(longest + 1)])
        return days[lead_days]


def order_days(calendar: SupplierCalendar, *, first: date, last: date, every_weeks: int) -> tuple[date, ...]:
    """Return the days on which to order from `first` to `last`, at least `every_weeks` apart."""
    days: list[date] = []
    day = calendar.next_order_day(first)
    while day <= last:
        days.append(day)
        day = calendar.next_order_day(day + timedelta(weeks=every_weeks))
    return tuple(days)


def lead_time_draws(calendar: SupplierCalendar, *, name: str, paths: int, seed: int) -> NDArray[np.int64]:
    """Return the lead time of this supplier on every path, whole days, (paths,).

    Lognormal through the two figures, drawn as evenly spread quantiles in an order of the supplier's own: its P90 is
    met exactly, and one path has one lead time for all orders of a supplier (a late port delays them all).
    """
    key = int.from_bytes(sha256(f"lead time of {name}".encode()).digest()[:8], "big")
    order = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, key]))).permutation(paths)
    if calendar.lead_days <= 0:
        return np.zeros(paths, dtype=np.int64)
    spread = log(max(calendar.lead_days_p90, calendar.lead_days) / calendar.lead_days) / _Z90
    draws = calendar.lead_days * np.exp(spread * ndtri((order + 0.5) / paths))
    whole: NDArray[np.int64] = np.rint(draws).astype(np.int64)
    return whole


WEEKDAYS: Sequence[str] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
