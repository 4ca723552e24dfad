"""On which days a shop sells, and which share of a usual week each of its weekdays brings."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.weeks import WEEK
from springtide.contexts.peak.domain.history.demand import Demand

_RECENT_WEEKS = 26
_ANCHOR = date(2001, 1, 1)
"""A Monday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Days from `first`: the history's, then the season's.

    `calendar`: float64 (days,), share of a usual week, 0 on closed days; a usual week adds up to 1.
    `history`: how many of the days are the history's.
    """

    first: date
    calendar: NDArray[np.float64]
    history: int


def opening_of(demand: Demand, *, ahead: int, closed: NDArray[np.bool_]) -> Opening:
    """Return the history's days and `ahead` more; `closed`: bool (days + ahead,), what the calendar says.

    A coming day is closed if the calendar says so, if its weekday did not sell in the last half year, or if it lies in
    a closure that the shop took last year too (at the same dates, and longer than a weekend).
    """
    weekdays = weekdays_from(demand.first, demand.days + ahead)
    shares = weekday_shares(demand, weekdays[: demand.days])
    coming = ~closed[demand.days :] & ~_closed_last_year(demand, ahead, shares[weekdays] > 0)
    is_open = np.concatenate([demand.open_days, coming])
    return Opening(first=demand.first, calendar=shares[weekdays] * is_open, history=demand.days)


def weekdays_from(first: date, days: int) -> NDArray[np.int64]:
    """Return weekdays, 0 for Monday, (days,)."""
    return ((first - _ANCHOR).days + np.arange(days)) % WEEK


def weekday_shares(demand: Demand, weekdays: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each weekday's share of a usual week, (7,): mean of orders on the open ones of the last half year.

    Orders, because one reseller's thousand pieces would make a Tuesday; units where orders are not known.
    """
    recent = slice(max(0, demand.days - _RECENT_WEEKS * WEEK), None)
    sold = demand.orders.astype(np.float64) if demand.orders.any() else demand.units.sum(axis=1, dtype=np.float64)
    is_open = demand.open_days[recent]
    days = weekdays[recent]
    totals = np.bincount(days[is_open], np.minimum(sold[recent], _ceiling(sold[recent], is_open))[is_open], WEEK)
    means = totals / np.maximum(np.bincount(days[is_open], minlength=WEEK), 1)
    means = np.where(means < 0.01 * means.sum(), 0.0, means)
    return means / means.sum() if means.sum() > 0 else np.full(WEEK, 1.0 / WEEK)


def _ceiling(sold: NDArray[np.float64], is_open: NDArray[np.bool_]) -> float:
    return 3.0 * float(np.median(sold[is_open])) if is_open.any() and np.median(sold[is_open]) > 0 else np.inf


def _closed_last_year(demand: Demand, ahead: int, usual: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which coming days lie in long closures of last year, by date; `usual`: (days,), weekdays that sell."""
    shut = ~demand.open_days
    long = shut & _in_long_run(shut, usual[: demand.days])
    coming = np.zeros(ahead, dtype=np.bool_)
    for index in range(ahead):
        day = demand.last + timedelta(days=1 + index)
        year_ago = day.replace(year=day.year - 1, day=day.day - (day.month == _FEBRUARY and day.day > _SHORTEST))
        place = (year_ago - demand.first).days
        coming[index] = 0 <= place < demand.days and bool(long[place])
    return coming


_LONG_CLOSURE_DAYS = 4
_LONGEST_CLOSURE_DAYS = 45
"""A longer one is a gap of the data, or a shop that opened anew: not what it does every year."""
_FEBRUARY, _SHORTEST = 2, 28


def _in_long_run(shut: NDArray[np.bool_], usual: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where a run of closed days has at least four that usually sell and is no gap, (days,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], shut.astype(np.int8), [0]])))
    long = np.zeros(shut.size, dtype=np.bool_)
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        at_least = int(usual[start:stop].sum()) >= _LONG_CLOSURE_DAYS
        long[start:stop] = at_least and stop - start <= _LONGEST_CLOSURE_DAYS
    return long
