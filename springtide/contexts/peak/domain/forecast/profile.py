"""What a named event does to demand: a profile by day offset, pooled over products, times a factor of each product.

    demand = level x weekday x season x profile(category, offset) x factor(product)

Profiles and factors are ratios of what was sold to what was expected without the event, pulled towards the wider
group's by `k` units: (actual + k) / (expected + k). `k` near 0 believes every product, a large one believes the group.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.events import NO_EVENT, DayMarks
from springtide.contexts.peak.domain.forecast.priors import discount_uplift, marketing_uplift

AROUND_DAYS = 56
"""The level of an event is taken from so many plain days before and after its window."""
STRONG = 1.15
"""An event that moves its window by less is no event of this shop: it is neither masked nor given a profile."""
DEFAULT_K = 50.0
SHRINKAGES = (5.0, 20.0, 50.0, 200.0, 1000.0)
_LEAST_WINDOW_DAYS, _LEAST_WINDOW_WEEKS = 3, 0.5
_BEYOND_CHANCE = 3.5
_Units = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One past occurrence of an event. `days`: (n,), places in the history. `offsets`: (n,). `strength`: sold over
    expected in the whole window. `discount`, `marketing_minor`: the levers it was done with.
    """

    event: int
    days: NDArray[np.intp]
    offsets: NDArray[np.int16]
    strength: float
    discount: float
    marketing_minor: float


def shrunk(actual: NDArray[np.float64], expected: NDArray[np.float64], k: float) -> NDArray[np.float64]:
    """Return (actual + k) / (expected + k): 1 without evidence, the plain ratio as k goes to 0."""
    return np.divide(actual + k, expected + k, out=np.ones_like(expected), where=expected + k > 0)


def evidence_of(sold: NDArray[np.float64], calendar: NDArray[np.float64], marks: DayMarks) -> list[Evidence]:
    """Return past occurrences whose level around them is known. `sold`, `calendar`: (days,) of the history."""
    found = []
    days = sold.size
    owner = marks.owner[:days]
    for run in _runs(owner):
        level = level_around(sold, calendar, plain=owner == NO_EVENT, run=run)
        exposed = run[calendar[run] > 0]
        long = exposed.size >= _LEAST_WINDOW_DAYS or calendar[exposed].sum() >= _LEAST_WINDOW_WEEKS
        if level <= 0 or not long:
            continue
        found.append(
            Evidence(
                event=int(owner[run[0]]),
                days=exposed,
                offsets=marks.owner_offset[exposed],
                strength=float(sold[exposed].sum() / (level * calendar[exposed].sum())),
                discount=float(marks.discount[run[0]]),
                marketing_minor=float(marks.marketing_minor[run].sum()),
            )
        )
    return found


def _runs(owner: NDArray[np.int16]) -> list[NDArray[np.intp]]:
    cuts = np.flatnonzero(np.diff(owner)) + 1
    return [run for run in np.split(np.arange(owner.size), cuts) if run.size and owner[run[0]] != NO_EVENT]


def level_around(
    sold: NDArray[np.float64], calendar: NDArray[np.float64], *, plain: NDArray[np.bool_], run: NDArray[np.intp]
) -> float:
    """Return the rate per usual week on plain days around a run; 0 where fewer than a week of them is known."""
    near = np.zeros(sold.size, dtype=np.bool_)
    near[max(0, int(run[0]) - AROUND_DAYS) : int(run[-1]) + 1 + AROUND_DAYS] = True
    near &= plain & (calendar > 0)
    exposure = float(calendar[near].sum())
    return float(sold[near].sum()) / exposure if exposure >= 1.0 else 0.0


def strong(evidence: list[Evidence], events: int, scatter: float) -> NDArray[np.bool_]:
    """Return which events moved this shop, (events,): their windows sold 15 % more or less, beyond chance.

    `scatter`: spread (log) of plain single days; what several days together differ by has to be three and a half times
    what such days would by chance: there are many events, and the luckiest of them is looked at too.
    """
    moved = np.zeros(events, dtype=np.bool_)
    for event in range(events):
        seen = [one for one in evidence if one.event == event and one.strength > 0]
        if not seen:
            continue
        shift = abs(float(np.mean([np.log(one.strength) for one in seen])))
        chance = scatter / np.sqrt(sum(one.days.size for one in seen))
        moved[event] = shift >= max(np.log(STRONG), _BEYOND_CHANCE * chance)
    return moved


def scatter_of(sold: NDArray[np.float64], calendar: NDArray[np.float64], plain: NDArray[np.bool_]) -> float:
    """Return the spread (log) of single plain days around the fortnight they lie in, by ratios of neighbours."""
    used = np.flatnonzero(plain & (calendar > 0) & (sold > 0))
    rates = np.log(sold[used] / calendar[used])
    return float(np.std(np.diff(rates)) / np.sqrt(2.0)) if rates.size > 2 else 1.0  # noqa: PLR2004 - two differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """`profile`: float64 (days, categories), 1 outside strong windows. `factor`: (products,), of a product in windows.

    `inside`: bool (days,), days inside windows of events that move this shop, or that levers say will.
    """

    profile: NDArray[np.float64]
    factor: NDArray[np.float64]
    inside: NDArray[np.bool_]


def profile_of(
    sold: NDArray[np.float64],
    expected: NDArray[np.float64],
    evidence: list[Evidence],
    offsets: NDArray[np.int16],
    k: float,
) -> NDArray[np.float64]:
    """Return the profile of one event at the given offsets, (len(offsets), categories).

    `sold`, `expected`: (days, categories) of the history. Offsets are pooled over occurrences and smoothed over three
    days; a category is pulled towards the whole shop.
    """
    lowest = int(offsets.min())
    size = int(offsets.max()) - lowest + 1
    actual, base = np.zeros((size, sold.shape[1])), np.zeros((size, sold.shape[1]))
    for one in evidence:
        known = (one.offsets >= lowest) & (one.offsets < lowest + size)
        np.add.at(actual, one.offsets[known] - lowest, sold[one.days[known]])
        np.add.at(base, one.offsets[known] - lowest, expected[one.days[known]])
    actual, base = _three_days(actual), _three_days(base)
    whole = shrunk(actual.sum(axis=1), base.sum(axis=1), k)[:, None]
    profile: NDArray[np.float64] = whole * shrunk(actual, base * whole, k)
    return profile[offsets.astype(np.intp) - lowest]


def _three_days(values: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(values, ((1, 1), (0, 0)))
    smooth: NDArray[np.float64] = 0.5 * padded[:-2] + padded[1:-1] + 0.5 * padded[2:]
    return smooth


def lever_uplift(evidence: list[Evidence], *, discount: float, marketing_minor: float) -> float:
    """Return what this year's levers do beyond those the evidence was sold with."""
    usual = float(np.mean([one.discount for one in evidence])) if evidence else 0.0
    spend = float(np.mean([one.marketing_minor for one in evidence])) if evidence else 0.0
    return float(discount_uplift(discount, usual)) * marketing_uplift(marketing_minor, spend)


def best_shrinkage(pairs: list[tuple[_Units, _Units, _Units, _Units]]) -> float:
    """Return the k under which factors of earlier events foretell later ones best; the default without two events.

    `pairs`: (expected then, actual then, expected later, actual later), (products,) each; analog events count too.
    """
    if not pairs:
        return DEFAULT_K

    def error(k: float) -> float:
        return sum(float(np.abs(shrunk(then, was, k) * later - came).sum()) for was, then, later, came in pairs)

    return min(SHRINKAGES, key=error)
