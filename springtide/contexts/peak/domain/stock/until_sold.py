"""How long the units of an order stay: a unit that its window did not need is kept until a buyer comes, or sold off.

First come, first sold: whatever is ordered later stands behind the units of this order, so when these are sold does not
depend on it. That makes the cost of keeping them a property of this order alone. Charging them for the window only, as
if the next order began with an empty shelf, makes a unit that one path in a hundred needs look free to keep.

A season's paths end with the season. What is left then sells at a rate, behind what lay there before; what a year has
not sold is sold off.
"""

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.stock.benefit import Needs
from springtide.contexts.peak.domain.stock.needs import Walk

_SEASON_PARTS = 4
_AFTER_WEEKS = ((4.0, 8.0), (17.0, 18.0), (39.0, 26.0))
"""The year after the season in three stretches: the week in their middle, and how many weeks they are."""
_SOLD_OFF_WEEK = 52.0
_WEEK_DAYS = 7.0
_AFTER = 1 + _SEASON_PARTS + 1

Units = NDArray[np.float32]
Floats = NDArray[np.float64]


def needs_until_sold(
    walked: Walk, arrives: NDArray[np.int64], until: NDArray[np.int64], *, rate_after: Units, left: Units
) -> Needs:
    """Return what is sold of an order by the end of its window, through the season, at its end, and after it.

    `arrives`, `until`: the window per path, in days. `rate_after`: units asked for per day after the season, `left`:
    what is in stock at its end without the order, (products, paths) each. Periods are days.
    """
    days = walked.lost.shape[2]
    end = np.full_like(arrives, days)
    span = np.maximum(days - arrives, 0)
    middles = [
        arrives + np.round(span * (part + 0.5) / _SEASON_PARTS).astype(np.int64) for part in range(_SEASON_PARTS)
    ]
    sold = [walked.need(arrives, moment) for moment in (until, *middles, end)]
    weeks = [*(week for week, _ in _AFTER_WEEKS), _SOLD_OFF_WEEK]
    after = [sold[-1] + np.maximum(rate_after * np.float32(week * _WEEK_DAYS) - left, 0) for week in weeks]
    part_days = span / _SEASON_PARTS
    periods = [
        *(np.zeros_like(part_days), *(part_days for _ in middles), np.zeros_like(part_days)),
        *(np.full_like(part_days, stretch * _WEEK_DAYS) for _, stretch in _AFTER_WEEKS),
        np.zeros_like(part_days),
    ]
    return Needs(units=np.stack([*sold, *after]), periods=np.stack(periods).astype(np.float32), window_end=0)


def sold_by_season_end(needs: Needs) -> Units:
    """Return what is sold of a large enough order by the season's end, (products, paths)."""
    sold: Units = needs.units[_AFTER - 1]
    return sold


def holding_until_sold(per_day: Floats, *, keeps_after: NDArray[np.bool_]) -> Floats:
    """Return the holding of every checkpoint, (checkpoints, products); 0 after the season for what is not kept."""
    after = len(_AFTER_WEEKS) + 1
    return np.concatenate([np.tile(per_day, (_AFTER, 1)), np.tile(per_day * keeps_after, (after, 1))])
