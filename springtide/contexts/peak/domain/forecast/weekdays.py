"""Which weekdays a product sells on, beyond those of the whole shop: bread on Saturdays, office paper on Mondays.

A product's share of a weekday is pulled towards its category's by k units, and the category's towards the shop's; k is
the one under which the older quarter foretells the latest best. Where products only differ by chance that is none of
them, and every product keeps the shop's week.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.groups import Groups
from springtide.contexts.peak.domain.forecast.weeks import WEEK, tamed, usable
from springtide.contexts.peak.domain.history.demand import Demand

Floats = NDArray[np.float64]
SHRINKAGES = (30.0, 100.0, 300.0, 1000.0, 3000.0)
_HALF_WEEKS = 13
_LEAST_WEEKS = 8
_BETTER = 0.99
"""Weekdays of its own are only believed where they foretell at least by so much better than the shop's."""


def own_weekdays(demand: Demand, calendar: Floats, groups: Groups) -> Floats | None:
    """Return by how much each weekday of a product differs from the shop's, (7, products), its week still adding up.

    `calendar`: (days,), shares of a usual week. Row 0 is the weekday of the history's first day. None where the shop's
    own week is the better guess, and for a history below 16 weeks.
    """
    half = min(_HALF_WEEKS, demand.days // WEEK // 2)
    shares = np.array([calendar[day::WEEK].max(initial=0.0) for day in range(WEEK)])[:, None]
    if half < _LEAST_WEEKS or np.count_nonzero(shares) < 2:  # noqa: PLR2004 - a single day is the whole week
        return None
    shares = shares / shares.sum()
    later = _counted(demand, calendar, range(demand.days - half * WEEK, demand.days))
    earlier = _counted(demand, calendar, range(demand.days - 2 * half * WEEK, demand.days - half * WEEK))
    best = min(SHRINKAGES, key=lambda k: _misses(_shares(earlier, shares, groups, k), shares, later))
    if _misses(_shares(earlier, shares, groups, best), shares, later) > _BETTER * _misses(shares, shares, later):
        return None
    both = _Counted(units=earlier.units + later.units, exposed=earlier.exposed + later.exposed)
    return _over(_shares(both, shares, groups, best), shares)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Units sold, and shares of usual weeks in which they could be, by weekday, (7, products) each."""

    units: Floats
    exposed: Floats

    def due(self, said: Floats, shares: Floats) -> Floats:
        """Return what these shares make of each product's units, (7, products); `shares`: the shop's, (7, 1)."""
        due = self.exposed * _over(said, shares)
        return due * _over(self.units.sum(axis=0), due.sum(axis=0))


def _counted(demand: Demand, calendar: Floats, days: range) -> _Counted:
    """Count some days by weekday, huge days cut."""
    span = slice(days.start, days.stop)
    seen = usable(demand)[span]
    places = np.arange(days.start, days.stop) % WEEK
    units = np.where(seen, tamed(demand.units[span]), 0)
    exposed = np.where(seen, calendar[span, None], 0.0)
    return _Counted(units=_by_weekday(units, places), exposed=_by_weekday(exposed, places))


def _by_weekday(values: NDArray[np.floating], places: NDArray[np.intp]) -> Floats:
    return np.stack([values[places == day].sum(axis=0, dtype=np.float64) for day in range(WEEK)])


def _shares(counted: _Counted, shares: Floats, groups: Groups, k: float) -> Floats:
    """Return each product's shares of its week, (7, products), pulled to its category's, and that to the shop's."""
    of_groups = _Counted(units=groups.sums(counted.units), exposed=groups.sums(counted.exposed))
    return _pulled(counted, _pulled(of_groups, shares, shares, k)[:, groups.of], shares, k)


def _pulled(counted: _Counted, towards: Floats, shares: Floats, k: float) -> Floats:
    pulled = towards * _over(counted.units + k * towards, counted.due(towards, shares) + k * towards)
    whole: Floats = pulled / pulled.sum(axis=0)
    return whole


def _misses(said: Floats, shares: Floats, counted: _Counted) -> float:
    """Return how far shares are off what was sold on weekdays, each product by the root of what it sold."""
    squares = ((counted.units - counted.due(said, shares)) ** 2).sum(axis=0)
    return float(_over(squares, counted.units.sum(axis=0)).sum())


def _over(over: Floats, under: Floats) -> Floats:
    shape = np.broadcast_shapes(over.shape, under.shape)
    return np.divide(over, under, out=np.zeros(shape), where=np.broadcast_to(under, shape) > 0)
