"""Servers: processes, what is shared, the replays, the advice."""

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View, busiest_minute
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.servers import ServerPlan

OWN_PARTS = ("rehearsed", "database", "bus")
"""Shared parts of the shop itself."""


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return services, shared parts, the replays, and the advice."""
    found = await whole(visit, plan.row.id, "servers", ServerPlan)
    if found is None:
        return {"servers": None, "figure": None, "minute": ""}
    parts = found.shared
    return {
        "servers": found,
        "part_name": lambda name: _name(name, speech),
        "minute": await busiest_minute(visit, plan, speech),
        "figure": figures.bars(
            [_name(part.name, speech) for part in parts],
            [round(100 * part.used, 1) for part in parts],
            title=speech("shared_title"),
            unit="%",
            marked=[part.used > 1 for part in parts],
        ),
    }


def _name(part: str, speech: Speech) -> str:
    """Return what a shared part is called; interfaces of others keep their names."""
    return speech(f"part_{part}") if part in OWN_PARTS else part
