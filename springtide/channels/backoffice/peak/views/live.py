"""During the peak: where the season stands on its fan, which path that is, and what was agreed for it."""

from datetime import datetime

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.peak.views.season_words import said, standing
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, PlanInfo
from springtide.contracts.peak.review import LiveView
from springtide.contracts.peak.season import SeasonState


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return what has fired first, then the fan with what was sold."""
    season = await visit.office.peak.get_season(caller=visit.caller, plan_id=plan.row.id)
    looked = speech.moment(season.looked_at) + " UTC" if season.looked_at else ""
    view: View = {
        "season": season,
        "s": lambda key, **values: said(speech, key, values),
        "standing": standing(season, speech, looked),
        "may_look": visit.can(WRITE) and season.state is not SeasonState.NO_PLAN,
        "live": season.live,
    }
    return view if season.live is None else view | _of(season.live, speech)


def moment_of(form: Form, speech: Speech) -> datetime | None:
    """Return the hour that was typed, None for now; raises InvalidForm."""
    text = form.raw("until")
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        form.problems["until"] = said(speech, "no_moment")
    form.check()
    return None


def _of(found: LiveView, speech: Speech) -> View:
    finding = speech(
        "live_finding", path=found.like, orders=found.expected_season.p50, planned=found.planned_season.p50
    )
    return {
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
