"""The plan from its steps, on paths that were drawn or changed. Nothing here fits a forecast."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from springtide.contexts.peak.domain.brief import briefs_of
from springtide.contexts.peak.domain.brief.watch import watch_of
from springtide.contexts.peak.domain.paths.calibrate import DOCUMENTED_PRIORS
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.paths.what_if import what_if
from springtide.contexts.peak.domain.plan import words
from springtide.contexts.peak.domain.plan.goods import without_demand
from springtide.contexts.peak.domain.plan.inputs import VISITS_PER_ORDER, PlanInputs, all_hashes, plan_id
from springtide.contexts.peak.domain.plan.methods import methods_of_plan
from springtide.contexts.peak.domain.plan.order import decisions_of
from springtide.contexts.peak.domain.plan.stages import Progress, Stages
from springtide.contexts.peak.domain.plan.steps import run_steps
from springtide.contexts.peak.domain.plan.summary import days_of, summary_of
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.plan import PLAN_FORMAT, FigureSource, GateState, Plan

WHAT_IF = "-what-if"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A plan with the paths it stands on."""

    plan: Plan
    joint: JointPaths


def change_plan(joint: JointPaths, inputs: PlanInputs, edits: Edits, progress: Progress) -> Made:
    """Make the plan of the same paths under other edits without drawing them again; raises as `make_plan` does."""
    stages = Stages(progress)
    other = stages.run("paths", lambda: what_if(joint, edits), words.of_paths)
    return Made(plan=plan_on(other, replace(inputs, edits=edits), stages, whole=False), joint=other)


def plan_on(joint: JointPaths, inputs: PlanInputs, stages: Stages, *, whole: bool = True) -> Plan:
    """Run the steps on these paths and put them together; raises InvalidPeakInput and Infeasible."""
    known = plan_id(inputs) + ("" if whole else WHAT_IF)
    found = run_steps(joint, inputs.terms, stages, plan_id=known, whole=whole)
    company, season, paths = inputs.terms.company.basics, joint.forecast.season, summary_of(joint)
    decisions = decisions_of(*found.decisions)
    watch = watch_of(
        paths,
        staff=found.staff,
        gateways=found.gateways,
        servers=found.servers,
        budget=found.budget,
        readiness=found.readiness,
    )
    return Plan(
        format=PLAN_FORMAT,
        id=known,
        company=company.name,
        currency=company.currency,
        timezone=season.timezone,
        as_of=inputs.terms.as_of,
        first=season.first,
        last=season.last,
        products=len(joint.forecast.products),
        versions=dict(sorted(inputs.versions.items())),
        inputs=all_hashes(inputs),
        stages=tuple(stages.done),
        missing=tuple(_missing(joint, inputs, whole=whole)),
        decisions=decisions,
        deadlines=found.readiness.calendar,
        paths=paths,
        days=days_of(joint),
        methods=methods_of_plan(inputs.terms.accuracy, inputs.history),
        peak_minute=inputs.peak_minute,
        quality=inputs.quality,
        briefs=briefs_of(decisions, watch),
        stock=found.stock,
        items=found.items,
        fulfilment=found.fulfilment,
        staff=found.staff,
        gateways=found.gateways,
        servers=found.servers,
        budget=found.budget,
        partners=found.partners,
        risks=found.risks,
        readiness=found.readiness,
    )


def _missing(joint: JointPaths, inputs: PlanInputs, *, whole: bool) -> Iterator[Phrase]:
    """Yield what the plan had to do without."""
    if inputs.quality is None:
        yield Phrase(key="plan.no_quality")
    if not inputs.visits_counted:
        yield Phrase(key="plan.no_visits", values={"visits": VISITS_PER_ORDER})
    if joint.spread.learned_on == DOCUMENTED_PRIORS:
        yield Phrase(key="plan.no_calibration")
    state = methods_of_plan(inputs.terms.accuracy, inputs.history).state
    if state is not GateState.USED:
        yield Phrase(key="plan.no_accuracy" if state is GateState.NONE else "plan.stale_accuracy")
    if inputs.peak_minute.source is FigureSource.ASSUMED:
        yield Phrase(key="plan.no_peak_minute", values={"times": inputs.peak_minute.times})
    if inputs.terms.counts is None:
        yield Phrase(key="plan.no_stock")
    elif without_demand(joint, inputs.terms.counts):
        yield Phrase(key="plan.stock_without_demand", values={"products": without_demand(joint, inputs.terms.counts)})
    if not whole:
        yield Phrase(key="plan.not_again")
    for override in joint.edits.expired:
        yield Phrase(key="plan.expired", values={"override": override.id, "day": override.expires_on.isoformat()})
