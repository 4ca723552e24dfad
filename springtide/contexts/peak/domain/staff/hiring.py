"""Seasonal colleagues, planned backwards from the week they are needed in.

A colleague hired for week v does in week w >= v: show rate x retention^age x ramp(age), age in weeks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

Floats = NDArray[np.float64]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """How new colleagues get going. `speed`: share of full speed by week; after the last one it stays there."""

    speed: tuple[float, ...]
    weekly_retention: float
    trainer_share: float

    def worth(self, age: int) -> float:
        """Return what one who stood there on day one gets done at this age in weeks, of one full-time colleague."""
        return self.weekly_retention**age * self.speed[min(age, len(self.speed) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hires:
    """By week of the season; `before` weeks of hiring lie ahead of its first week, so arrays are (before + weeks,).

    `starting`: colleagues who have to stand there. `invited`: accepted offers needed for that, since some stay away.
    `productive`: what all of them get done, trainers' time taken off, in full-time colleagues.
    """

    before: int
    starting: NDArray[np.int32]
    invited: NDArray[np.int32]
    productive: Floats


def productive_fte(starting: Sequence[float], ramp: Ramp) -> Floats:
    """Return what colleagues who start in each week get done in every week, (weeks,), before trainers' time."""
    weeks = len(starting)
    done = np.zeros(weeks)
    for start, people in enumerate(starting):
        for week in range(start, weeks):
            done[week] += people * ramp.worth(week - start)
    return done


def hires_for(need_fte: float, ramp: Ramp, *, weeks_before: int = 0) -> int:
    """Return how many have to stand there so that `need_fte` gets done, if they start this many weeks earlier."""
    return int(np.ceil(need_fte / ramp.worth(weeks_before) - _ROUNDING))


def invitations(present: int, *, show_rate: float, chance: float) -> int:
    """Return the fewest accepted offers with which at least `present` come, with this chance."""
    if present <= 0:
        return 0
    most = present
    while binom.sf(present - 1, most, show_rate) < chance:
        most *= 2
    candidates = np.arange(present, most + 1)
    enough = binom.sf(present - 1, candidates, show_rate) >= chance
    return int(candidates[int(np.argmax(enough))])


def plan_hires(
    gap_fte: NDArray[np.floating], ramp: Ramp, *, weeks_before: int, show_rate: float, chance: float
) -> Hires:
    """Return who has to start when so that no week's gap, (weeks,), stays open, the fewest people week by week.

    Trainers' time widens the gap of a cohort's first week; a cohort that starts before the season trains before it.
    """
    weeks = len(gap_fte) + weeks_before
    need = np.concatenate([np.zeros(weeks_before), np.maximum(gap_fte, 0.0)])
    starting = np.zeros(weeks, dtype=np.int32)
    productive = np.zeros(weeks)
    for week in range(weeks_before, weeks):
        short = need[week] - productive[week]
        if short <= _ROUNDING:
            continue
        start = week - weeks_before
        people = _with_trainers(short, ramp, weeks_before)
        starting[start] += people
        for later in range(start, weeks):
            productive[later] += people * ramp.worth(later - start)
        productive[start] -= people * ramp.trainer_share
    invited = [invitations(int(people), show_rate=show_rate, chance=chance) for people in starting]
    return Hires(
        before=weeks_before, starting=starting, invited=np.array(invited, dtype=np.int32), productive=productive
    )


def _with_trainers(short: float, ramp: Ramp, weeks_before: int) -> int:
    worth = ramp.worth(weeks_before) - (ramp.trainer_share if weeks_before == 0 else 0.0)
    return int(np.ceil(short / worth - _ROUNDING))
