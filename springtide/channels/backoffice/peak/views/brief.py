"""A page for each department."""

from springtide.channels.backoffice.peak.reading import listed
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.brief import Brief

_MOST_PRINTED = 16
"""Decisions that fit a department's sheet of A4 with what they change; the first are the most urgent."""


async def show(visit: Visit, plan: PlanInfo, _speech: Speech) -> View:
    """Return a page for each department, all of them or the one asked for."""
    briefs = await listed(visit, plan.row.id, "briefs", Brief)
    wanted = visit.query.get("department", "")
    return {
        "briefs": [one for one in briefs if wanted in {"", one.department}],
        "department": wanted,
        "all": briefs,
        "most_printed": _MOST_PRINTED,
    }
