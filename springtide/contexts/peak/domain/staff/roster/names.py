"""Second step: who works which shift."""

from ortools.sat.python import cp_model

from springtide.contexts.peak.domain.staff.roster.conflict import conflict_of
from springtide.contexts.peak.domain.staff.roster.model import RosterModel
from springtide.contexts.peak.domain.staff.roster.problem import Assigned, Roster, RosterProblem
from springtide.contexts.peak.domain.staff.roster.solver import solver_with
from springtide.contracts.peak.errors import Infeasible

EFFORT = 5.0
"""Deterministic seconds of CP-SAT; about as many of the clock on one core."""


def roster(problem: RosterProblem, *, effort: float = EFFORT) -> Roster:
    """Return the best roster found within the effort; raises Infeasible naming the rules that contradict each other."""
    built = RosterModel(problem)
    first = _any(problem, effort)
    if first is not None:
        built.suggest(first)
    solver = solver_with(effort)
    status = solver.solve(built.model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        raise Infeasible.of(conflict_of(problem))
    return Roster(
        assigned=built.assigned(solver),
        gaps=built.gaps(solver),
        cost=round(solver.objective_value),
        bound=round(solver.best_objective_bound),
        proven=status == cp_model.OPTIMAL,
    )


def _any(problem: RosterProblem, effort: float) -> tuple[Assigned, ...] | None:
    """Return some roster that keeps the rules: without a price one is found much sooner, and improved from there."""
    built = RosterModel(problem, priced=False)
    solver = solver_with(effort)
    found = solver.solve(built.model) in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    return built.assigned(solver) if found else None
