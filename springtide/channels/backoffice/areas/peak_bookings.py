"""Money and bookings as forms: what is promised and spent, who may release what, what partners are booked for."""

from collections.abc import Callable
from typing import Any

from litestar import get, post

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak import bookings
from springtide.channels.backoffice.peak.page import desk_page, kept, speech_of
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.scenario import mistakes_of
from springtide.channels.backoffice.peak.views.common import Head
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.peak.api import READ, WRITE, InputDocument, InputEdit, InputInfo, PlanState
from springtide.contracts.peak.budget import BUDGET_DOCUMENT, COMMITTED, SPENT, BudgetPlan, BudgetTerms
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, Partner, PartnerReview
from springtide.platform.http import HttpRequest

PAGE = "/peak/bookings"
Make = Callable[[Form, InputDocument | None, str], InputEdit]


@get(PAGE)
async def show_bookings(request: HttpRequest) -> Reply:
    """Show what is planned, promised and spent by line, the releases and the capacities, and the forms for them."""
    return await _page(await enter(request, READ))


@post(PAGE, status_code=200)
async def save_booking(request: HttpRequest) -> Reply:
    """Add a booking, or change that of the same id."""
    return await _saved(
        request,
        "booking",
        lambda form, newest, currency: bookings.with_booking(newest, bookings.booking_of(form, currency)),
    )


@post("/peak/bookings/drop", status_code=200)
async def drop_booking(request: HttpRequest) -> Reply:
    """Take a booking out; its version before stays."""
    return await _saved(
        request,
        "drop-booking",
        lambda form, newest, _: bookings.without_booking(newest, form.text("id", required=True)),
    )


@post("/peak/releases", status_code=200)
async def save_release(request: HttpRequest) -> Reply:
    """Say who may release what."""
    return await _saved(
        request,
        "release",
        lambda form, newest, currency: bookings.with_release(newest, bookings.release_of(form, currency)),
    )


@post("/peak/releases/drop", status_code=200)
async def drop_release(request: HttpRequest) -> Reply:
    """Take a release back."""
    return await _saved(
        request,
        "drop-release",
        lambda form, newest, _: bookings.without_release(newest, form.text("line"), form.text("role")),
    )


@post("/peak/capacities", status_code=200)
async def save_capacity(request: HttpRequest) -> Reply:
    """Say what a partner is booked for."""
    visit = await enter(request, WRITE)
    partners = {one.id: one for one in await _partners(visit)}

    def make(form: Form, newest: InputDocument | None, _: str) -> InputEdit:
        partner = partners[form.one_of("partner", partners)] if form.raw("partner") in partners else None
        value, assumption = form.whole("capacity"), form.text("assumption", required=True)
        if partner is None:
            form.problems["partner"] = "Choose one of the list."
        form.check()
        unit = partner.capacity.unit if partner and partner.capacity else form.text("unit", required=True)
        form.check()
        capacity = Figure(value=value, unit=unit, assumption=assumption)
        return bookings.with_capacity(newest, partner.id if partner else "", capacity)

    return await _saved(request, "capacity", make, name=PARTNERS_DOCUMENT)


async def _saved(request: HttpRequest, form_name: str, make: Make, *, name: str = BUDGET_DOCUMENT) -> Reply:
    visit = await enter(request, WRITE)
    currency = await _currency(visit)

    async def work(form: Form, key: str) -> tuple[InputInfo, ...]:
        reason = form.text("reason", required=True)
        edit = make(form, await bookings.newest_of(visit, name), currency)
        form.check()
        return await visit.office.peak.put_inputs(caller=visit.because(reason), key=key, edits=(edit,))

    done = await visit.act(form_name, work)
    if isinstance(done, Trouble):
        return await _page(visit, done)
    said = speech_of(visit)("input_saved", name=done[0].name, version=done[0].version)
    return visit.see_other(PAGE, said, **kept(visit))


async def _page(visit: Visit, trouble: Trouble | None = None) -> Reply:
    document = await bookings.newest_of(visit, BUDGET_DOCUMENT)
    terms = bookings.terms_of(document)
    budget = await _newest_plan(visit, "budget", BudgetPlan)
    speech = speech_of(visit, await _currency(visit))
    planned = [line.line for line in budget.lines] if budget else []
    lines = list(dict.fromkeys([*planned, *sorted(one.line for one in terms.bookings)]))
    chosen = next((one for one in terms.bookings if one.id == visit.query.get("id", "")), None)
    return desk_page(
        visit,
        "peak/bookings.html",
        speech,
        trouble=trouble,
        mistakes=mistakes_of(trouble),
        document=document,
        terms=terms,
        chosen=chosen,
        rows=[(line, _planned(budget, line), *_booked(terms, line)) for line in lines],
        line_options=[(line, speech.line(line)) for line in lines],
        release_options=[(bookings.EVERY_LINE, speech("every_line")), *((one, speech.line(one)) for one in lines)],
        kind_options=[(kind, speech(f"told_{kind}")) for kind in bookings.KINDS],
        settle_options=[("", "\u2013"), *((one.id, one.id) for one in terms.bookings if one.kind == COMMITTED)],
        partners=await _partners(visit),
        may_write=visit.can(WRITE),
    )


def _planned(budget: BudgetPlan | None, line: str) -> int | None:
    return next((one.planned_minor for one in budget.lines if one.line == line), None) if budget else None


def _booked(terms: BudgetTerms, line: str) -> tuple[int, int]:
    """Return what is promised and not yet spent, and what is spent."""
    mine = [one for one in terms.bookings if one.line == line]
    settled = {one.settles for one in mine if one.kind == SPENT}
    promised = sum(one.amount_minor for one in mine if one.kind == COMMITTED)
    spent = sum(one.amount_minor for one in mine if one.kind == SPENT)
    of_promised = sum(one.amount_minor for one in mine if one.kind == SPENT and one.settles in settled and one.settles)
    return max(0, promised - of_promised), spent


async def _partners(visit: Visit) -> list[Partner]:
    """Return the register of the newest plan."""
    review = await _newest_plan(visit, "partners", PartnerReview)
    return sorted((state.partner for state in review.partners), key=lambda one: one.name) if review else []


async def _currency(visit: Visit) -> str:
    head = await _newest_plan(visit, "head", Head)
    return head.currency if head else "GBP"


async def _newest_plan(visit: Visit, step: str, type_: type[Any]) -> Any:  # noqa: ANN401 - of the type that was asked for
    """Return a part of the newest plan that is done, None without one."""
    plans = await visit.office.peak.list_plans(caller=visit.caller, limit=20)
    done = next((plan for plan in plans if plan.state is PlanState.DONE), None)
    return await whole(visit, done.id, step, type_) if done else None


ROUTES = (show_bookings, save_booking, drop_booking, save_release, drop_release, save_capacity)
