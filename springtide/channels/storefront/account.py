"""Coming in and going out: sign up, sign in, sign out, a forgotten password. Answers never tell who has an account."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from springtide.channels.pages.forms import Form, key_of, new_form_key, read_form
from springtide.channels.pages.same_origin import require_same_origin
from springtide.channels.pages.translations import say
from springtide.channels.storefront.account_errors import account_errors
from springtide.channels.storefront.details import required
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.shop import Shop, see_other
from springtide.channels.storefront.visitor import (
    SESSION,
    cart_cookies,
    cart_reference,
    no_personal_cookies,
    visitor,
)
from springtide.contracts.checkout.api import CheckoutApi
from springtide.contracts.common import Origin
from springtide.contracts.customers.api import CustomersApi, EmailTaken, Session
from springtide.platform.caller import guest
from springtide.platform.errors import Refusal
from springtide.platform.http import HttpRequest, client_address, cookie, request_id

PASSWORD_LEAST = 10
_ORIGIN = Origin(channel="storefront")
_NEXT = {"cart": "/cart", "": "/account"}


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @get([f"/{{where:str}}/account/{page}" for page in _TEMPLATES], include_in_schema=False)
    async def form_page(request: HttpRequest) -> Response[bytes]:
        return _page(shop, request, shop.place(request), _last_part(request))

    @get("/{where:str}/account/welcome", include_in_schema=False)
    async def welcome(request: HttpRequest) -> Response[bytes]:
        return await _welcome(shop, request, shop.place(request))

    @post([f"/{{where:str}}/account/{action}" for action in _ACTIONS], status_code=303, include_in_schema=False)
    async def sent(request: HttpRequest) -> Response[bytes]:
        require_same_origin(request.headers, shop.desk.public_url)
        place = shop.place(request)
        action = _last_part(request)
        form = await read_form(request)
        try:
            return await _ACTIONS[action](shop, request, place, form)
        except Refusal as refusal:
            errors = account_errors(refusal, place)
            return _page(shop, request, place, action, form.with_errors(*errors), status=refusal.status)

    return [form_page, welcome, sent]


async def _sign_in(shop: Shop, request: HttpRequest, place: Place, form: Form) -> Response[bytes]:
    session = await shop.desk.ask(CustomersApi).sign_in(
        caller=guest(request_id(request)), email=form["email"], password=form["password"], source=_source(shop, request)
    )
    query = urlencode({"next": form["next"]}) if form["next"] in _NEXT else ""
    return see_other(f"{place.prefix}/account/welcome?{query}", [_session_cookie(shop, session)])


async def _sign_up(shop: Shop, request: HttpRequest, place: Place, form: Form) -> Response[bytes]:
    empty = [required(place, name) for name in ("name", "email") if not form[name]]
    if not form["password"]:
        empty.append(required(place, "password", say(place.language, "account.password")))
    if empty:
        return _page(shop, request, place, "sign-up", form.with_errors(*empty), status=422)
    # Somebody who has an account gets a mail that says so; whoever asks here is told the same as everybody.
    with suppress(EmailTaken):
        await shop.desk.ask(CustomersApi).sign_up(
            caller=guest(request_id(request)),
            key=f"signup-{key_of(form)}",
            email=form["email"],
            password=form["password"],
            name=form["name"],
            locale=place.tag,
            origin=_ORIGIN,
            source=_source(shop, request),
        )
    return see_other(f"{place.prefix}/account/sign-in?said=signed_up")


async def _sign_out(shop: Shop, request: HttpRequest, place: Place, _form: Form) -> Response[bytes]:
    token = request.cookies.get(SESSION, "")
    if token:
        await shop.desk.ask(CustomersApi).sign_out(caller=guest(request_id(request)), token=token)
    return see_other(f"{place.prefix}/account/sign-in?said=signed_out", no_personal_cookies(shop))


async def _forgot(shop: Shop, request: HttpRequest, place: Place, form: Form) -> Response[bytes]:
    if not form["email"]:
        return _page(shop, request, place, "forgot", form.with_errors(required(place, "email")), status=422)
    await shop.desk.ask(CustomersApi).request_reset(
        caller=guest(request_id(request)), email=form["email"], source=_source(shop, request)
    )
    return see_other(f"{place.prefix}/account/forgot?said=reset_sent")


async def _reset(shop: Shop, request: HttpRequest, place: Place, form: Form) -> Response[bytes]:
    await shop.desk.ask(CustomersApi).reset_password(
        caller=guest(request_id(request)), token=form["token"], password=form["password"]
    )
    return see_other(f"{place.prefix}/account/sign-in?said=reset_done")


def _last_part(request: HttpRequest) -> str:
    return request.url.path.rstrip("/").rpartition("/")[2]


def _source(shop: Shop, request: HttpRequest) -> str:
    """Return the address a try comes from, for throttling."""
    return client_address(request, shop.desk.trusted_proxies)


_ACTIONS: dict[str, Callable[[Shop, HttpRequest, Place, Form], Awaitable[Response[bytes]]]] = {
    "sign-in": _sign_in,
    "sign-up": _sign_up,
    "sign-out": _sign_out,
    "forgot": _forgot,
    "reset": _reset,
}
_TEMPLATES = {
    "sign-in": "sign_in.html",
    "sign-up": "sign_up.html",
    "forgot": "forgot.html",
    "reset": "reset.html",
}
_SAID = {
    "signed_up": "account.signed_up",
    "signed_out": "account.signed_out",
    "reset_sent": "account.reset_sent_plain",
    "reset_done": "account.reset_done",
}


def _page(
    shop: Shop, request: HttpRequest, place: Place, page: str, form: Form | None = None, *, status: int = 200
) -> Response[bytes]:
    """Return one of the forms, empty or as it was sent."""
    template = _TEMPLATES[page]
    query = request.query_params
    given = {"next": query.get("next", ""), "token": query.get("token", "")[:200]}
    said = _SAID.get(query.get("said", ""))
    values = {
        "form": (form or Form()).with_defaults(given),
        "key": new_form_key,
        "said": said and say(place.language, said),
        "password_least": PASSWORD_LEAST,
    }
    return shop.personal(template, place, f"/account/{page}", values, status=status)


async def _welcome(shop: Shop, request: HttpRequest, place: Place) -> Response[bytes]:
    """Give a guest's cart to the customer who has just signed in; a reload finds it done (the key is the cart's)."""
    who = await visitor(shop, request)
    target = place.prefix + _NEXT.get(request.query_params.get("next", ""), "/account")
    reference = cart_reference(request, place)
    if not who.signed_in or reference is None:
        return see_other(target)
    try:
        cart = await shop.desk.ask(CheckoutApi).merge(
            caller=who.caller, key=f"merge-{reference[0]}", cart_id=reference[0], token=reference[1]
        )
    except Refusal:
        return see_other(target)  # a cart that is bought, gone or somebody's stays what it is
    return see_other(target, cart_cookies(shop, place, cart))


def _session_cookie(shop: Shop, session: Session) -> Cookie:
    left_s = int((session.expires_at - shop.now()).total_seconds())
    return cookie(SESSION, session.token, public_url=shop.desk.public_url, max_age_s=max(60, left_s))
