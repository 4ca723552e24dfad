"""Everything a plan shows and asks for, of all its steps."""

from collections.abc import Iterator
from datetime import date, timedelta

from springtide.contexts.peak.domain.readiness.findings import of_budget, of_gateways, of_servers
from springtide.contexts.peak.domain.readiness.people_and_goods import (
    Finder,
    of_fulfilment,
    of_partners,
    of_risks,
    of_staff,
    of_stock,
)
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.fulfilment import FulfilmentPlan
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.partners import PartnerReview
from springtide.contracts.peak.readiness import Evidence, Needs, ReadinessTerms
from springtide.contracts.peak.risk import RiskPlan
from springtide.contracts.peak.servers import ServerPlan
from springtide.contracts.peak.staff import StaffPlan
from springtide.contracts.peak.stock import StockPlan

_MINUTE_S = 60.0


def findings_of(
    *,
    stock: StockPlan | None,
    fulfilment: FulfilmentPlan,
    staff: StaffPlan,
    gateways: GatewayPlan,
    servers: ServerPlan,
    budget: BudgetPlan,
    partners: PartnerReview,
    risks: RiskPlan,
    on: date,
    plan_id: str,
) -> Iterator[Evidence]:
    """Yield what every step finds; without a stock count nothing is known about the goods."""
    find = Finder(on, plan_id)
    yield from of_servers(servers, on=on, plan_id=plan_id)
    yield from of_gateways(gateways, on=on, plan_id=plan_id)
    yield from of_budget(budget, on=on, plan_id=plan_id)
    if stock is not None:
        yield from of_stock(stock, find)
    yield from of_fulfilment(fulfilment, find)
    yield from of_staff(staff, find)
    yield from of_partners(partners, find)
    yield from of_risks(risks, find)


def rates_and_times(servers: ServerPlan, terms: ReadinessTerms, *, peak: date) -> Needs:
    """Return what evidence that was measured has to reach."""
    return Needs(
        peak=peak,
        orders_per_s_p90=servers.orders_per_s.p90,
        orders_per_s_p99=servers.orders_per_s.p99,
        restore_within_s=terms.restore_within.value * _MINUTE_S,
        lose_at_most_s=terms.lose_at_most.value,
        shown_by=peak - timedelta(days=round(terms.shown_before.value)),
    )
