"""From evidence and levers to the uplift of every day ahead, by category, with a factor for each product."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.events import DayMarks
from springtide.contexts.peak.domain.forecast.days import Opening
from springtide.contexts.peak.domain.forecast.groups import BANDS, Groups
from springtide.contexts.peak.domain.forecast.profile import (
    Evidence,
    Uplift,
    best_shrinkage,
    level_around,
    lever_uplift,
    profile_of,
    shrunk,
)
from springtide.contexts.peak.domain.forecast.weeks import tamed, usable
from springtide.contexts.peak.domain.history.demand import Demand

_MOVES = 1.02
_LEAST_FACTOR, _MOST_FACTOR = 0.2, 5.0
"""A product may stand out in a window by so much; more is one order, not a trait."""


def uplift_of(
    demand: Demand,
    *,
    sold: NDArray[np.float64],
    opening: Opening,
    season: NDArray[np.float64],
    marks: DayMarks,
    evidence: list[Evidence],
    moved: NDArray[np.bool_],
    groups: Groups,
) -> Uplift:
    """Return the uplift over history and days ahead; 1 everywhere for a shop whose events move nothing."""
    total = season.shape[0]
    profile = np.ones((total, groups.count))
    inside = np.zeros(total, dtype=np.bool_)
    known = [one for one in evidence if moved[one.event]]
    expected = _expected(sold, opening, season, known)
    for event in range(len(marks.event_ids)):
        mine = [one for one in known if one.event == event]
        days = np.flatnonzero(marks.owner == event)
        if mine:
            profile[days] = profile_of(sold, expected, mine, marks.owner_offset[days], _k_units(sold))
            inside[days] = True
        _pull_levers(profile, inside, days, history=opening.history, evidence=mine, marks=marks)
    factor = _factors(demand, opening, season * profile, known=known, groups=groups)
    return Uplift(profile=profile, inside=inside, factor=factor)


def _k_units(sold: NDArray[np.float64]) -> float:
    """Return half a usual day of the shop: profiles of single days need about as much evidence to be believed."""
    selling = sold.sum(axis=1)
    return 0.5 * float(selling[selling > 0].mean()) if selling.any() else 1.0


def _expected(
    sold: NDArray[np.float64], opening: Opening, season: NDArray[np.float64], known: list[Evidence]
) -> NDArray[np.float64]:
    """Return what the days of past windows would have sold without their event, (days, categories)."""
    days = opening.history
    expected = np.zeros_like(sold)
    plain = np.ones(days, dtype=np.bool_)
    for one in known:
        plain[one.days] = False
    for one in known:
        run = np.arange(int(one.days[0]), int(one.days[-1]) + 1)
        for group in range(sold.shape[1]):
            exposure = opening.calendar[:days] * season[:days, group]
            level = level_around(sold[:, group], exposure, plain=plain, run=run)
            expected[run, group] = level * exposure[run]
    return expected


def _pull_levers(
    profile: NDArray[np.float64],
    inside: NDArray[np.bool_],
    days: NDArray[np.intp],
    *,
    history: int,
    evidence: list[Evidence],
    marks: DayMarks,
) -> None:
    """Multiply coming windows with what this year's levers do beyond those the evidence was sold with."""
    ahead = days[days >= history]
    for run in np.split(ahead, np.flatnonzero(np.diff(ahead) > 1) + 1) if ahead.size else ():
        spend = float(marks.marketing_minor[run].sum())
        levers = lever_uplift(evidence, discount=float(marks.discount[run[0]]), marketing_minor=spend)
        profile[run] *= levers
        inside[run] |= levers > _MOVES or levers < 1 / _MOVES


def _factors(
    demand: Demand, opening: Opening, index: NDArray[np.float64], *, known: list[Evidence], groups: Groups
) -> NDArray[np.float64]:
    """Return what each product does in windows beyond its category's profile, (products,).

    Pulled towards its category and price band by a k chosen on earlier and later occurrences of any event.
    """
    if not known:
        return np.ones(groups.of.size)
    days = opening.history
    plain = np.ones(days, dtype=np.bool_)
    for one in known:
        plain[one.days] = False
    sold = np.where(usable(demand), tamed(demand.units, ~plain), 0)
    daily = (opening.calendar[:days, None] * index[:days])[:, groups.of]
    exposure = np.where(usable(demand), daily, 0)
    level = sold[plain].sum(axis=0) / np.maximum(exposure[plain].sum(axis=0), 1e-9)
    seen = [(level * exposure[one.days].sum(axis=0), sold[one.days].sum(axis=0).astype(np.float64)) for one in known]
    k = best_shrinkage([(*before, *after) for before, after in pairwise(seen)])
    expected, actual = (np.sum(part, axis=0) for part in zip(*seen, strict=True))
    cell = groups.of * BANDS + groups.band
    size = groups.count * BANDS
    of_cell = [np.bincount(cell, values, size).astype(np.float64) for values in (actual, expected)]
    pooled = shrunk(of_cell[0], of_cell[1], 10 * k)[cell]
    own = pooled * shrunk(actual, expected * pooled, k)
    factors: NDArray[np.float64] = np.clip(own, _LEAST_FACTOR, _MOST_FACTOR)
    return factors
