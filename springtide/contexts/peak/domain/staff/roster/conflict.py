"""Which rules cannot be kept together: a small set, each of which would help if it were given up."""

from ortools.sat.python import cp_model

from springtide.contexts.peak.domain.staff.roster.model import RosterModel, Rule
from springtide.contexts.peak.domain.staff.roster.problem import RosterProblem
from springtide.contexts.peak.domain.staff.roster.solver import solver_with
from springtide.contracts.peak.errors import Mistake

_EFFORT = 2.0
_WORDS = {
    "cover": "needs more people than the other rules leave",
    "day_off": "has asked for days off",
    "days_in_a_row": "may not work more days in a row",
    "fewest_hours": "has to get the hours of the contract",
    "most_hours": "may not work more hours",
    "rest": "needs the rest between two shifts",
    "shifts_of_a_kind": "may not work more shifts of this kind",
    "too_few_days_in_a_row": "may not be called in for so few days",
    "too_few_days_off": "needs more days off in a row",
    "weekends": "may not work more weekends",
}


def conflict_of(problem: RosterProblem) -> list[Mistake]:
    """Return the rules, by name; the effort ran out before any roster was found: says so instead."""
    built = RosterModel(problem, switchable=True, priced=False)
    kept = _core(built, list(built.rules.switches))
    if kept is None:
        message = "no roster was found within the effort allowed; raise it or ask for less"
        return [Mistake(where="roster", rule="effort", message=message)]
    for rule in list(kept):
        smaller = _core(built, [other for other in kept if other != rule])
        if smaller is not None:
            kept = [other for other in kept if other in smaller]
    return [Mistake(where=rule.where, rule=rule.name, message=_WORDS[rule.name]) for rule in kept]


def _core(built: RosterModel, rules: list[Rule]) -> list[Rule] | None:
    """Return rules among these that contradict each other, or None if all can be kept (or nobody knows)."""
    switches = built.rules.switches
    built.model.clear_assumptions()
    built.model.add_assumptions([switches[rule] for rule in rules])
    solver = solver_with(_EFFORT)
    if solver.solve(built.model) != cp_model.INFEASIBLE:
        return None
    core = set(solver.sufficient_assumptions_for_infeasibility())
    return [rule for rule in rules if switches[rule].index in core]
