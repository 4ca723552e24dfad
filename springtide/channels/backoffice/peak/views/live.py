"""During the peak: where the season stands on its fan, which path that is, and what was agreed for it."""

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.review import LiveView


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return what has fired first, then the fan with what was sold."""
    found = await whole(visit, plan.row.id, "live", LiveView)
    if found is None:
        return {"live": None}
    finding = speech(
        "live_finding", path=found.like, orders=found.expected_season.p50, planned=found.planned_season.p50
    )
    return {
        "live": found,
        "finding": finding if found.hours_seen else speech("live_not_begun", orders=found.planned_season.p50),
        "fired": [trigger for trigger in found.triggers if trigger.fired],
        "waiting": [trigger for trigger in found.triggers if not trigger.fired],
        "figure": figures.fan(
            [hour.at for hour in found.fan],
            [hour.planned for hour in found.fan],
            speech,
            title=speech("live_title", rank=found.rank),
            unit=speech("orders_so_far"),
            actual=[hour.actual for hour in found.fan],
        ),
    }
