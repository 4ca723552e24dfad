"""Refusals as pages: in the buyer's language, saying what happened and what to do. Suggestions get JSON problems."""

from functools import partial
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from springtide.channels.pages.translations import say
from springtide.channels.storefront.kept_pages import HTML
from springtide.channels.storefront.places import Place, wanted
from springtide.channels.storefront.shop import Shop
from springtide.channels.storefront.visitor import PLACE
from springtide.platform.errors import SpringtideError, TooMany, Unavailable
from springtide.platform.http import HttpRequest, as_refusal, request_id, retry_after
from springtide.platform.telemetry import logger

_FORBIDDEN = 403
_FINAL = {
    401: ("account.sign_in", "error.sign_in_first"),
    404: ("error.not_found", "error.not_found_hint"),
    410: ("product.unavailable", "error.not_found_hint"),
}
_FALLBACK_LANGUAGES = ("en", "nl", "sv")

log = logger(__name__)


def handlers(shop: Shop) -> ExceptionHandlersMap:
    """Return what answers instead of a page."""

    def springtide(request: HttpRequest, error: SpringtideError) -> Response[bytes]:
        return _page(shop, request, error)

    def framework(request: HttpRequest, error: HTTPException) -> Response[bytes]:
        answer = _page(shop, request, as_refusal(error))
        for name, value in (error.headers or {}).items():
            if name.lower() == "allow":
                answer.headers["allow"] = value
        return answer

    def anything(request: HttpRequest, error: Exception) -> Response[bytes]:
        log.error("storefront.failed", path=request.url.path, method=request.method, exc_info=error)
        return _page(shop, request, Unavailable("Something broke on our side."), broken=True)

    return {SpringtideError: springtide, HTTPException: framework, Exception: anything}


def _page(shop: Shop, request: HttpRequest, error: SpringtideError, *, broken: bool = False) -> Response[bytes]:
    """Return the page of an error: in the shop's frame where there is one, bare while the shop is only opening."""
    headers = retry_after(error)
    place = _place(shop, request)
    language = place.language if place else _language(request)
    words = {**_words(language, error, broken=broken), "reference": request_id(request)}
    if place is None:
        body = shop.pages.html("bare_problem.html", {"language": language, "t": partial(say, language), **words})
    else:
        body = shop.html("problem.html", place, "/", words)
    return Response(body, status_code=error.status, media_type=HTML, headers=headers)


def _words(language: str, error: SpringtideError, *, broken: bool) -> dict[str, Any]:
    """Return heading, hint, and whether trying again may help."""
    t = partial(say, language)
    again = True
    if broken:
        heading, hint = t("error.server"), t("error.form_again")
    elif isinstance(error, Unavailable | TooMany):
        heading, hint = t("error.busy", seconds=error.retry_after_s), t("error.buying_paused")
    elif error.status == _FORBIDDEN:
        heading, hint = t("error.form_expired"), t("error.form_again")
    else:
        again = False
        heading_key, hint_key = _FINAL.get(error.status, ("error.not_understood", "error.not_found_hint"))
        heading, hint = t(heading_key), t(hint_key)
    return {"heading": heading, "hint": hint, "again": again}


def _place(shop: Shop, request: HttpRequest) -> Place | None:
    """Return the place of the address, else the visitor's likely one; None while the markets are not known."""
    try:
        places = shop.places()
    except Unavailable:
        return None
    if not places:
        return None
    named = places.get(request.url.path.split("/", 2)[1])
    return named or wanted(
        places,
        remembered=request.cookies.get(PLACE, ""),
        accept_language=request.headers.get("accept-language", ""),
        default_market=shop.desk.default_market,
    )


def _language(request: HttpRequest) -> str:
    head = request.url.path.split("/", 2)[1].partition("-")[0]
    asked = request.headers.get("accept-language", "")[:2].lower()
    return next((language for language in (head, asked) if language in _FALLBACK_LANGUAGES), "en")
