"""The rules of a roster as constraints."""

from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from springtide.contexts.peak.domain.staff.roster.problem import Assigned, Cover, Fair, Gap, RosterProblem, Worker

_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was asked for: of whom or when, and which."""

    where: str
    name: str


@dataclass(slots=True)
class Rules:
    """Switches every rule can be taken back with, when it is to be found out which ones contradict each other."""

    model: cp_model.CpModel
    switchable: bool
    switches: dict[Rule, cp_model.IntVar] = field(default_factory=dict)

    def add(self, rule: Rule, constraint: cp_model.Constraint) -> None:
        """Make a constraint part of a rule."""
        if self.switchable:
            if rule not in self.switches:
                self.switches[rule] = self.model.new_bool_var("")
            constraint.only_enforce_if(self.switches[rule])


class RosterModel:
    """Variables, rules and cost of one problem."""

    def __init__(self, problem: RosterProblem, *, switchable: bool = False, priced: bool = True) -> None:
        self.model = cp_model.CpModel()
        self.rules = Rules(self.model, switchable)
        self._problem = problem
        self._on: dict[tuple[str, int, str], cp_model.IntVar] = {}
        self._works: dict[tuple[str, int], cp_model.IntVar] = {}
        self._missing: dict[Cover, cp_model.IntVar] = {}
        self._cost: list[cp_model.LinearExprT] = []
        for worker in problem.workers:
            self._days(worker)
            self._rest(worker)
            self._minutes(worker)
            self._runs(worker)
            self._weekends(worker)
        for cover in problem.covers:
            self._cover(cover)
        self._wishes()
        for fair in problem.fair:
            self._fair(fair)
        if priced:
            self.model.minimize(sum(self._cost))

    def assigned(self, solver: cp_model.CpSolver) -> tuple[Assigned, ...]:
        """Return the answer by day, then in the order of the people."""
        found = [
            Assigned(worker=worker, day=day, shift=shift)
            for (worker, day, shift), variable in self._on.items()
            if solver.boolean_value(variable)
        ]
        order = {worker.id: place for place, worker in enumerate(self._problem.workers)}
        return tuple(sorted(found, key=lambda one: (one.day, order[one.worker])))

    def gaps(self, solver: cp_model.CpSolver) -> tuple[Gap, ...]:
        """Return what is not covered, in the order it was asked for."""
        return tuple(
            Gap(day=cover.day, shift=cover.shift, skill=cover.skill, missing=solver.value(missing))
            for cover, missing in self._missing.items()
            if solver.value(missing)
        )

    def _days(self, worker: Worker) -> None:
        for day in range(self._problem.days):
            for shift in self._problem.shifts_on(day):
                if not shift.skill or shift.skill in worker.skills:
                    self._on[worker.id, day, shift.id] = self.model.new_bool_var("")
            today = self._of(worker.id, day)
            works = self._works[worker.id, day] = self.model.new_bool_var("")
            self.model.add(sum(today) == works)
            if day in worker.days_off:
                self.rules.add(Rule(worker.id, "day_off"), self.model.add(works == 0))
        for id_, most in worker.max_shifts.items():
            taken = [
                self._on[worker.id, day, id_] for day in range(self._problem.days) if (worker.id, day, id_) in self._on
            ]
            self.rules.add(Rule(worker.id, "shifts_of_a_kind"), self.model.add(sum(taken) <= most))

    def _of(self, worker: str, day: int) -> list[cp_model.IntVar]:
        keys = ((worker, day, shift.id) for shift in self._problem.shifts)
        return [self._on[key] for key in keys if key in self._on]

    def _rest(self, worker: Worker) -> None:
        for first in self._problem.shifts:
            for then in self._problem.shifts:
                rest = _DAY_MINUTES + then.start - first.end
                if rest >= self._problem.rest_minutes and then.id not in first.not_followed_by:
                    continue
                for day in range(self._problem.days - 1):
                    pair = self._on.get((worker.id, day, first.id)), self._on.get((worker.id, day + 1, then.id))
                    if pair[0] is not None and pair[1] is not None:
                        self.rules.add(Rule(worker.id, "rest"), self.model.add_bool_or(~pair[0], ~pair[1]))

    def _minutes(self, worker: Worker) -> None:
        paid = {shift.id: shift.paid for shift in self._problem.shifts}
        for first, last in self._problem.periods:
            worked = sum(
                paid[shift] * variable
                for (who, day, shift), variable in self._on.items()
                if who == worker.id and first <= day <= last
            )
            self.rules.add(Rule(worker.id, "most_hours"), self.model.add(worked <= worker.max_minutes))
            if worker.min_minutes:
                self.rules.add(Rule(worker.id, "fewest_hours"), self.model.add(worked >= worker.min_minutes))

    def _runs(self, worker: Worker) -> None:
        works = [self._works[worker.id, day] for day in range(self._problem.days)]
        for first in range(self._problem.days - worker.max_days_in_a_row):
            window = works[first : first + worker.max_days_in_a_row + 1]
            self.rules.add(Rule(worker.id, "days_in_a_row"), self.model.add_bool_or([~day for day in window]))
        for length in range(1, worker.min_days_in_a_row):
            for first in range(1, self._problem.days - length):
                worked = [~day for day in works[first : first + length]]
                shorter = self.model.add_bool_or([*worked, works[first - 1], works[first + length]])
                self.rules.add(Rule(worker.id, "too_few_days_in_a_row"), shorter)
        for length in range(1, worker.min_days_off_in_a_row):
            for first in range(1, self._problem.days - length):
                free = works[first : first + length]
                shorter = self.model.add_bool_or([*free, ~works[first - 1], ~works[first + length]])
                self.rules.add(Rule(worker.id, "too_few_days_off"), shorter)

    def _weekends(self, worker: Worker) -> None:
        if worker.max_weekends is None:
            return
        weekends = []
        for days in self._problem.weekends():
            any_day = self.model.new_bool_var("")
            for day in days:
                self.model.add_implication(self._works[worker.id, day], any_day)
            weekends.append(any_day)
        self.rules.add(Rule(worker.id, "weekends"), self.model.add(sum(weekends) <= worker.max_weekends))

    def _cover(self, cover: Cover) -> None:
        shifts = [shift.id for shift in self._problem.shifts_on(cover.day) if cover.shift in {"", shift.id}]
        there = [
            self._on[worker.id, cover.day, shift]
            for worker in self._problem.workers
            for shift in shifts
            if (worker.id, cover.day, shift) in self._on and (not cover.skill or cover.skill in worker.skills)
        ]
        if cover.under is None:
            rule = Rule(
                f"{self._problem.day_name(cover.day)}, {cover.shift}{f', {cover.skill}' if cover.skill else ''}",
                "cover",
            )
            self.rules.add(rule, self.model.add(sum(there) >= cover.count))
        else:
            missing = self._missing[cover] = self.model.new_int_var(0, cover.count, "")
            self.model.add(sum(there) + missing >= cover.count)
            self._cost.append(cover.under * missing)
        if cover.over:
            extra = self.model.new_int_var(0, len(self._problem.workers), "")
            self.model.add(sum(there) - extra <= cover.count)
            self._cost.append(cover.over * extra)

    def _wishes(self) -> None:
        for wish in self._problem.wishes:
            variable = self._on.get((wish.worker, wish.day, wish.shift))
            if variable is not None:
                self._cost.append(wish.weight * ((1 - variable) if wish.wanted else variable))

    def _fair(self, fair: Fair) -> None:
        if len(fair.workers) < 2:  # noqa: PLR2004 - nobody to share with
            return
        weekend = {day for days in self._problem.weekends() for day in days}
        most, fewest = (self.model.new_int_var(0, self._problem.days, "") for _ in range(2))
        for worker in fair.workers:
            counted = [
                variable
                for (who, day, shift), variable in self._on.items()
                if who == worker and (shift in fair.shifts if fair.shifts else day in weekend)
            ]
            self.model.add(sum(counted) <= most)
            self.model.add(sum(counted) >= fewest)
        self._cost.append(fair.weight * (most - fewest))
