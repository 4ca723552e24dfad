"""Which methods a plan's forecast is the mean of: those that a back-test of the same history let through."""

from springtide.contexts.peak.domain.backtest.report import NAMES
from springtide.contexts.peak.domain.forecast.combine import OPEN_GATE, Gate
from springtide.contracts.peak.accuracy import KeptAccuracy
from springtide.contracts.peak.plan import ForecastMethods, GateState

MEASURES = tuple(NAMES)


def gate_of_plan(accuracy: KeptAccuracy | None, history: str) -> Gate:
    """Return the gate of the kept back-test; without one, or with one of another history, the documented methods."""
    if accuracy is None or accuracy.history != history:
        return OPEN_GATE
    return Gate(
        products=accuracy.members,
        top={NAMES[measure]: members for measure, members in accuracy.top_members.items()},
        value_added={},
        learned_on=accuracy.learned_on,
    )


def methods_of_plan(accuracy: KeptAccuracy | None, history: str) -> ForecastMethods:
    """Return what planners are shown of it: the methods, why these, and how good they were."""
    gate = gate_of_plan(accuracy, history)
    state = GateState.NONE if accuracy is None else GateState.STALE if gate is OPEN_GATE else GateState.USED
    return ForecastMethods(
        state=state,
        products=gate.products,
        totals={measure: gate.top_of(NAMES[measure]) for measure in MEASURES},
        learned_on=gate.learned_on,
        accuracy=accuracy,
    )
