"""Payments: the split, the loads, and what happens without each gateway."""

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View, busiest_minute
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.gateways import GatewayPlan


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the split, the loads, and what happens without each gateway."""
    found = await whole(visit, plan.row.id, "gateways", GatewayPlan)
    if found is None:
        return {"gateways": None, "figure": None, "minute": ""}
    return {
        "gateways": found,
        "minute": await busiest_minute(visit, plan, speech),
        "figure": figures.bars(
            [load.gateway for load in found.loads],
            [round(100 * load.used, 1) for load in found.loads],
            title=speech("limits_title"),
            unit="%",
            marked=[load.limit_needed_per_s > 0 for load in found.loads],
        ),
    }
