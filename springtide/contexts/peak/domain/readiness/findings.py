"""What a plan shows by itself, as evidence of the product: a limit is enough, or it is not."""

from collections.abc import Iterator, Sequence
from datetime import date

from springtide.contexts.peak.domain.readiness.judge import PRODUCT
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.readiness import Evidence
from springtide.contracts.peak.servers import ServerPlan

_OWNER = "plan"
_CARRIED = ("rehearsed", "database", "bus")


def of_servers(plan: ServerPlan, *, on: date, plan_id: str) -> Iterator[Evidence]:
    """Yield whether today's quotas allow what P99 needs, and whether the database carries it."""
    too_few = [service.service for service in plan.services if service.most > service.allowed]
    yield _finding("quota_allows_most", too_few, on=on, plan_id=plan_id)
    full = [part.name for part in plan.shared if part.name in _CARRIED and part.need.p99 > part.limit]
    yield _finding("database_carries_p99", full, on=on, plan_id=plan_id)


def of_gateways(plan: GatewayPlan, *, on: date, plan_id: str) -> Iterator[Evidence]:
    """Yield whether today's limits are enough, and whether every method has a second taker."""
    asked = [load.gateway for load in plan.loads if load.limit_needed_per_s]
    yield _finding("limits_agreed", asked, on=on, plan_id=plan_id)
    single = sorted({name for one in plan.without for name in one.uncovered_classes})
    yield _finding("every_method_twice", single, on=on, plan_id=plan_id)


def of_budget(plan: BudgetPlan, *, on: date, plan_id: str) -> Iterator[Evidence]:
    """Yield whether the bank balance stays above zero in nine seasons of ten."""
    weeks = [week.first.isoformat() for week in plan.weeks if week.balance.p10 < 0]
    yield _finding("cash_covered", weeks, on=on, plan_id=plan_id)


def _finding(item: str, open_points: Sequence[str], *, on: date, plan_id: str) -> Evidence:
    return Evidence(
        item=item,
        passed=not open_points,
        source=PRODUCT,
        owner=_OWNER,
        filed_on=on,
        document=plan_id,
        note=", ".join(open_points),
    )
