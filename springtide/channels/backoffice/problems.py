"""Errors as pages: what happened and what to do; programs still find the problem's code in the page's head."""

from urllib.parse import quote

from litestar.exceptions import HTTPException

from springtide.channels.backoffice import tickets
from springtide.channels.backoffice.peak.page import in_the_desks_words
from springtide.channels.backoffice.sessions import SESSION_COOKIE
from springtide.channels.backoffice.visit import Reply, Visit, html, local_path, redirect
from springtide.platform.errors import SpringtideError, Unauthenticated, Unavailable
from springtide.platform.http import HttpRequest, as_refusal, cookie, dropped_cookie, request_id, retry_after
from springtide.platform.telemetry import logger

log = logger(__name__)

_WHAT_TO_DO = {
    401: "Sign in, then open the page again.",
    403: "Ask an owner of the shop for the role you need.",
    404: "It may have been removed, or the address has a mistake.",
    405: "Go back and use the form of the page.",
    413: "Send less at once.",
    429: "Wait a moment, then try again.",
    503: "Load the page again in a few seconds. A form may be sent again: nothing is done twice.",
}


def answer_refusal(request: HttpRequest, error: SpringtideError) -> Reply:
    """Show a refusal or an unavailability; who is not signed in is led to the sign-in page and back."""
    if isinstance(error, Unauthenticated):
        return _to_sign_in(request)
    return _page(request, error)


def answer_framework(request: HttpRequest, error: HTTPException) -> Reply:
    """Show the framework's own refusals (no such address, wrong method) in our words."""
    return _page(request, as_refusal(error))


def answer_anything(request: HttpRequest, error: Exception) -> Reply:
    """Show that something broke, with the request's id, and log it."""
    log.error("backoffice.failed", path=request.url.path, method=request.method, exc_info=error)
    return _page(request, Unavailable("Something broke on our side."))


def _to_sign_in(request: HttpRequest) -> Reply:
    office = request.app.state.office
    url = office.places.office_url
    cookies = [dropped_cookie(SESSION_COOKIE, public_url=url)]
    if request.method != "GET":
        said = tickets.write_flash(office.secret_key, "You were signed out, so what you sent was not done.")
        cookies.append(cookie(tickets.FLASH_COOKIE, said, public_url=url, max_age_s=tickets.FLASH_KEPT_S))
        return redirect("/sign-in", cookies=cookies)
    query = f"?{request.url.query}" if request.url.query else ""
    path = local_path(request.url.path + query)
    return redirect("/sign-in" if path == "/" else f"/sign-in?next={quote(path, safe='')}", cookies=cookies)


def _page(request: HttpRequest, error: SpringtideError) -> Reply:
    visit: Visit | None = request.scope["state"].get("visit") if "state" in request.scope else None
    values = {
        "visit": visit,
        "office": visit.frame(request.url.path) if visit else None,
        "language": "en",
        "error": error,
        "title": error.title,
        "detail": error.detail,
        "todo": _WHAT_TO_DO.get(error.status, "Go back, check what was sent, and try again."),
        "request_word": "request",
        "request_id": request_id(request),
        **(in_the_desks_words(visit, error) if visit else {}),
    }
    body = request.app.state.pages.html("office/problem.html", values)
    return html(body, status=error.status, headers=retry_after(error))
