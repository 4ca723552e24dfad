"""The owner's questions, each with its items."""

from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, PlanInfo
from springtide.contracts.peak.readiness import Readiness


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the owner's questions, each with its items, and the form that files evidence."""
    found = await whole(visit, plan.row.id, "readiness", Readiness)
    groups = (
        []
        if found is None
        else [
            (question, [item for item in found.items if item.question == question.question])
            for question in found.questions
        ]
    )
    options = [(item.item, speech.named("readiness.item", item.item)) for item in found.items] if found else []
    return {"readiness": found, "groups": groups, "item_options": options, "may_write": visit.can(WRITE)}
