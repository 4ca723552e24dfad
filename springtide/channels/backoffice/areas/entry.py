"""Signing in and out, and where one lands."""

from litestar import get, post

from springtide.channels.backoffice import tickets
from springtide.channels.backoffice.forms import Form, InvalidForm, read_fields
from springtide.channels.backoffice.office import Office
from springtide.channels.backoffice.sessions import SESSION_COOKIE
from springtide.channels.backoffice.visit import Reply, enter, html, local_path, redirect
from springtide.channels.pages.same_origin import ForeignForm, require_same_origin
from springtide.contracts.customers.api import SessionGone, SignInThrottled
from springtide.platform.caller import guest
from springtide.platform.errors import Refusal, Unavailable
from springtide.platform.http import HttpRequest, client_address, cookie, dropped_cookie, request_id, retry_after
from springtide.platform.ids import random_token

_MAX_PASSWORD = 1_000


@get("/")
async def home(request: HttpRequest) -> Reply:
    """Lead to the first task of this member of staff."""
    visit = await enter(request)
    return redirect(visit.tasks[0].path)


@get("/sign-in")
async def sign_in_page(request: HttpRequest) -> Reply:
    """Show the sign-in form; who is signed in already goes on."""
    onward = local_path(request.query_params.get("next", "/"))
    if request.cookies.get(SESSION_COOKIE):
        try:
            await enter(request)
        except (SessionGone, Unavailable):
            return _sign_in_form(request, onward)
        return redirect(onward)
    return _sign_in_form(request, onward)


@post("/sign-in")
async def sign_in(request: HttpRequest) -> Reply:
    """Start a staff session, or say why not: which of address and password was wrong is never told."""
    office: Office = request.app.state.office
    require_same_origin(request.headers, office.places.office_url)
    form = Form(await read_fields(request))
    onward = local_path(form.raw("next"))
    try:
        browser = request.cookies.get(tickets.BROWSER_COOKIE, "")
        tickets.check_ticket(office.secret_key, browser, form.raw(tickets.KEY_FIELD), form.raw(tickets.SEAL_FIELD))
        email, password = form.text("email", required=True), form.values.get("password", "")
        if not password or len(password) > _MAX_PASSWORD:
            form.problems["password"] = "Fill this in."  # noqa: S105 - a message, not a password
        form.check()
        session = await office.customers.staff_sign_in(
            caller=guest(request_id(request)),
            email=email,
            password=password,
            source=client_address(request, office.places.trusted_proxies),
        )
    except (Refusal, Unavailable) as error:
        return _sign_in_form(request, onward, error, form.raw("email"))
    url = office.places.office_url
    spent = dropped_cookie(tickets.BROWSER_COOKIE, public_url=url, path="/sign-in")
    return redirect(onward, cookies=[cookie(SESSION_COOKIE, session.token, public_url=url), spent])


@post("/sign-out")
async def sign_out(request: HttpRequest) -> Reply:
    """End the session. The shared frame's button carries no ticket: that the form is from here is enough for this."""
    visit = await enter(request)
    require_same_origin(request.headers, visit.office.places.office_url)
    token = request.cookies.get(SESSION_COOKIE, "")
    request.app.state.sessions.forget(token)
    await visit.office.customers.sign_out(caller=visit.caller, token=token)
    url = visit.office.places.office_url
    said = tickets.write_flash(visit.office.secret_key, "You are signed out.")
    flash = cookie(tickets.FLASH_COOKIE, said, public_url=url, max_age_s=tickets.FLASH_KEPT_S)
    return redirect("/sign-in", cookies=[dropped_cookie(SESSION_COOKIE, public_url=url), flash])


def _sign_in_form(
    request: HttpRequest, onward: str, error: Refusal | Unavailable | None = None, email: str = ""
) -> Reply:
    office: Office = request.app.state.office
    browser = request.cookies.get(tickets.BROWSER_COOKIE, "") or random_token()
    flash = tickets.read_flash(office.secret_key, request.cookies.get(tickets.FLASH_COOKIE, ""))
    values = {
        "language": "en",
        "ticket": tickets.new_ticket(office.secret_key, browser),
        "next": onward,
        "email": email,
        "flash": flash,
        "problem": _words_of(error),
        "fields": error.facts.get("fields", {}) if isinstance(error, InvalidForm) else {},
    }
    url = office.places.office_url
    cookies = [cookie(tickets.BROWSER_COOKIE, browser, public_url=url, path="/sign-in")]
    if flash:
        cookies.append(dropped_cookie(tickets.FLASH_COOKIE, public_url=url))
    body = request.app.state.pages.html("office/sign_in.html", values)
    return html(
        body, status=error.status if error else 200, cookies=cookies, headers=retry_after(error) if error else {}
    )


def _words_of(error: Refusal | Unavailable | None) -> str:
    if error is None:
        return ""
    if isinstance(error, SignInThrottled):
        minutes, seconds = divmod(max(1, error.retry_after_s), 60)
        wait = f"{minutes + bool(seconds)} minutes" if minutes else f"{seconds} seconds"
        return f"Too many tries went wrong. Wait {wait}, then try again."
    if isinstance(error, Unavailable):
        return "Sign-in does not answer right now. Try again in a moment."
    if isinstance(error, InvalidForm):
        return "Fill in both fields."
    if isinstance(error, ForeignForm):
        return "This page was open for too long. Sign in again."
    return "The address and the password do not match an active account."


ROUTES = (home, sign_in_page, sign_in, sign_out)
