"""Every deadline by its last day."""

from collections.abc import Sequence

from springtide.channels.backoffice.peak.reading import listed, whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import Head, View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.common import Deadline


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return every deadline by its last day."""
    deadlines = await listed(visit, plan.row.id, "deadlines", Deadline)
    ordered = sorted(deadlines, key=lambda deadline: (deadline.last_day, deadline.kind, deadline.name))
    head = await whole(visit, plan.row.id, "head", Head)
    return {"deadlines": ordered, "finding": _finding(ordered, head, speech) if ordered else ""}


def _finding(deadlines: Sequence[Deadline], head: Head | None, speech: Speech) -> str:
    """Return how many deadlines had passed when the plan was made, and the next one."""
    coming = [one for one in deadlines if head is None or one.last_day >= head.as_of]
    late = len(deadlines) - len(coming)
    if not coming:
        return speech("calendar_all_late", count=late)
    name = speech.team(coming[0].name) if coming[0].kind == "hiring" else coming[0].name
    what = f"{speech.named('desk', f'kind_{coming[0].kind}')}, {name}"
    day = coming[0].last_day.isoformat()
    return (
        speech("calendar_late", count=late, day=day, what=what)
        if late
        else speech("calendar_finding", day=day, what=what)
    )
