"""What came out of each stage, in a sentence."""

from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.paths.totals import quantile_of
from springtide.contexts.peak.domain.staff.plan import Staffing
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.fulfilment import FulfilmentPlan
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.partners import PartnerReview
from springtide.contracts.peak.readiness import Readiness
from springtide.contracts.peak.risk import RiskPlan
from springtide.contracts.peak.servers import ServerPlan
from springtide.contracts.peak.stock import StockPlan


def of_forecast(forecast: Forecast) -> Phrase:
    """Say how much is expected."""
    return Phrase(
        key="plan.forecast",
        values={
            "products": len(forecast.products),
            "days": forecast.season.days,
            "orders": round(float(forecast.orders.sum())),
            "units": round(float(forecast.units.sum(dtype="float64"))),
        },
    )


def of_paths(joint: JointPaths) -> Phrase:
    """Say how far it may be off."""
    seasons = joint.totals.daily_orders.sum(axis=1)
    values = {name: round(quantile_of(seasons, share)) for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))}
    return Phrase(key="plan.paths", values={"paths": joint.totals.paths, **values})


def of_stock(plan: StockPlan) -> Phrase:
    """Say what to buy now and how much is at risk."""
    return Phrase(
        key="plan.stock",
        values={
            "units": sum(line.units for line in plan.lines),
            "products": len(plan.lines),
            "cost": plan.spend_minor,
            "risky": len(plan.exceptions),
        },
    )


def of_staff(people: Staffing) -> Phrase:
    """Say how many people it takes."""
    plan = people.plan
    gaps = plan.roster.gaps if plan.roster else ()
    return Phrase(
        key="plan.staff",
        values={
            "busiest": max((max(day) for day in plan.support.needed), default=0),
            "hires": sum(week.starting for week in plan.hiring),
            "short": sum(gap.missing for gap in gaps if not gap.skill.startswith("lang:")),
        },
    )


def of_gateways(plan: GatewayPlan) -> Phrase:
    """Say how busy the gateways get and whether limits are enough."""
    asks = sum(load.limit_needed_per_s > 0 for load in plan.loads)
    return Phrase(key="plan.gateways", values={"attempts": round(plan.attempts_per_s.p90, 2), "asks": asks})


def of_servers(plan: ServerPlan) -> Phrase:
    """Say how many processes there have to be."""
    return Phrase(
        key="plan.servers",
        values={"most": sum(service.most for service in plan.services), "orders": round(plan.orders_per_s.p90, 2)},
    )


def of_budget(plan: BudgetPlan) -> Phrase:
    """Say what the season costs and the buffer of the total."""
    return Phrase(key="plan.budget", values={"cost": round(plan.total.p50), "buffer": plan.buffer_minor})


def of_fulfilment(plan: FulfilmentPlan) -> Phrase:
    """Say how many parcels leave and how many too late."""
    return Phrase(key="plan.fulfilment", values={"parcels": round(plan.parcels.p90), "late": plan.late_share.p90})


def of_partners(review: PartnerReview) -> Phrase:
    """Say how many partners have a weakness."""
    weak = sum(bool(state.weak) for state in review.partners)
    return Phrase(key="plan.partners", values={"partners": len(review.partners), "weak": weak})


def of_risks(plan: RiskPlan) -> Phrase:
    """Say what outages cost in a bad season."""
    return Phrase(key="plan.risk", values={"risks": len(plan.risks), "lost": round(plan.lost_orders.p99)})


def of_readiness(page: Readiness) -> Phrase:
    """Say the score and what is open."""
    return Phrase(key="plan.readiness", values={"score": page.score, "open": len(page.open_gates)})
