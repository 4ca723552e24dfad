"""First step: how many of each shift on each day, so that a week's need is covered as far as the people go."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from springtide.contexts.peak.domain.staff.opening import HALF_HOURS
from springtide.contexts.peak.domain.staff.roster.problem import SATURDAY, SUNDAY, WEEK, Shift
from springtide.contexts.peak.domain.staff.roster.solver import solver_with

HALF_HOUR = 30
_EFFORT = 0.1
_GOOD_ENOUGH = 0.002
_MISSING_MINUTE = 100
_WORST_DAY = 50
_LATER = 10
"""An hour later costs as much as six minutes more: of two shifts that do, the earlier one."""
_DAY = HALF_HOURS * HALF_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekNeed:
    """What a week asks of a team. Days are 7, Monday first; days outside the season have no need.

    `curve`: people to roster per half hour, (7, 48). `minutes`: work to be done at any time of the day, by the skill
    it takes, (7,) each; time above the curve does it. `at_work`: minutes of work in a minute of being there.
    """

    curve: NDArray[np.integer]
    minutes: Mapping[str, NDArray[np.floating]]
    at_work: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Who there is in that week: `people`, and the `minutes` they can work in whole shifts, by skill, under "" all.

    `longest`: how many of the longest shifts their contracts have room for. `most_at_once`: room for so many.
    `most_on_weekends`: on a Saturday or Sunday. `rest_minutes`: between two shifts of the same person.
    """

    shifts: tuple[Shift, ...]
    people: dict[str, int]
    minutes: dict[str, int]
    longest: dict[str, int]
    most_on_weekends: int
    most_at_once: int | None = None
    rest_minutes: int = 660


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekCounts:
    """`counts`: people per shift and day, by shift id, (7,). `missing_curve`: (7, 48); `missing_minutes`: per skill."""

    counts: dict[str, NDArray[np.int32]]
    missing_curve: NDArray[np.int32]
    missing_minutes: dict[str, NDArray[np.int32]]


def count_shifts(need: WeekNeed, pool: Pool) -> WeekCounts:
    """Return the counts that leave the least uncovered, then the least paid time: first hours, then the curve.

    The same week of the same people is counted once: a what-if asks for most weeks of its plan again.
    """
    return _counted(_Asked(need, pool))


class _Asked:
    """What is asked for, equal to another one that asks for the same."""

    def __init__(self, need: WeekNeed, pool: Pool) -> None:
        self.need, self.pool = need, pool
        minutes = {skill: asked.tolist() for skill, asked in sorted(need.minutes.items())}
        self._key = msgspec.json.encode((need.curve.tolist(), minutes, need.at_work, pool))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=256)
def _counted(asked: _Asked) -> WeekCounts:
    built = _Counts(asked.need, asked.pool)
    solver = solver_with(_EFFORT, gap=_GOOD_ENOUGH)
    status = solver.solve(built.model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:  # pragma: no cover - nobody on any shift is an answer
        message = f"no counts found: {solver.status_name(status)}"
        raise RuntimeError(message)
    return built.answer(solver)


class _Counts:
    def __init__(self, need: WeekNeed, pool: Pool) -> None:
        self.model = cp_model.CpModel()
        self._need, self._pool = need, pool
        self._on: dict[tuple[str, int], cp_model.IntVar] = {}
        self._missing_curve: dict[tuple[int, int], cp_model.IntVar] = {}
        self._missing_minutes: dict[tuple[str, int], cp_model.IntVar] = {}
        cost: list[cp_model.LinearExprT] = []
        for shift in pool.shifts:
            for day in sorted(shift.weekdays):
                self._on[shift.id, day] = self.model.new_int_var(0, pool.people[shift.skill], "")
                cost.append((shift.paid + shift.start // _LATER) * self._on[shift.id, day])
        for day in range(WEEK):
            self._heads(day)
            cost += self._cover(day)
        cost += self._worst()
        self._week()
        self._rest()
        self.model.minimize(sum(cost))

    def answer(self, solver: cp_model.CpSolver) -> WeekCounts:
        counts = {shift.id: np.zeros(WEEK, dtype=np.int32) for shift in self._pool.shifts}
        for (shift, day), variable in self._on.items():
            counts[shift][day] = solver.value(variable)
        curve = np.zeros((WEEK, HALF_HOURS), dtype=np.int32)
        for place, missing in self._missing_curve.items():
            curve[place] = solver.value(missing)
        minutes = {skill: np.zeros(WEEK, dtype=np.int32) for skill in self._need.minutes}
        for (skill, day), missing in self._missing_minutes.items():
            minutes[skill][day] = solver.value(missing)
        return WeekCounts(counts=counts, missing_curve=curve, missing_minutes=minutes)

    def _today(self, day: int, skill: str | None = None) -> list[tuple[Shift, cp_model.IntVar]]:
        return [
            (shift, self._on[shift.id, day])
            for shift in self._pool.shifts
            if (shift.id, day) in self._on and (skill is None or shift.skill == skill)
        ]

    def _heads(self, day: int) -> None:
        for skill, people in self._pool.people.items():
            taken = [variable for shift, variable in self._today(day) if skill in {"", shift.skill}]
            self.model.add(sum(taken) <= people)
        if self._pool.most_at_once is not None:
            for slot in range(HALF_HOURS):
                there = [variable for shift, variable in self._today(day) if works(shift, slot)]
                self.model.add(sum(there) <= self._pool.most_at_once)

    def _cover(self, day: int) -> list[cp_model.LinearExprT]:
        """Cover a day; return the price of what is missing, always above that of a shift that would help."""
        cost: list[cp_model.LinearExprT] = []
        covered: list[cp_model.LinearExprT] = []
        for slot in np.flatnonzero(self._need.curve[day]):
            wanted = int(self._need.curve[day, slot])
            missing = self._missing_curve[day, int(slot)] = self.model.new_int_var(0, wanted, "")
            there = [variable for shift, variable in self._today(day) if works(shift, int(slot))]
            self.model.add(sum(there) + missing >= wanted)
            covered.append(wanted - missing)
            cost.append(_MISSING_MINUTE * HALF_HOUR * missing)
        for skill, minutes in self._need.minutes.items():
            asked = int(np.ceil(minutes[day] / self._need.at_work))
            left = self._missing_minutes[skill, day] = self.model.new_int_var(0, asked, "")
            done = sum((_there(shift) if covered else shift.paid) * on for shift, on in self._today(day, skill))
            self.model.add(done + left >= asked + HALF_HOUR * sum(covered))
            cost.append(_MISSING_MINUTE * left)
        return cost

    def _worst(self) -> list[cp_model.LinearExprT]:
        """Return the price of the day that misses most: what cannot be covered is spread over the week."""
        cost: list[cp_model.LinearExprT] = []
        for skill in self._need.minutes:
            left = [missing for (of, _), missing in self._missing_minutes.items() if of == skill]
            most = int(np.ceil(self._need.minutes[skill].max() / self._need.at_work))
            worst = self.model.new_int_var(0, most, "")
            for missing in left:
                self.model.add(missing <= worst)
            cost.append(_WORST_DAY * worst)
        return cost

    def _week(self) -> None:
        for skill, minutes in self._pool.minutes.items():
            worked = [
                shift.paid * self._on[shift.id, day]
                for shift in self._pool.shifts
                for day in sorted(shift.weekdays)
                if skill in {"", shift.skill}
            ]
            self.model.add(sum(worked) <= minutes)
        most = max((shift.paid for shift in self._pool.shifts), default=0)
        for skill, room in self._pool.longest.items():
            long = [
                self._on[shift.id, day]
                for shift in self._pool.shifts
                for day in sorted(shift.weekdays)
                if shift.paid == most and skill in {"", shift.skill}
            ]
            self.model.add(sum(long) <= room)
        for day in (SATURDAY, SUNDAY):
            self.model.add(sum(on for _, on in self._today(day)) <= self._pool.most_on_weekends)

    def _rest(self) -> None:
        """Keep those who leave too late for an early start the next day apart from those who start then."""
        for day in range(WEEK - 1):
            for skill, people in self._pool.people.items():
                today, then = (
                    [(shift, on) for shift, on in self._today(at) if skill in {"", shift.skill}]
                    for at in (day, day + 1)
                )
                for end in sorted({shift.end for shift, _ in today}):
                    late = [left for shift, left in today if shift.end >= end]
                    limit = end + self._pool.rest_minutes - _DAY
                    soon = [come for shift, come in then if shift.start < limit]
                    if soon:
                        self.model.add(sum(late) + sum(soon) <= people)


def _there(shift: Shift) -> int:
    """Return the minutes from coming to going: a curve of people to roster has breaks in it already."""
    return shift.end - shift.start


def works(shift: Shift, slot: int) -> bool:
    """Return whether somebody on the shift is there in this half hour of the day, also from the night before."""
    begin, end = slot * HALF_HOUR, (slot + 1) * HALF_HOUR
    late = shift.end - _DAY
    return (shift.start < end and shift.end > begin) or begin < late
