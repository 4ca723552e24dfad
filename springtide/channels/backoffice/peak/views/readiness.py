"""The owner's questions, each with its items, as of today; what was measured and filed."""

from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, PeakNotFound, PlanInfo
from springtide.contracts.peak.readiness import Readiness

_RUNS, _FILED = 3, 50


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the questions with their items, the last runs of each kind, what people filed, and the form for more."""
    peak, caller = visit.office.peak, visit.caller
    found = await _readiness(visit, plan)
    if found is None:
        return {"readiness": None}
    groups = [
        (question, [item for item in found.items if item.question == question.question]) for question in found.questions
    ]
    known = {item.item for item in found.items}
    filed = await peak.list_evidence(caller=caller, limit=_FILED)
    return {
        "readiness": found,
        "groups": groups,
        "runs": await peak.list_runs(caller=caller, most=_RUNS),
        "filed": [row for row in filed if row.item in known],
        "item_options": [(item.item, speech.named("readiness.item", item.item)) for item in found.items],
        "may_write": visit.can(WRITE),
    }


async def _readiness(visit: Visit, plan: PlanInfo) -> Readiness | None:
    try:
        return await visit.office.peak.get_readiness(caller=visit.caller, plan_id=plan.row.id)
    except PeakNotFound:
        return None  # it is still being made
