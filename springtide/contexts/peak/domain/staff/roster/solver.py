"""How CP-SAT is run: the same answer every time."""

from ortools.sat.python import cp_model

SEED = 1


def solver_with(effort: float, *, gap: float = 0.0) -> cp_model.CpSolver:
    """Return a solver with one worker, a fixed seed and a limit in deterministic seconds.

    `gap`: it stops as soon as it knows to be within this share of the best.
    """
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = effort
    solver.parameters.relative_gap_limit = gap
    return solver
