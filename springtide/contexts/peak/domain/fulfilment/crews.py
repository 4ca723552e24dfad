"""Shifts and crews per day for P90 of what is due, the cheapest way first, and what another house has to take.

One shift, then the others where the season allows them, then overtime or the external house, whichever costs less per
order. Hours after the collection do not help a parcel of the day, nor do hours before its order came: what arrives
after any hour has to fit into the hours that are left, or the crew is too small however long its day was.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.fulfilment.hours import HOURS, Clock
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Company, Warehouse
from springtide.contracts.peak.fulfilment import FulfilmentTerms

_PERCENT = 100.0
_NOTHING = 1e-3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What has to be done: orders due at a house by day at the planned rank, and the lines of an order, (days,).

    `after`: share of a day's due orders that come at or after an hour, (days, 24); 1 at hour 0.
    """

    due: Floats
    after: Floats
    lines_per_order: Floats
    collection_hour: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """A house as planned, (days,) unless said. `pick`: lines/h and `pack`: parcels/h of each hour, (days, 24).

    `open`: share of each hour worked, (days, 24). `fits`: share of the due orders that the house can do in time.
    """

    shifts: NDArray[np.int64]
    overtime_h: Floats
    pickers: NDArray[np.int64]
    packers: NDArray[np.int64]
    open: Floats
    closes: Floats
    pick: Floats
    pack: Floats
    fits: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Levels:
    """Ways to work a day, cheapest first: share of each hour, (levels, days, 24), the rest (levels, days)."""

    shares: Floats
    closes: Floats
    shifts: NDArray[np.int64]
    overtime_h: Floats


def plan_crew(
    warehouse: Warehouse, clock: Clock, work: Work, season: Season, terms: FulfilmentTerms, *, may_overtime: bool
) -> Crew:
    """Return the crew of each day; a closed day has none and fits nothing."""
    rates = _rates(warehouse, terms)
    levels = _levels(warehouse, clock, season, terms, may_overtime=may_overtime)
    before = np.clip(work.collection_hour - np.arange(HOURS), 0.0, 1.0)
    hours = _useful_hours(levels.shares * before, work.after)
    needed = np.stack([work.due * work.lines_per_order / rates[0], work.due * terms.parcels_per_order.value / rates[1]])
    stations = np.array([warehouse.pick_stations.value, warehouse.pack_stations.value], dtype=np.float64)
    crews = np.ceil(needed[:, None, :] / np.maximum(hours, 1e-9)[None] - 1e-9)
    enough = (crews <= stations[:, None, None]).all(axis=0) & (hours > 0)
    level = np.where(enough.any(axis=0), enough.argmax(axis=0), len(hours) - 1)
    days = np.arange(len(level))
    opened = levels.shares[level, days]
    is_open = opened.any(axis=1)
    chosen = np.where(is_open, np.clip(crews[:, level, days], 1, stations[:, None]), 0).astype(np.int64)
    possible = (stations[:, None] * hours[level, days] / np.maximum(needed, 1e-9)).min(axis=0)
    return Crew(
        shifts=levels.shifts[level, days],
        overtime_h=levels.overtime_h[level, days],
        pickers=chosen[0],
        packers=chosen[1],
        open=opened,
        closes=levels.closes[level, days],
        pick=chosen[0][:, None] * rates[0] * opened,
        pack=chosen[1][:, None] * rates[1] * opened,
        fits=np.where(is_open, np.minimum(possible, 1.0), 0.0),
    )


def prefers_external(
    company: Company, own: Warehouse, external: Warehouse, lines: float, terms: FulfilmentTerms
) -> bool:
    """Return whether an order costs less at the external house than in overtime at our own."""
    rates = _rates(own, terms)
    wages = [role.wage.value for role in company.pay.roles if "pick" in role.skills or "pack" in role.skills]
    wage = max(wages, default=company.pay.minimum_wage.value)
    hour = wage * terms.overtime_rate.value * (1 + company.pay.employer_contributions.value / _PERCENT) / _PERCENT
    in_overtime = hour * (lines / rates[0] + terms.parcels_per_order.value / rates[1])
    return external_price(external, lines) < in_overtime


def external_price(external: Warehouse, lines: float) -> float:
    """Return what the external house asks for an order of so many lines; nothing where it has no tariff."""
    order = external.price_per_order.value if external.price_per_order else 0.0
    line = external.price_per_extra_line.value if external.price_per_extra_line else 0.0
    return order + line * max(lines - 1.0, 0.0)


def _useful_hours(hours: Floats, after: Floats) -> Floats:
    """Return how many hours' work fits into each day, (levels, days): the tightest of all stretches up to its end."""
    left = np.flip(np.cumsum(np.flip(hours, axis=2), axis=2), axis=2)
    pressing = np.where(after > _NOTHING, left / np.maximum(after, _NOTHING), np.inf)
    tightest: Floats = pressing.min(axis=2)
    return np.where(left[:, :, 0] > 0, np.minimum(tightest, left[:, :, 0]), 0.0)


def _rates(warehouse: Warehouse, terms: FulfilmentTerms) -> tuple[float, float]:
    efficiency = terms.efficiency.value / _PERCENT
    return warehouse.pick_rate.value * efficiency, warehouse.pack_rate.value * efficiency


def latest_closing(warehouse: Warehouse, clock: Clock, season: Season, terms: FulfilmentTerms) -> Floats:
    """Return when a house closes with all the shifts that the season allows, without overtime, (days,)."""
    closes: Floats = (clock.closes * _allowed(warehouse, clock, season, terms)).max(axis=0)
    return closes


def _allowed(warehouse: Warehouse, clock: Clock, season: Season, terms: FulfilmentTerms) -> NDArray[np.bool_]:
    """Return which shifts may work on which days, (shifts, days): our own house has only the first outside the peak."""
    allowed = np.ones((clock.shifts, season.days), dtype=np.bool_)
    if warehouse.kind == "own":
        allowed[1:] = [day.month in terms.extra_shift_months for day in season.dates]
    return allowed


def _levels(
    warehouse: Warehouse, clock: Clock, season: Season, terms: FulfilmentTerms, *, may_overtime: bool
) -> _Levels:
    """Return the hours of one shift, of two, ... and of all with overtime.

    Where the season allows only the first shift, all levels without overtime are that one.
    """
    allowed = _allowed(warehouse, clock, season, terms)
    opened = clock.open * allowed[:, :, None]
    shares = np.cumsum(opened, axis=0)
    closes = np.maximum.accumulate(clock.closes * allowed, axis=0)
    shifts = np.cumsum(opened.any(axis=2), axis=0, dtype=np.int64)
    extra = np.zeros(shifts.shape)
    if not may_overtime:
        return _Levels(shares=shares, closes=closes, shifts=shifts, overtime_h=extra)
    most = float(terms.overtime_hours.value)
    until = np.minimum(closes[-1] + most, HOURS)[:, None]
    clock_hours = np.arange(HOURS)
    after = np.clip(until - clock_hours, 0, 1) - np.clip(closes[-1][:, None] - clock_hours, 0, 1)
    works = closes[-1] > 0
    return _Levels(
        shares=np.concatenate([shares, (shares[-1] + after * works[:, None])[None]]),
        closes=np.concatenate([closes, (until[:, 0] * works)[None]]),
        shifts=np.concatenate([shifts, shifts[-1:]]),
        overtime_h=np.concatenate([extra, (until[:, 0] - closes[-1])[None] * works]),
    )
