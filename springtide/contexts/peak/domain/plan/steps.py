"""The steps that stand on the paths, and the plan they make together. Nothing here fits a forecast."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from springtide.contexts.peak.domain.brief import briefs_of
from springtide.contexts.peak.domain.brief.watch import watch_of
from springtide.contexts.peak.domain.budget.lines import Steps, budget_on
from springtide.contexts.peak.domain.gateways.plan import plan_gateways
from springtide.contexts.peak.domain.paths.calibrate import DOCUMENTED_PRIORS
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.paths.what_if import what_if
from springtide.contexts.peak.domain.plan import words
from springtide.contexts.peak.domain.plan.goods import stock_of, without_demand
from springtide.contexts.peak.domain.plan.inputs import VISITS_PER_ORDER, PlanInputs, all_hashes, plan_id
from springtide.contexts.peak.domain.plan.order import deadlines_of, decisions_of
from springtide.contexts.peak.domain.plan.stages import Progress, Stages
from springtide.contexts.peak.domain.plan.summary import days_of, summary_of
from springtide.contexts.peak.domain.readiness.findings import of_budget, of_gateways, of_servers
from springtide.contexts.peak.domain.readiness.judge import judge
from springtide.contexts.peak.domain.servers.plan import plan_servers
from springtide.contexts.peak.domain.staff.plan import StaffAsk, plan_staff
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.plan import PLAN_FORMAT, Plan

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
    """Run the steps that stand on the paths; raises InvalidPeakInput and Infeasible.

    Not `whole`: without what takes longest, the buy list and the names on the roster.
    """
    totals, terms = joint.totals, inputs.terms
    known = plan_id(inputs) + ("" if whole else WHAT_IF)
    company, counts = terms.company, terms.counts if whole else None
    stock = None if counts is None else stages.run("stock", lambda: stock_of(joint, terms, counts), words.of_stock)
    ask = StaffAsk(today=terms.as_of, roster_weeks=terms.roster_weeks if whole else 0)
    people = stages.run("staff", lambda: plan_staff(totals, company, terms.staff, ask), words.of_staff)
    staff = people.plan
    gateways = stages.run("gateways", lambda: plan_gateways(totals, company), words.of_gateways)
    servers = stages.run("servers", lambda: plan_servers(totals, company), words.of_servers)
    steps = Steps(stock=stock, staff=people.costs, gateways=gateways, servers=servers)
    budget = stages.run(
        "budget", lambda: budget_on(totals, company, steps, terms.budget, terms.figures), words.of_budget
    )
    deadlines = deadlines_of(stock.deadlines if stock else (), *(step.deadlines for step in (staff, gateways, servers)))
    evidence = (
        *terms.evidence,
        *of_servers(servers, on=terms.as_of, plan_id=known),
        *of_gateways(gateways, on=terms.as_of, plan_id=known),
        *of_budget(budget, on=terms.as_of, plan_id=known),
    )
    readiness = stages.run(
        "readiness", lambda: judge(evidence, on=terms.as_of, deadlines=deadlines), words.of_readiness
    )
    decisions = decisions_of(
        stock.decisions if stock else (), *(step.decisions for step in (staff, gateways, servers, budget))
    )
    paths = summary_of(joint)
    watch = watch_of(paths, staff=staff, gateways=gateways, servers=servers, budget=budget, readiness=readiness)
    return Plan(
        format=PLAN_FORMAT,
        id=known,
        company=company.basics.name,
        currency=company.basics.currency,
        timezone=joint.forecast.season.timezone,
        as_of=terms.as_of,
        first=joint.forecast.season.first,
        last=joint.forecast.season.last,
        products=len(joint.forecast.products),
        versions=dict(sorted(inputs.versions.items())),
        inputs=all_hashes(inputs),
        stages=tuple(stages.done),
        missing=tuple(_missing(joint, inputs, whole=whole)),
        decisions=decisions,
        deadlines=deadlines,
        paths=paths,
        days=days_of(joint),
        quality=inputs.quality,
        stock=stock,
        staff=staff,
        gateways=gateways,
        servers=servers,
        budget=budget,
        readiness=readiness,
        briefs=briefs_of(decisions, watch),
    )


def _missing(joint: JointPaths, inputs: PlanInputs, *, whole: bool) -> Iterator[Phrase]:
    """Yield what the plan had to do without."""
    if inputs.quality is None:
        yield Phrase(key="plan.no_quality")
    if not inputs.visits_counted:
        yield Phrase(key="plan.no_visits", values={"visits": VISITS_PER_ORDER})
    if joint.spread.learned_on == DOCUMENTED_PRIORS:
        yield Phrase(key="plan.no_calibration")
    if inputs.terms.counts is None:
        yield Phrase(key="plan.no_stock")
    elif without_demand(joint, inputs.terms.counts):
        yield Phrase(key="plan.stock_without_demand", values={"products": without_demand(joint, inputs.terms.counts)})
    if not whole:
        yield Phrase(key="plan.not_again")
    for override in joint.edits.expired:
        yield Phrase(key="plan.expired", values={"override": override.id, "day": override.expires_on.isoformat()})
