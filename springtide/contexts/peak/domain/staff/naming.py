"""Names on shifts for some weeks: each team by itself, under the rules of law and house."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.roster.names import EFFORT, roster
from springtide.contexts.peak.domain.staff.roster.problem import (
    WEEK,
    Cover,
    Fair,
    Roster,
    RosterProblem,
    Shift,
    Wish,
    weeks,
)
from springtide.contexts.peak.domain.staff.team import SUPPORT, Team, closed_days, workers_of
from springtide.contracts.peak.staff import Absence, RosterEntry, RosterGap, RosterPlan, ShiftWish
from springtide.contracts.peak.staff_terms import StaffTerms

_MISSING = 1000
_NO_LANGUAGE = 40
_UNFAIR = 20
_EXTRA = 1
_LATE_START = 12 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a roster is wanted for. `strict`: shifts must be filled, or the rules that prevent it are named."""

    first: int
    days: int
    absences: tuple[Absence, ...] = ()
    wishes: tuple[ShiftWish, ...] = ()
    strict: bool = False
    effort: float = EFFORT


def busiest_weeks(season: Season, asked: NDArray[np.floating], count: int) -> tuple[int, int]:
    """Return the first day and the days of the whole calendar weeks that ask for most, (days,) of hours."""
    whole = [(first, last) for first, last in weeks(season.days, season.first.weekday()) if last - first == WEEK - 1]
    if not whole:
        return 0, season.days
    count = min(count, len(whole))
    sums = [float(asked[whole[at][0] : whole[at + count - 1][1] + 1].sum()) for at in range(len(whole) - count + 1)]
    return whole[int(np.argmax(sums))][0], count * WEEK


def name_shifts(
    season: Season,
    terms: StaffTerms,
    teams: Iterable[tuple[Team, Mapping[str, NDArray[np.int32]]]],
    wanted: Wanted,
    languages: Iterable[str],
) -> RosterPlan:
    """Return who works when. Each team comes with its heads per shift id and day, (days,) each."""
    entries: list[RosterEntry] = []
    gaps: list[RosterGap] = []
    cost, bound, proven = 0, 0, True
    for team, counts in teams:
        problem = _problem(
            season, terms, team, counts, wanted=wanted, languages=tuple(languages) if team.name == SUPPORT else ()
        )
        found = roster(problem, effort=wanted.effort)
        entries += _entries(season, team, found, wanted.first)
        gaps += [
            RosterGap(
                day=season.dates[wanted.first + gap.day], team=team.name, shift=gap.shift, skill=gap.skill,
                missing=gap.missing,
            )
            for gap in found.gaps
        ]  # fmt: skip
        cost, bound, proven = cost + found.cost, bound + found.bound, proven and found.proven
    return RosterPlan(
        first=season.dates[wanted.first],
        last=season.dates[wanted.first + wanted.days - 1],
        entries=tuple(sorted(entries, key=lambda entry: (entry.day, entry.team, entry.starts, entry.person))),
        gaps=tuple(gaps),
        proven=proven,
        cost=cost,
        bound=bound,
    )


def _problem(
    season: Season,
    terms: StaffTerms,
    team: Team,
    counts: Mapping[str, NDArray[np.int32]],
    *,
    wanted: Wanted,
    languages: tuple[str, ...],
) -> RosterProblem:
    first, days = wanted.first, wanted.days
    weekday = season.dates[first].weekday()
    return RosterProblem(
        days=days,
        first_weekday=weekday,
        shifts=team.shifts,
        workers=workers_of(team, terms, season, first=first, days=days, absences=wanted.absences),
        covers=tuple(_covers(team, counts, wanted, languages)),
        wishes=tuple(_wishes(season, team, wanted)),
        fair=tuple(_fair(team)),
        rest_minutes=round(terms.rules.rest.value * 60),
        periods=weeks(days, weekday),
        closed=closed_days(season, terms.closed, first, days),
        day_names=tuple(day.isoformat() for day in season.dates[first : first + days]),
    )


def _covers(
    team: Team, counts: Mapping[str, NDArray[np.int32]], wanted: Wanted, languages: tuple[str, ...]
) -> Iterable[Cover]:
    for day in range(wanted.days):
        for shift in team.shifts:
            heads = int(counts[shift.id][wanted.first + day])
            if heads:
                under = None if wanted.strict else _MISSING
                yield Cover(day=day, shift=shift.id, count=heads, under=under, over=_EXTRA)
        for language in languages:
            yield Cover(day=day, shift="", count=1, skill=f"lang:{language}", under=_NO_LANGUAGE)


def _fair(team: Team) -> Iterable[Fair]:
    late = frozenset(shift.id for shift in team.shifts if shift.start >= _LATE_START)
    for contract in sorted(set(team.contracts.values())):
        people = tuple(id_ for id_, of in team.contracts.items() if of == contract)
        if late:
            yield Fair(workers=people, shifts=late, weight=_UNFAIR)
        yield Fair(workers=people, shifts=frozenset(), weight=_UNFAIR)


def _wishes(season: Season, team: Team, wanted: Wanted) -> Iterable[Wish]:
    for wish in wanted.wishes:
        day = (wish.day - season.first).days - wanted.first
        if wish.person in team.skills and 0 <= day < wanted.days:
            for shift in team.shifts:
                if shift.id.partition(":")[0] == wish.shift:
                    yield Wish(worker=wish.person, day=day, shift=shift.id, wanted=wish.wanted, weight=wish.weight)


def _entries(season: Season, team: Team, found: Roster, first: int) -> list[RosterEntry]:
    shifts = {shift.id: shift for shift in team.shifts}
    return [
        RosterEntry(
            person=one.worker,
            day=season.dates[first + one.day],
            team=team.name,
            shift=one.shift,
            starts=_clock(shifts[one.shift].start),
            ends=_clock(shifts[one.shift].end),
            paid_hours=_hours(shifts[one.shift]),
        )
        for one in found.assigned
    ]


def _hours(shift: Shift) -> float:
    return shift.paid / 60


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
