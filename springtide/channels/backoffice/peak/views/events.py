"""Events of the season: what each is expected to do by day, what that rests on, and the levers to turn."""

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import listed
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, PlanInfo
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT
from springtide.contracts.peak.event_outlook import EventOutlook


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the events of the season and the one that the address asks for: `event`, the strongest without it."""
    found = await listed(visit, plan.row.id, "events", EventOutlook)
    if not found:
        return {"events": (), "document": CALENDAR_DOCUMENT, "may_write": visit.can(WRITE)}
    strongest = max(found, key=peak_of)
    asked = visit.query.get("event", "")
    event = next((one for one in found if f"{one.event}.{one.on.year}" == asked), strongest)
    return {
        "events": found,
        "event": event,
        "asked": f"{event.event}.{event.on.year}",
        "finding": _finding(strongest, speech),
        "event_options": [(f"{one.event}.{one.on.year}", f"{one.name}, {speech.day(one.on)}") for one in found],
        "peaks": {f"{one.event}.{one.on.year}": peak_of(one) for one in found},
        "figure": _profile(event, speech),
        "document": CALENDAR_DOCUMENT,
        "may_write": visit.can(WRITE),
    }


def peak_of(event: EventOutlook) -> float:
    """Return what its best day multiplies demand by."""
    return max((day.uplift for day in event.days), default=1.0)


def _finding(event: EventOutlook, speech: Speech) -> str:
    if not event.counts:
        return speech("events_none")
    return speech("events_finding", name=event.name, uplift=peak_of(event), events=len(event.past))


def _profile(event: EventOutlook, speech: Speech) -> figures.Figure | None:
    if not event.days:
        return None
    return figures.columns(
        [f"{day.offset:+d}" if day.offset else "0" for day in event.days],
        [day.uplift for day in event.days],
        title=speech("event_profile_title", name=event.name),
        unit=speech("times_usual"),
        across=speech("days_from_event"),
    )
