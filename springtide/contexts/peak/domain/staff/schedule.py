"""How many of each shift, week by week over the season."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.opening import HALF_HOURS
from springtide.contexts.peak.domain.staff.roster.counts import Pool, WeekCounts, WeekNeed, count_shifts, works
from springtide.contexts.peak.domain.staff.roster.problem import WEEK, weeks
from springtide.contexts.peak.domain.staff.team import SKILLS, Team, usable_minutes

WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a team is asked for. `weekend_share`: of its people on a day of a weekend.

    `curve`: heads per half hour, (days, 48). `minutes`: work by skill, (days,) each.
    """

    curve: NDArray[np.integer]
    minutes: Mapping[str, NDArray[np.floating]]
    at_work: float
    most_at_once: int | None = None
    rest_minutes: int = 660
    weekend_share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`counts`: heads per shift id and day, (days,). `heads`: there per half hour, (days, 48)."""

    counts: dict[str, NDArray[np.int32]]
    heads: NDArray[np.int32]
    missing_minutes: NDArray[np.int32]


def schedule(season: Season, team: Team, ask: Ask) -> Schedule:
    """Return the shifts own people work; what they cannot cover stays open."""
    counts = {shift.id: np.zeros(season.days, dtype=np.int32) for shift in team.shifts}
    missing = np.zeros(season.days, dtype=np.int32)
    spans = weeks(season.days, season.first.weekday())
    with ThreadPoolExecutor(WORKERS) as pool:  # weeks know nothing of each other, and solvers let go of the interpreter
        found = pool.map(lambda span: count_shifts(_week(season, ask, *span), _pool(team, ask, *span)), spans)
        for (first, last), week in zip(spans, found, strict=True):
            _take(week, season, first, last, counts=counts, missing=missing)
    heads = np.zeros((season.days, HALF_HOURS), dtype=np.int32)
    for shift in team.shifts:
        there = np.array([works(shift, slot) for slot in range(HALF_HOURS)])
        heads += counts[shift.id][:, None] * there
    return Schedule(counts=counts, heads=heads, missing_minutes=missing)


def _week(season: Season, ask: Ask, first: int, last: int) -> WeekNeed:
    weekday = (season.first.weekday() + first) % WEEK
    days = slice(weekday, weekday + last - first + 1)
    curve = np.zeros((WEEK, HALF_HOURS), dtype=np.int32)
    curve[days] = ask.curve[first : last + 1]
    minutes = {}
    for skill, asked in ask.minutes.items():
        minutes[skill] = np.zeros(WEEK)
        minutes[skill][days] = asked[first : last + 1]
    return WeekNeed(curve=curve, minutes=minutes, at_work=ask.at_work)


def _pool(team: Team, ask: Ask, first: int, last: int) -> Pool:
    days = last - first + 1
    longest = max(shift.paid for shift in team.shifts)
    able = {skill: team.able(skill) for skill in ("", *SKILLS[team.name])}
    return Pool(
        shifts=team.shifts,
        people={skill: len(people) for skill, people in able.items()},
        minutes={
            skill: sum(usable_minutes(team, id_) for id_ in people) * days // WEEK for skill, people in able.items()
        },
        longest={
            skill: sum(team.weekly_minutes[id_] // longest for id_ in people) * days // WEEK
            for skill, people in able.items()
        },
        most_on_weekends=int(len(able[""]) * ask.weekend_share),
        most_at_once=ask.most_at_once,
        rest_minutes=ask.rest_minutes,
    )


def _take(
    found: WeekCounts,
    season: Season,
    first: int,
    last: int,
    *,
    counts: dict[str, NDArray[np.int32]],
    missing: NDArray[np.int32],
) -> None:
    weekday = (season.first.weekday() + first) % WEEK
    days = slice(weekday, weekday + last - first + 1)
    for shift, per_day in found.counts.items():
        counts[shift][first : last + 1] = per_day[days]
    for per_skill in found.missing_minutes.values():
        missing[first : last + 1] += per_skill[days]
