"""Days without sales: the shop was closed, or the history has a hole."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.rules.found import Found
from springtide.contracts.peak.calendar import WEEKDAYS
from springtide.contracts.peak.history import HistoryRule

_WEEK = 7
_FULL_DAY_S = 86_400
WEEKDAYS_SEEN = 4
"""A weekday is judged when the history has at least this many of it."""
CLOSED_BELOW = 0.1
"""A weekday on which less than this share of days has orders is one on which the shop is closed."""
BY_CHANCE = 1e-4
"""A stretch without orders is no chance when a shop of this size would have one less often than this."""
HOLIDAY_NEAR = 1
"""Days from a public holiday within which a stretch without orders is taken for a closure, not for missing data."""
CUT_SHARE = 0.5
"""The first or last day is cut when its orders cover less than this share of the hours in which the shop sells."""

ORDERS_A_DAY, HOURS_A_DAY = 8.0, 4.0
"""In a shop with fewer orders, or all of them within fewer hours, nobody can tell a cut day from a quiet one."""


def open_days(
    orders: NDArray[np.float32],
    first: date,
    *,
    ends: tuple[datetime, datetime],
    usual_hours: tuple[float, float],
    closed: Mapping[date, str],
    holidays: Mapping[date, str],
    found: Found,
) -> NDArray[np.bool_]:
    """Return on which days something can be learned, bool (days,).

    `orders` (days,) per day. `ends`: time of the first and the last order. `usual_hours`: between which hours of a day
    nearly all orders come, for judging whether the first and last days are whole. `closed`: days on which the shop
    says it was closed. `holidays`: public holidays near which a shop may well be closed.
    """
    open_ = np.ones(orders.shape[0], dtype=np.bool_)
    shut = _weekly(orders, first, found, open_)
    for start, stop in _stretches(orders, ~shut):
        days = [first + timedelta(days=index) for index in range(start, stop)]
        expected = float(_usual(orders, first, days).sum())
        reason = next((closed[day] for day in days if day in closed), "") or _holiday(days, holidays)
        if not reason and np.exp(-expected) > BY_CHANCE:
            continue
        rule = HistoryRule.CLOSURE if reason else HistoryRule.GAP
        if found.days(rule, reason, days[0], days[-1]):
            open_[start:stop] = False
    if float(np.median(orders[orders > 0])) >= ORDERS_A_DAY:
        _cut(first, ends, usual_hours, found, open_)
    return open_


def _weekly(orders: NDArray[np.float32], first: date, found: Found, open_: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Close the weekday on which the shop never sells; returns where it does, taken back or not."""
    weekday = (first.weekday() + np.arange(orders.shape[0])) % _WEEK
    shut = np.zeros(orders.shape[0], dtype=np.bool_)
    for number, name in enumerate(WEEKDAYS):
        own = weekday == number
        if own.sum() < WEEKDAYS_SEEN or (orders[own] > 0).mean() >= CLOSED_BELOW or not (orders > 0).any():
            continue
        without = own & (orders == 0)
        days = np.flatnonzero(without)
        last = first + timedelta(days=int(days[-1]))
        start = first + timedelta(days=int(days[0]))
        shut |= without
        if found.days(HistoryRule.WEEKLY_CLOSED, name, start, last, key=f"{HistoryRule.WEEKLY_CLOSED}:{name}"):
            open_[without] = False
    return shut


def _stretches(orders: NDArray[np.float32], candidates: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield stretches of days without orders; weekly closed days do not interrupt one, and do not make one."""
    start: int | None = None
    for index in range(orders.shape[0] + 1):
        silent = index < orders.shape[0] and orders[index] == 0
        if silent and start is None:
            start = index
        elif not silent and start is not None:
            own = np.flatnonzero(candidates[start:index])
            if own.size:
                yield start + int(own[0]), start + int(own[-1]) + 1
            start = None


def _usual(orders: NDArray[np.float32], first: date, days: Sequence[date]) -> NDArray[np.float64]:
    """Return the median orders of each day's weekday, over days that have any."""
    weekday = (first.weekday() + np.arange(orders.shape[0])) % _WEEK
    usual = [orders[(weekday == day.weekday()) & (orders > 0)] for day in days]
    return np.array([float(np.median(own)) if own.size else 0.0 for own in usual], dtype=np.float64)


def _holiday(days: Sequence[date], holidays: Mapping[date, str]) -> str:
    near = range(-HOLIDAY_NEAR, HOLIDAY_NEAR + 1)
    around = (day + timedelta(days=offset) for day in days for offset in near)
    return next((holidays[day] for day in around if day in holidays), "")


def _cut(
    first: date,
    ends: tuple[datetime, datetime],
    usual_hours: tuple[float, float],
    found: Found,
    open_: NDArray[np.bool_],
) -> None:
    begins, stops = usual_hours
    width = stops - begins
    if width < HOURS_A_DAY:
        return
    first_hour, last_hour = (_hour(end) for end in ends)
    last = first + timedelta(days=open_.shape[0] - 1)
    if (stops - first_hour) / width < CUT_SHARE and found.days(HistoryRule.CUT_DAY, "first", first, first):
        open_[0] = False
    if (last_hour - begins) / width < CUT_SHARE and found.days(HistoryRule.CUT_DAY, "last", last, last):
        open_[-1] = False


def _hour(moment: datetime) -> float:
    return (moment - datetime.combine(moment.date(), datetime.min.time())).total_seconds() / _FULL_DAY_S * 24
