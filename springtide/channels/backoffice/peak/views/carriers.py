"""Carriers: what is due against what they take, day by day, bookings, lanes, and what if one fails."""

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.fulfilment import CarrierPlan, FulfilmentPlan

_ABOUT_CARRIERS = ("book_carrier", "find_carrier", "find_backup")
_WEAK_COVER = 0.5


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the bookings, and the days of the carrier that the address asks for: `carrier`."""
    found = await whole(visit, plan.row.id, "fulfilment", FulfilmentPlan)
    if found is None or not found.carriers:
        return {"fulfilment": None}
    largest = max(found.carriers, key=lambda one: one.parcels.p50)
    carrier = next((one for one in found.carriers if one.carrier == visit.query.get("carrier")), largest)
    return {
        "fulfilment": found,
        "finding": _finding(found, speech),
        "decisions": [one for one in found.decisions if one.what.key.partition(".")[2] in _ABOUT_CARRIERS],
        "carrier": carrier,
        "names": {one.carrier: one.name for one in found.carriers},
        "carrier_options": [(one.carrier, one.name) for one in found.carriers],
        "bookings": [one for one in found.bookings if one.carrier == carrier.carrier],
        "figure": _days(carrier, speech),
        "weak_cover": _WEAK_COVER,
    }


def _finding(found: FulfilmentPlan, speech: Speech) -> str:
    names = {one.carrier: one.name for one in found.carriers}
    above = sum(one.above_cap for one in found.bookings)
    if above:
        return speech("carriers_above", parcels=above)
    if found.bookings:
        most = max(found.bookings, key=lambda one: (one.booked, one.option))
        return speech("carriers_book", carrier=names[most.carrier], parcels=most.booked, day=most.day.isoformat())
    return speech("carriers_enough", parcels=max(day.due.p90 for one in found.carriers for day in one.days or ()))


def _days(carrier: CarrierPlan, speech: Speech) -> figures.Figure | None:
    """Return what is due against what the carrier takes, on the days on which anything is."""
    days = [day for day in carrier.days if day.due.p99 > 0]
    if not days:
        return None
    above = [day for day in days if day.due.p90 > day.takes]
    title = "carrier_days_above" if above else "carrier_days_fit"
    return figures.fan(
        [day.day for day in days],
        [day.due for day in days],
        speech,
        title=speech(title, carrier=carrier.name, days=len(above)),
        unit=speech("parcels_a_day"),
        limit=[day.takes for day in days],
    )
