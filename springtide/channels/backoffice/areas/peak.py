"""The peak desk: plans, and what each of them says to whom."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak.event_levers import levers_of, save_event_levers
from springtide.channels.backoffice.peak.page import desk_page, kept, speech_of
from springtide.channels.backoffice.peak.plotly import script
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views import (
    actuals,
    brief,
    budget,
    calendar,
    carriers,
    events,
    gateways,
    item,
    live,
    methods,
    partners,
    readiness,
    review,
    risks,
    season,
    servers,
    staff,
    stock,
    warehouse,
    what_if,
)
from springtide.channels.backoffice.peak.views.common import Head
from springtide.channels.backoffice.peak.views.season_words import said
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.peak.api import READ, WRITE, InputInfo, PlanInfo, PlanSettings, PlanState
from springtide.contracts.peak.documents import ALL_DOCUMENTS
from springtide.platform.caching import FOREVER
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest

SEASON_DAYS = 100
_SIZES = ("1", "10", "100")
_CSV = {
    "season": "days",
    "stock": "stock.lines",
    "staff": "staff.hiring",
    "servers": "servers.services",
    "gateways": "gateways.loads",
    "budget": "budget.lines",
    "calendar": "deadlines",
}
"""The table behind a page, as it is downloaded."""
Show = Callable[[Visit, PlanInfo, Speech], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Screen:
    """A page of a plan: its name in the address, and what fills its template `peak/<name>.html`.

    `is_tab`: it stands among the plan's pages; the others are reached from one of them.
    """

    name: str
    show: Show
    is_tab: bool = True


SCREENS = (
    Screen("season", season.show),
    Screen("brief", brief.show),
    Screen("events", events.show),
    Screen("stock", stock.show),
    Screen("warehouse", warehouse.show),
    Screen("carriers", carriers.show),
    Screen("staff", staff.show),
    Screen("servers", servers.show),
    Screen("gateways", gateways.show),
    Screen("budget", budget.show),
    Screen("partners", partners.show),
    Screen("risks", risks.show),
    Screen("methods", methods.show),
    Screen("what-if", what_if.show),
    Screen("readiness", readiness.show),
    Screen("calendar", calendar.show),
    Screen("actuals", actuals.show),
    Screen("live", live.show),
    Screen("review", review.show),
    Screen("item", item.show, is_tab=False),
)


@get("/peak")
async def show_desk(request: HttpRequest) -> Reply:
    """Show the plans, newest first, and the form for another one."""
    return await _desk(await enter(request, READ))


@post("/peak", status_code=200)
async def order_plan(request: HttpRequest) -> Reply:
    """Order a plan of what the desk knows now."""
    visit = await enter(request, WRITE)
    done = await visit.act(
        "plan",
        lambda form, key: visit.office.peak.start_plan(
            caller=visit.caller, key=key, title=form.text("title")[:120], settings=_settings(form)
        ),
    )
    if isinstance(done, Trouble):
        return await _desk(visit, trouble=done)
    return visit.see_other("/peak", speech_of(visit)("plan_ordered", number=done.number), **kept(visit))


async def _desk(visit: Visit, trouble: Trouble | None = None) -> Reply:
    plans = await visit.office.peak.list_plans(caller=visit.caller, limit=20)
    inputs = await visit.office.peak.list_inputs(caller=visit.caller)
    there = {one.name for one in inputs}
    # What the form begins with, nothing is decided by it: a shop's history ends yesterday, today is still selling.
    first = visit.office.as_of or datetime.now(UTC).date() + timedelta(days=1)
    return desk_page(
        visit,
        "peak/desk.html",
        speech_of(visit),
        trouble=trouble,
        plans=plans,
        done=[plan for plan in plans if plan.state is PlanState.DONE],
        inputs=sorted(inputs, key=_place),
        absent=[name for name in ALL_DOCUMENTS if name not in there],
        first=first,
        days=SEASON_DAYS,
        size_options=[(size, f"{size} \u00d7") for size in _SIZES],
        may_write=visit.can(WRITE),
        making=any(plan.state in {PlanState.QUEUED, PlanState.RUNNING} for plan in plans),
    )


@get("/peak/plans/{plan_id:uuid}")
async def show_plan(request: HttpRequest, plan_id: FromPath[UUID]) -> Reply:
    """Show the season of a plan: what to do, then the fan."""
    return await show(await enter(request, READ), plan_id, SCREENS[0].name)


@get("/peak/plans/{plan_id:uuid}/{name:str}")
async def show_screen(request: HttpRequest, plan_id: FromPath[UUID], name: FromPath[str]) -> Reply:
    """Show another page of a plan."""
    return await show(await enter(request, READ), plan_id, name)


async def show(visit: Visit, plan_id: UUID, name: str, trouble: Trouble | None = None) -> Reply:
    """Answer with a page of a plan; with `trouble` it shows the form that was refused."""
    screen = next((screen for screen in SCREENS if screen.name == name), None)
    if screen is None:
        message = f"A plan has no page {name}."
        raise NotFound(message)
    plan = await visit.office.peak.get_plan(caller=visit.caller, plan_id=plan_id)
    head = await whole(visit, plan_id, "head", Head)
    speech = speech_of(visit, head.currency) if head else speech_of(visit)
    return desk_page(
        visit,
        f"peak/{name}.html",
        speech,
        trouble=trouble,
        plan=plan,
        head=head,
        screen=name,
        screens=[one.name for one in SCREENS if one.is_tab],
        csv_steps=_CSV,
        **await screen.show(visit, plan, speech),
    )


@post("/peak/look/{plan_id:uuid}", status_code=200)
async def look_at_season(request: HttpRequest, plan_id: FromPath[UUID]) -> Reply:
    """Ask for a new look at the season of a plan, as it is now or as it stood at an hour."""
    visit = await enter(request, WRITE)
    done = await visit.act(
        "look",
        lambda form, key: visit.office.peak.look_at_season(
            caller=visit.caller, key=key, plan_id=plan_id, until=live.moment_of(form, speech_of(visit))
        ),
    )
    if isinstance(done, Trouble):
        return await show(visit, plan_id, "live", done)
    return visit.see_other(f"/peak/plans/{plan_id}/live", said(speech_of(visit), "asked"), **kept(visit))


@post("/peak/priors/{plan_id:uuid}", status_code=200)
async def take_priors(request: HttpRequest, plan_id: FromPath[UUID]) -> Reply:
    """Save what a season taught as a new version of the calibration; its page takes it back."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> tuple[InputInfo, ...]:
        reason = form.text("reason", required=True)
        form.check()
        edit = await review.priors_of(visit, plan_id)
        return await visit.office.peak.put_inputs(caller=visit.because(reason), key=key, edits=(edit,))

    done = await visit.act("priors", work)
    if isinstance(done, Trouble):
        return await show(visit, plan_id, "review", done)
    said_so = speech_of(visit)("input_saved", name=done[0].name, version=done[0].version)
    return visit.see_other(f"/peak/plans/{plan_id}/review", said_so, **kept(visit))


@post("/peak/events/{plan_id:uuid}", status_code=200)
async def save_levers(request: HttpRequest, plan_id: FromPath[UUID]) -> Reply:
    """Save what is done for an event this year: a new version of the events, for the plans made from now on."""
    visit = await enter(request, WRITE)
    event, year = visit.query.get("event", ""), visit.query.get("year", "")
    if not (year.isascii() and year.isdigit()):
        message = f"There is no year {year}."
        raise NotFound(message)
    head = await whole(visit, plan_id, "head", Head)

    async def work(form: Form, key: str) -> InputInfo:
        reason = form.text("reason", required=True)
        levers = levers_of(form, int(year), head.currency if head else "GBP")
        return await save_event_levers(visit, key, event, levers, reason)

    done = await visit.act("event", work)
    if isinstance(done, Trouble):
        return await show(visit, plan_id, "events", done)
    said = speech_of(visit)("levers_saved", version=done.version)
    return visit.see_other(f"/peak/plans/{plan_id}/events", said, event=f"{event}.{year}", **kept(visit))


@get("/peak/script/{name:str}", include_in_schema=False, opt=FOREVER)
async def chart_script(request: HttpRequest, name: FromPath[str]) -> Response[bytes]:
    """Serve Plotly's script under a name made of its content."""
    file = script()
    if file is None or not file.path.endswith(f"/{name}"):
        message = "There is no such file."
        raise NotFound(message)
    zipped = bool(file.gzipped) and "gzip" in request.headers.get("accept-encoding", "")
    headers = {"vary": "accept-encoding", **({"content-encoding": "gzip"} if zipped else {})}
    return Response(file.gzipped if zipped else file.body, media_type=file.content_type, headers=headers)


def _place(document: InputInfo) -> int:
    """Return where a document stands in the list: in the order in which a company is written down."""
    return ALL_DOCUMENTS.index(document.name) if document.name in ALL_DOCUMENTS else len(ALL_DOCUMENTS)


def _settings(form: Form) -> PlanSettings:
    first, days, size = form.day("first"), form.whole("days", least=1), form.one_of("size", _SIZES)
    form.check()
    return PlanSettings(first=first, days=days, size=float(size))


ROUTES = (show_desk, order_plan, show_plan, show_screen, look_at_season, take_priors, save_levers, chart_script)
