"""Three numbers for each department to watch: planned at P90, so that a figure above one says the plan is too small."""

from collections.abc import Mapping

from springtide.contracts.peak.brief import Number
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.common import Department, Phrase
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.paths import PathsSummary
from springtide.contracts.peak.readiness import Readiness
from springtide.contracts.peak.servers import ServerPlan
from springtide.contracts.peak.staff import StaffPlan

_MINUTE_S = 60


def watch_of(
    paths: PathsSummary,
    *,
    staff: StaffPlan,
    gateways: GatewayPlan,
    servers: ServerPlan,
    budget: BudgetPlan,
    readiness: Readiness,
) -> Mapping[Department, tuple[Number, ...]]:
    """Return at most three numbers for each department."""
    contacts = max((day.all.p90 for day in staff.contacts), default=0.0)
    floor = max((day.pick.p90 + day.pack.p90 for day in staff.floor), default=0.0)
    used = max((load.used for load in gateways.loads), default=0.0)
    return {
        Department.OWNER: (
            _number("season_orders", paths.orders.p90),
            _number("season_revenue", paths.revenue_minor.p50, "money"),
            _number("readiness", readiness.score),
        ),
        Department.WAREHOUSE: (
            _number("busiest_hour", paths.busiest_hour_orders.p90),
            _number("floor_hours", floor),
            _number("season_units", paths.units.p90),
        ),
        Department.SUPPORT: (
            _number("contacts", contacts),
            _number("seats", staff.support.busiest_seats),
            _number("short_half_hours", staff.support.short_half_hours),
        ),
        Department.MARKETING: (
            _number("season_visits", paths.visits.p90),
            _number("orders_middle", paths.orders.p50),
            _number("orders_low", paths.orders.p10),
        ),
        Department.FINANCE: (
            _number("season_cost", budget.total.p50, "money"),
            _number("buffer", budget.buffer_minor, "money"),
            _number("lowest_balance", budget.lowest.p10, "money"),
        ),
        Department.IT: (
            _number("orders_per_minute", _MINUTE_S * servers.orders_per_s.p90),
            _number("visits_per_minute", _MINUTE_S * servers.visits_per_s.p90),
            _number("gateway_used", used, "percent"),
        ),
    }


def _number(key: str, value: float, kind: str = "number") -> Number:
    return Number(label=Phrase(key=f"watch.{key}"), value=value, kind=kind)
