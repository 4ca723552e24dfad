"""Every deadline by its last day."""

from springtide.channels.backoffice.peak.reading import listed
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.common import Deadline


async def show(visit: Visit, plan: PlanInfo, _speech: Speech) -> View:
    """Return every deadline by its last day."""
    deadlines = await listed(visit, plan.row.id, "deadlines", Deadline)
    return {"deadlines": sorted(deadlines, key=lambda deadline: (deadline.last_day, deadline.kind, deadline.name))}
