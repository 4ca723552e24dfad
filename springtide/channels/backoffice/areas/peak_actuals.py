"""What happened in a season, as departments tell it: by form for a day or a week, or as a file."""

from decimal import Decimal, InvalidOperation
from uuid import UUID

from litestar import post
from litestar.params import FromPath

from springtide.channels.backoffice.areas.peak import show
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak.handed_in import taken
from springtide.channels.backoffice.peak.page import kept, speech_of
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.views.actuals import SPANS, by_department, field_name
from springtide.channels.backoffice.peak.views.common import Head
from springtide.channels.backoffice.visit import Reply, Trouble, enter
from springtide.contracts.peak.api import WRITE, HandedIn
from springtide.contracts.peak.common import Department
from springtide.contracts.peak.told import FIGURES, Told, ToldFigure
from springtide.platform.http import HttpRequest, refuse_null_address
from springtide.platform.uploads import MOST_BYTES

PAGE = "actuals"


@post("/peak/told/{plan_id:uuid}", status_code=200)
async def tell(request: HttpRequest, plan_id: FromPath[UUID]) -> Reply:
    """Keep what a department tells of a day or a week: what is new or other; an emptied field takes back."""
    visit = await enter(request, WRITE)
    head = await whole(visit, plan_id, "head", Head)
    department = visit.query.get("department", "")

    async def work(form: Form, key: str) -> int:
        told = told_of(form, Department(department), head.currency if head else "GBP")
        if not told:
            form.problems["note"] = speech_of(visit)("told_nothing")
            form.check()
        return await visit.office.peak.tell(caller=visit.caller, key=key, told=told)

    done = await visit.act(f"told-{department}", work)
    if isinstance(done, Trouble):
        return await show(visit, plan_id, PAGE, done)
    said = speech_of(visit)("told_kept", count=done)
    where = {"day": visit.query.get("day", ""), "span": visit.query.get("span", "")}
    return visit.see_other(f"/peak/plans/{plan_id}/{PAGE}", said, **where, **kept(visit))


@post(
    "/peak/actuals/{plan_id:uuid}",
    status_code=200,
    request_max_body_size=MOST_BYTES + 1024 * 1024,
    before_request=refuse_null_address,  # a file may hold any byte; the fields beside it are checked when read
)
async def hand_in(request: HttpRequest, plan_id: FromPath[UUID]) -> Reply:
    """Take a file of what happened in; what it says stands on the page that follows."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> HandedIn:
        file = await taken(visit, "file")
        if file is None:
            form.problems["file"] = speech_of(visit)("told_no_file")
            form.check()
            raise AssertionError
        return await visit.office.peak.hand_in_actuals(caller=visit.caller, key=key, plan_id=plan_id, file=file)

    done = await visit.act("actuals", work)
    if isinstance(done, Trouble):
        return await show(visit, plan_id, PAGE, done)
    return visit.see_other(f"/peak/plans/{plan_id}/{PAGE}", **kept(visit))


def told_of(form: Form, department: Department, currency: str) -> tuple[Told, ...]:
    """Return what is new or other than the form began with; raises InvalidForm naming every field."""
    day, days = form.day("day"), SPANS[form.one_of("span", SPANS)] if form.raw("span") in SPANS else 1
    note = form.text("note")
    told = []
    for name in sorted(form.values):
        figure, _, of = name.partition("|")
        if (
            figure not in FIGURES
            or FIGURES[figure] not in by_department()[department]
            or field_name(figure, of) != name
        ):
            continue
        began = form.raw(f"was-{name}")
        if form.raw(name) != began:
            value = _value(form, name, FIGURES[figure], currency) if form.raw(name) else None
            told.append(Told(figure=figure, of=of, day=day, days=days, value=value, note=note))
    form.check()
    return tuple(told)


def _value(form: Form, name: str, figure: ToldFigure, currency: str) -> float:
    if figure.is_money:
        return float(form.money(name, currency))
    try:
        return float(Decimal(form.raw(name).replace(",", ".")))
    except InvalidOperation:
        form.problems[name] = "A number like 12.5, please."
        return 0.0


ROUTES = (tell, hand_in)
