"""What two plans are compared by: few numbers of every step, from a plan that was made without its longest lists."""

from collections.abc import Iterator

from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.plan.assemble import change_plan, plan_on
from springtide.contexts.peak.domain.plan.inputs import PlanInputs
from springtide.contexts.peak.domain.plan.scenario import under
from springtide.contexts.peak.domain.plan.stages import Silent, Stages
from springtide.contracts.peak.common import Decision
from springtide.contracts.peak.plan import Plan
from springtide.contracts.peak.what_if import DayBand, Scenario, Side, SideLine, WhatIf


def base_side(joint: JointPaths, inputs: PlanInputs) -> Side:
    """Return the side that what-ifs of this plan are compared with: made like theirs, of the plan as it is."""
    return side_of(plan_on(joint, inputs, Stages(Silent()), whole=False))


def ask(joint: JointPaths, inputs: PlanInputs, before: Side, scenario: Scenario) -> WhatIf:
    """Answer a what-if, but for the time it took; raises InvalidPeakInput and Infeasible."""
    changed = under(inputs, scenario)
    made = change_plan(joint, changed, changed.edits, Silent())
    after = side_of(made.plan)
    return WhatIf(
        scenario=scenario,
        before=before,
        after=after,
        came=tuple(_without(after.decisions, before.decisions)),
        gone=tuple(_without(before.decisions, after.decisions)),
        expired=made.joint.edits.expired,
        seconds=0.0,
    )


def side_of(plan: Plan) -> Side:
    """Return what a comparison shows of a plan."""
    return Side(
        orders=plan.paths.orders,
        units=plan.paths.units,
        revenue_minor=plan.paths.revenue_minor,
        visits=plan.paths.visits,
        busiest_hour_orders=plan.paths.busiest_hour_orders,
        parcels=plan.fulfilment.parcels,
        late_share=plan.fulfilment.late_share,
        attempts_per_s=plan.gateways.attempts_per_s,
        cost_minor=plan.budget.total,
        buffer_minor=plan.budget.buffer_minor,
        agents=max((max(day) for day in plan.staff.support.needed), default=0),
        hires=sum(week.starting for week in plan.staff.hiring),
        processes=sum(service.most for service in plan.servers.services),
        limits=sum(load.limit_needed_per_s > 0 for load in plan.gateways.loads),
        lines=tuple(SideLine(line=line.line, cost=line.cost) for line in plan.budget.lines),
        days=tuple(DayBand(day=day.day, orders=day.orders) for day in plan.days),
        decisions=plan.decisions,
    )


def _without(these: tuple[Decision, ...], those: tuple[Decision, ...]) -> Iterator[Decision]:
    for decision in these:
        if decision not in those:
            yield decision
