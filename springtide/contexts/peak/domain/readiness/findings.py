"""What the technical and money steps of a plan show by themselves, as evidence of the product."""

from collections.abc import Iterator, Sequence
from datetime import date

from springtide.contexts.peak.domain.readiness.judge import PRODUCT
from springtide.contexts.peak.domain.readiness.words import said
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.readiness import Evidence
from springtide.contracts.peak.servers import ServerPlan, ServicePlan

_OWNER = "plan"
_CARRIED = ("rehearsed", "database", "bus")
_MOST_NAMED = 5


def of_servers(plan: ServerPlan, *, on: date, plan_id: str) -> Iterator[Evidence]:
    """Yield whether today's quotas allow what P99 needs, and whether the database carries it."""
    too_few = [
        f"{service.service} ({service.most} > {service.allowed})" for service in plan.services if _grows(service)
    ]
    yield named("quota_allows_most", too_few, on=on, plan_id=plan_id)
    full = [part.name for part in plan.shared if part.name in _CARRIED and part.need.p99 > part.limit]
    yield named("database_carries_p99", full, on=on, plan_id=plan_id)


def _grows(service: ServicePlan) -> bool:
    return service.most > service.allowed


def of_gateways(plan: GatewayPlan, *, on: date, plan_id: str) -> Iterator[Evidence]:
    """Yield whether today's limits are enough, and whether every method has a second taker."""
    asked = [load.gateway for load in plan.loads if load.limit_needed_per_s]
    yield named("limits_agreed", asked, on=on, plan_id=plan_id)
    single = sorted({name for one in plan.without for name in one.uncovered_classes})
    yield named("every_method_twice", single, on=on, plan_id=plan_id)


def of_budget(plan: BudgetPlan, *, on: date, plan_id: str) -> Iterator[Evidence]:
    """Yield whether the bank balance stays above zero in nine seasons of ten."""
    weeks = [week.first.isoformat() for week in plan.weeks if week.balance.p10 < 0]
    yield named("cash_covered", weeks, on=on, plan_id=plan_id)


def named(item: str, open_points: Sequence[str], *, on: date, plan_id: str) -> Evidence:
    """Return a finding that holds when nothing is open, with the first names of what is."""
    if not open_points:
        return finding(item, said(f"plan.{item}.holds"), passed=True, on=on, plan_id=plan_id)
    more = len(open_points) - _MOST_NAMED
    points = ", ".join(open_points[:_MOST_NAMED]) + (f", +{more}" if more > 0 else "")
    return finding(item, said(f"plan.{item}.open", points=points), passed=False, on=on, plan_id=plan_id)


def finding(item: str, because: Phrase, *, passed: bool, on: date, plan_id: str) -> Evidence:
    """Return what the plan finds about an item."""
    return Evidence(
        item=item, passed=passed, source=PRODUCT, owner=_OWNER, filed_on=on, document=plan_id, because=because
    )
