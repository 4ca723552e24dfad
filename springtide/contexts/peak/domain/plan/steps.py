"""The steps that stand on the paths, in their order: each reads totals, terms and what came before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np

from springtide.contexts.peak.domain.budget.lines import Steps, budget_on
from springtide.contexts.peak.domain.fulfilment.plan import Fulfilment, plan_fulfilment
from springtide.contexts.peak.domain.fulfilment.proofs import worst_days
from springtide.contexts.peak.domain.fulfilment.report import report_of
from springtide.contexts.peak.domain.gateways.plan import plan_gateways
from springtide.contexts.peak.domain.partners.booked import as_booked
from springtide.contexts.peak.domain.partners.needs import needs_of
from springtide.contexts.peak.domain.partners.register import Register, register_of
from springtide.contexts.peak.domain.partners.review import review_partners
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.plan import words
from springtide.contexts.peak.domain.plan.goods import stock_of
from springtide.contexts.peak.domain.plan.order import deadlines_of
from springtide.contexts.peak.domain.plan.stages import Stages
from springtide.contexts.peak.domain.readiness.judge import Shown, judge_all
from springtide.contexts.peak.domain.readiness.of_plan import findings_of, rates_and_times
from springtide.contexts.peak.domain.risk.plan import plan_risks
from springtide.contexts.peak.domain.servers.plan import plan_servers
from springtide.contexts.peak.domain.staff.plan import StaffAsk, Staffing, plan_staff
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.common import Decision
from springtide.contracts.peak.fulfilment import FulfilmentPlan
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.partners import PartnerReview
from springtide.contracts.peak.plan import PlanTerms
from springtide.contracts.peak.readiness import Readiness
from springtide.contracts.peak.risk import RiskPlan
from springtide.contracts.peak.servers import ServerPlan
from springtide.contracts.peak.staff import StaffPlan
from springtide.contracts.peak.stock import StockItem, StockPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What came out of every step. `stock` None: nobody counted it, or the plan is not whole."""

    stock: StockPlan | None
    items: tuple[StockItem, ...]
    fulfilment: FulfilmentPlan
    staff: StaffPlan
    gateways: GatewayPlan
    servers: ServerPlan
    budget: BudgetPlan
    partners: PartnerReview
    risks: RiskPlan
    readiness: Readiness

    @property
    def decisions(self) -> Iterator[tuple[Decision, ...]]:
        """Yield the decisions of each step."""
        goods = () if self.stock is None else (self.stock,)
        for step in (*goods, self.fulfilment, self.staff, self.gateways, self.servers, self.budget, self.partners):
            yield step.decisions
        yield self.risks.decisions


def run_steps(joint: JointPaths, terms: PlanTerms, stages: Stages, *, plan_id: str, whole: bool) -> Results:
    """Run the steps; raises InvalidPeakInput and Infeasible.

    Not `whole`: without what takes longest, the buy list, proofs by simulation and replay, and the names on the roster.
    """
    terms = msgspec.structs.replace(terms, company=as_booked(terms.company, terms.partners))
    totals, company, counts = joint.totals, terms.company, terms.counts if whole else None
    stock: StockPlan | None = None
    items: tuple[StockItem, ...] = ()
    if counts is not None:
        stock, items = stages.run("stock", lambda: stock_of(joint, terms, counts), lambda made: words.of_stock(made[0]))
    houses, fulfilment = stages.run(
        "fulfilment", lambda: _fulfilment(joint, terms, whole=whole), lambda made: words.of_fulfilment(made[1])
    )
    staff = stages.run("staff", lambda: _staff(joint, terms, houses, whole=whole), words.of_staff)
    gateways = stages.run("gateways", lambda: plan_gateways(totals, company), words.of_gateways)
    machines = stages.run(
        "servers", lambda: plan_servers(totals, company, proven=whole), lambda made: words.of_servers(made.plan)
    )
    servers = machines.plan
    costs = Steps(
        stock=stock,
        fulfilment=houses,
        staff=staff.costs,
        returning=staff.contacts.returning,
        gateways=gateways,
        servers=machines,
    )
    budget = stages.run(
        "budget", lambda: budget_on(totals, company, costs, terms.budget, terms.figures), words.of_budget
    )
    register = register_of(company, terms.partners, today=terms.as_of)
    peak = busiest_day(joint)
    needs = needs_of(register, fulfilment=fulfilment, staff=staff.plan, gateways=gateways, stock=stock)
    partners = stages.run(
        "partners", lambda: review_partners(register, today=terms.as_of, peak=peak, needs=needs), words.of_partners
    )
    risks = stages.run("risk", lambda: _risks(joint, terms, register), words.of_risks)
    judged_on = terms.judged_on or terms.as_of
    findings = findings_of(
        stock=stock,
        fulfilment=fulfilment,
        staff=staff.plan,
        gateways=gateways,
        servers=servers,
        budget=budget,
        partners=partners,
        risks=risks,
        on=judged_on,
        plan_id=plan_id,
    )
    shown = Shown(
        filed=terms.evidence,
        runs=terms.runs,
        findings=tuple(findings),
        needs=rates_and_times(servers, terms.readiness, peak=peak),
    )
    goods = () if stock is None else (stock,)
    deadlines = deadlines_of(
        *(step.deadlines for step in (*goods, fulfilment, staff.plan, gateways, servers, partners))
    )
    readiness = stages.run(
        "readiness",
        lambda: judge_all(shown, on=judged_on, plan_day=terms.as_of, deadlines=deadlines),
        words.of_readiness,
    )
    return Results(
        stock=stock,
        items=items,
        fulfilment=fulfilment,
        staff=staff.plan,
        gateways=gateways,
        servers=servers,
        budget=budget,
        partners=partners,
        risks=risks,
        readiness=readiness,
    )


def busiest_day(joint: JointPaths) -> date:
    """Return the day with most orders over all paths: everything has to hold by then."""
    return joint.forecast.season.dates[int(np.argmax(joint.totals.daily_orders.mean(axis=0)))]


def _fulfilment(joint: JointPaths, terms: PlanTerms, *, whole: bool) -> tuple[Fulfilment, FulfilmentPlan]:
    found = plan_fulfilment(
        joint.totals,
        terms.company,
        terms.fulfilment,
        closed=tuple(terms.calendar.closed_days()),
        seed=joint.seed,
    )
    worst = tuple(worst_days(joint.totals, found, seed=joint.seed)) if whole else ()
    return found, report_of(found, terms.company, worst, today=terms.as_of)


def _staff(joint: JointPaths, terms: PlanTerms, houses: Fulfilment, *, whole: bool) -> Staffing:
    ask = StaffAsk(
        today=terms.as_of,
        late_parcels=houses.late_parcels,
        own_share=houses.own_share,
        roster_weeks=terms.roster_weeks if whole else 0,
        proven=whole,
    )
    return plan_staff(joint.totals, terms.company, terms.staff, ask)


def _risks(joint: JointPaths, terms: PlanTerms, register: Register) -> RiskPlan:
    return plan_risks(joint.totals, terms.risks, register, today=terms.as_of, peak=busiest_day(joint), seed=joint.seed)
