"""History as weeks that end with its last day, and how much of a usual week each was able to sell.

A rate is units over exposure. Exposure adds up the day's index (weekday, season, event) over the days on which a
product could be sold and was seen to be: closed days, stock-outs and the time before its first sale add nothing, so a
short week is no weak week, and nothing is learned from days that hide demand.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.demand import Demand

WEEK = 7
TAME_SHARE = 0.95
_TAME_FLOOR = 6.0
_TAME_DAYS = 8
_TAME_TIMES = 4.0
_WINDOW_TIMES = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """Weeks x products, the last week ends with the history's last day.

    `units`, `tame`: float64 (weeks, products), as sold and with single huge days cut; only of days that count.
    `plain`, `indexed`: float64 (weeks, products), exposure in usual weeks, by opening days alone and by the full index.
    `born`: (products,), the first week with a sale; `weeks` where there was none.
    """

    units: NDArray[np.float64]
    tame: NDArray[np.float64]
    plain: NDArray[np.float64]
    indexed: NDArray[np.float64]
    born: NDArray[np.intp]

    @property
    def count(self) -> int:
        """Return how many weeks there are."""
        return int(self.units.shape[0])


def weeks_of(
    demand: Demand, calendar: NDArray[np.float64], index: NDArray[np.float64], counted_days: NDArray[np.bool_]
) -> Weeks:
    """Return the whole weeks of a history; `calendar`: (days,), `index`: (days, products), both of its days.

    `counted_days`: bool (days,), False where an event's window is kept out of the level.
    """
    units, seen = demand.units, usable(demand) & counted_days[:, None]
    counted = by_week(np.where(seen, units, 0))
    born = np.where(counted.any(axis=0), (counted > 0).argmax(axis=0), counted.shape[0])
    alive = np.arange(counted.shape[0])[:, None] >= born[None, :]
    return Weeks(
        units=counted,
        tame=by_week(np.where(seen, tamed(units), 0)),
        plain=by_week(np.where(seen, calendar[:, None], 0)) * alive,
        indexed=by_week(np.where(seen, index, 0)) * alive,
        born=born,
    )


def floored(demand: Demand) -> Demand:
    """Return the history without units below 0: what was taken back on a later day is no demand of that day."""
    return replace(demand, units=np.maximum(demand.units, np.float32(0.0))) if (demand.units < 0).any() else demand


def usable(demand: Demand) -> NDArray[np.bool_]:
    """Return the cells something can be learned from, (days, products)."""
    return demand.open_days[:, None] & demand.in_stock


def by_week(daily: NDArray[np.floating]) -> NDArray[np.float64]:
    """Add up whole weeks, counted back from the last day: (days, …) becomes (weeks, …); days before are dropped."""
    count = daily.shape[0] // WEEK
    tail = daily[daily.shape[0] - count * WEEK :]
    weekly: NDArray[np.float64] = tail.reshape(count, WEEK, *daily.shape[1:]).sum(axis=1, dtype=np.float64)
    return weekly


def tamed(units: NDArray[np.float32], windows: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """Cut single days of a product to the 95th percentile of its days with sales: one reseller's order is no trend.

    With few such days, to four times their median. Days up to 6 units stay. `windows`: bool (days,), days of events,
    which may sell three times as much: what an event does is not to be cut away before it is measured.
    """
    selling = np.sort(units, axis=0)
    days, products = units.shape
    count = (units > 0).sum(axis=0)
    place = np.clip(days - count + np.floor(TAME_SHARE * np.maximum(count - 1, 0)).astype(np.intp), 0, days - 1)
    middle = np.clip(days - (count + 1) // 2, 0, days - 1)
    columns = np.arange(products)
    cap = np.where(count >= _TAME_DAYS, selling[place, columns], _TAME_TIMES * selling[middle, columns])
    cap = np.maximum(cap, _TAME_FLOOR)[None, :]
    if windows is not None:
        cap = cap * np.where(windows, _WINDOW_TIMES, 1.0)[:, None]
    tame: NDArray[np.float32] = np.minimum(units, cap).astype(np.float32)
    return tame
