"""The signed-in customer's page: orders, addresses, details, consents. Every form is one write."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from springtide.channels.pages.forms import Form, key_of, new_form_key, read_form
from springtide.channels.pages.same_origin import require_same_origin
from springtide.channels.storefront.account_errors import account_errors
from springtide.channels.storefront.details import address_of, required
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.shop import Shop, see_other
from springtide.channels.storefront.visitor import Visitor, no_personal_cookies, visitor
from springtide.contracts.customers.api import CustomersApi
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.errors import Refusal, Unauthenticated
from springtide.platform.http import HttpRequest

_CONSENT_TEXT = "2026-11"
"""The version of the words a consent is given in; a new wording gets a new one."""

Write = Callable[[Shop, Visitor, Form, str], Awaitable[object]]


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @get("/{where:str}/account", include_in_schema=False)
    async def account(request: HttpRequest) -> Response[bytes]:
        place = shop.place(request)
        who = await visitor(shop, request)
        if not who.signed_in:
            return see_other(f"{place.prefix}/account/sign-in")
        return await _show(shop, request, place, who)

    @post("/{where:str}/account/details", status_code=303, include_in_schema=False)
    async def details(request: HttpRequest) -> Response[bytes]:
        return await _write(shop, request, _change_me, needed=("name",))

    @post("/{where:str}/account/addresses", status_code=303, include_in_schema=False)
    async def addresses(request: HttpRequest) -> Response[bytes]:
        return await _write(shop, request, _put_address, needed=("name", "line1", "postcode", "city"))

    @post("/{where:str}/account/addresses/drop", status_code=303, include_in_schema=False)
    async def drop_address(request: HttpRequest) -> Response[bytes]:
        return await _write(shop, request, _drop_address)

    @post("/{where:str}/account/consent", status_code=303, include_in_schema=False)
    async def consent(request: HttpRequest) -> Response[bytes]:
        return await _write(shop, request, _set_consent)

    @post("/{where:str}/account/delete", status_code=303, include_in_schema=False)
    async def delete(request: HttpRequest) -> Response[bytes]:
        answer = await _write(shop, request, _erase)
        if answer.status_code == 303:  # noqa: PLR2004 - the write was done
            for gone in no_personal_cookies(shop):
                answer.set_cookie(gone)
        return answer

    return [account, details, addresses, drop_address, consent, delete]


async def _show(
    shop: Shop, request: HttpRequest, place: Place, who: Visitor, *, form: Form | None = None, status: int = 200
) -> Response[bytes]:
    customer = await shop.desk.ask(CustomersApi).me(caller=who.caller)
    orders = await shop.desk.ask(OrdersApi).list_mine(
        caller=who.caller, after=request.query_params.get("after") or None
    )
    shown = form or Form({"country": place.country, "name": customer.name})
    values = {
        "customer": customer,
        "orders": orders,
        "form": shown,
        "details_form": Form({"name": customer.name}),
        "newsletter": any(consent.given for consent in customer.consents if consent.purpose == "newsletter"),
        "saved": "saved" in request.query_params,
        "key": new_form_key,
        "countries": place.market.countries,
        "zone": place.zone,
    }
    return shop.personal("account.html", place, "/account", values, status=status)


async def _write(shop: Shop, request: HttpRequest, write: Write, *, needed: tuple[str, ...] = ()) -> Response[bytes]:
    require_same_origin(request.headers, shop.desk.public_url)
    place = shop.place(request)
    form = await read_form(request)
    who = await visitor(shop, request)
    if not who.signed_in:
        return see_other(f"{place.prefix}/account/sign-in")
    errors = [required(place, name) for name in needed if not form[name]]
    if errors:
        return await _show(shop, request, place, who, form=form.with_errors(*errors), status=422)
    try:
        await write(shop, who, form, f"me-{key_of(form)}")
    except Unauthenticated:
        return see_other(f"{place.prefix}/account/sign-in")
    except Refusal as refusal:
        wrong = form.with_errors(*account_errors(refusal, place))
        return await _show(shop, request, place, who, form=wrong, status=refusal.status)
    return see_other(f"{place.prefix}/account?saved=1")


async def _change_me(shop: Shop, who: Visitor, form: Form, key: str) -> object:
    return await shop.desk.ask(CustomersApi).change_me(
        caller=who.caller, key=key, name=form["name"], locale=form["locale"]
    )


async def _put_address(shop: Shop, who: Visitor, form: Form, key: str) -> object:
    return await shop.desk.ask(CustomersApi).put_address(
        caller=who.caller,
        key=key,
        address_id=_uuid(form["address_id"]),
        address=address_of(form),
        is_default=form["is_default"] == "yes",
    )


async def _drop_address(shop: Shop, who: Visitor, form: Form, key: str) -> object:
    address_id = _uuid(form["address_id"])
    if address_id is None:
        return None
    return await shop.desk.ask(CustomersApi).drop_address(caller=who.caller, key=key, address_id=address_id)


async def _set_consent(shop: Shop, who: Visitor, form: Form, key: str) -> object:
    return await shop.desk.ask(CustomersApi).set_consent(
        caller=who.caller,
        key=key,
        purpose="newsletter",
        given=form["newsletter"] == "yes",
        text_version=_CONSENT_TEXT,
    )


async def _erase(shop: Shop, who: Visitor, _form: Form, key: str) -> None:
    await shop.desk.ask(CustomersApi).erase(
        caller=who.caller, key=key, customer_id=UUID(who.caller.actor), reason="asked by the customer"
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
