"""From a history to a plan."""

from dataclasses import replace

from springtide.contexts.peak.domain.forecast.make import make_forecast
from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.paths.calibrate import spread_for
from springtide.contexts.peak.domain.paths.joint import JointPaths, draw_paths
from springtide.contexts.peak.domain.plan import words
from springtide.contexts.peak.domain.plan.assemble import Made, plan_on
from springtide.contexts.peak.domain.plan.inputs import VISITS_PER_ORDER, PlanInputs
from springtide.contexts.peak.domain.plan.methods import gate_of_plan
from springtide.contexts.peak.domain.plan.past import with_past
from springtide.contexts.peak.domain.plan.stages import Progress, Stages


def make_plan(demand: Demand, inputs: PlanInputs, progress: Progress) -> Made:
    """Make a plan from a history; raises InvalidPeakInput and Infeasible naming what stands in the way."""
    stages = Stages(progress)
    forecast = stages.run("forecast", lambda: _forecast(demand, inputs), words.of_forecast)
    joint = stages.run("paths", lambda: _draw(forecast, inputs), words.of_paths)
    plan = with_past(plan_on(joint, inputs, stages), demand, inputs.terms.calendar)
    return Made(plan=plan, joint=joint)


def _forecast(demand: Demand, inputs: PlanInputs) -> Forecast:
    """Return the forecast; where nobody counts visits, they follow orders."""
    gate = gate_of_plan(inputs.terms.accuracy, inputs.history)
    forecast = make_forecast(demand, inputs.season, inputs.terms.calendar, gate=gate, seed=inputs.seed)
    if forecast.visits.any():
        return forecast
    return replace(forecast, visits=forecast.orders * VISITS_PER_ORDER)


def _draw(forecast: Forecast, inputs: PlanInputs) -> JointPaths:
    return draw_paths(
        forecast,
        spread_for(forecast, inputs.terms.calibration),
        edits=inputs.edits,
        seed=inputs.seed,
        paths=inputs.paths,
        peak_minute=inputs.peak_minute.times,
        workers=inputs.workers,
    )
