"""Payments: the split, the loads, and what happens without each gateway."""

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View, busiest_minute
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.partners import PartnerReview

_PLANNED = 0.7
"""Above this share of a limit a gateway has no room left to take over from another."""


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the split, the loads, and what happens without each gateway."""
    found = await whole(visit, plan.row.id, "gateways", GatewayPlan)
    if found is None:
        return {"gateways": None, "figure": None, "minute": ""}
    register = await whole(visit, plan.row.id, "partners", PartnerReview)
    called = {one.partner.id: one.partner.name for one in register.partners} if register else {}
    names = {load.gateway: called.get(load.gateway, load.gateway) for load in found.loads}
    lost = next((one for one in found.without if one.lost == visit.query.get("without")), None)
    without = [(one.lost, speech("all_but", gateway=names[one.lost])) for one in found.without]
    used = {load.gateway: load.used for load in found.loads} if lost is None else lost.used
    return {
        "gateways": found,
        "names": names,
        "lost": lost,
        "lost_options": [("", speech("all_there")), *without],
        "minute": await busiest_minute(visit, plan, speech),
        "figure": figures.bars(
            [names[name] for name in used],
            [round(100 * share, 1) for share in used.values()],
            title=speech("limits_title") if lost is None else speech("limits_without", gateway=names[lost.lost]),
            unit="%",
            marked=[share > _PLANNED for share in used.values()],
        ),
    }
