"""Accounts: sign up, in and out, a forgotten password, profile, addresses, consents, one's orders and cart.

Signing up and asking for a reset answer the same whether or not there is such an account.
"""

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from springtide.channels.shop_api.answers import WRITING, problems
from springtide.channels.shop_api.bodies import (
    Accepted,
    AddressToSave,
    ConsentToRecord,
    Profile,
    Reset,
    ResetRequest,
    SignedIn,
    SignIn,
    SignUp,
)
from springtide.channels.shop_api.callers import bearer, customer_of, desk_of
from springtide.channels.shop_api.params import AnonymousKey, Key
from springtide.contracts.checkout.api import Cart, CartNotFound, CheckoutApi
from springtide.contracts.common import Origin, Page
from springtide.contracts.customers.api import Customer, CustomersApi, EmailTaken
from springtide.contracts.orders.api import OrderRow, OrdersApi
from springtide.platform.caller import guest
from springtide.platform.errors import Unauthenticated
from springtide.platform.http import HttpRequest, client_address, request_id

_TAG = ["Account"]
_SIGNED_IN = (400, 401, 503)
_UNSIGNED = (400, 401, 413, 415, 422, 429, 503)

After = Annotated[
    str | None,
    QueryParameter(max_length=200, required=False, description="`after` of the page before; left out: the first"),
]


def _customers(request: HttpRequest) -> CustomersApi:
    return desk_of(request).ask(CustomersApi)


def _source(request: HttpRequest) -> str:
    return client_address(request, desk_of(request).trusted_proxies)


@post("/account/sign-up", tags=_TAG, status_code=202, summary="Open an account", responses=problems(*_UNSIGNED))
async def sign_up(request: HttpRequest, data: JSONBody[SignUp], idempotency_key: AnonymousKey) -> Accepted:
    """Open an account. An address that has one already gets the same answer: nobody learns who is a customer."""
    with suppress(EmailTaken):
        await _customers(request).sign_up(
            caller=guest(request_id(request)),
            key=idempotency_key,
            email=data.email,
            password=data.password,
            name=data.name,
            locale=data.locale,
            origin=Origin(channel="shop_api"),
            source=_source(request),
        )
    return Accepted(message="You can sign in now. If you had an account already, its password has not changed.")


@post("/account/sign-in", tags=_TAG, status_code=200, summary="Sign in", responses=problems(*_UNSIGNED))
async def sign_in(request: HttpRequest, data: JSONBody[SignIn]) -> SignedIn:
    """Start a session. Too many failed tries are throttled."""
    session = await _customers(request).sign_in(
        caller=guest(request_id(request)), email=data.email, password=data.password, source=_source(request)
    )
    return SignedIn(
        token=session.token, expires_at=session.expires_at, name=session.name, customer_id=session.caller.actor
    )


@post("/account/sign-out", tags=_TAG, status_code=204, summary="Sign out", responses=problems(400, 401, 413, 503))
async def sign_out(request: HttpRequest) -> None:
    """End the session; ending it again does nothing."""
    token = bearer(request)
    if not token:
        msg = "There is no session to end."
        raise Unauthenticated(msg)
    await _customers(request).sign_out(caller=guest(request_id(request)), token=token)


@post(
    "/account/reset-request",
    tags=_TAG,
    status_code=202,
    summary="Ask for a link to set a new password",
    responses=problems(*_UNSIGNED),
)
async def request_reset(request: HttpRequest, data: JSONBody[ResetRequest]) -> Accepted:
    """Send a link if there is such an account; the answer never tells."""
    await _customers(request).request_reset(
        caller=guest(request_id(request)), email=data.email, source=_source(request)
    )
    return Accepted(message="If there is an account with this address, a mail with a link is on its way.")


@post("/account/reset", tags=_TAG, status_code=204, summary="Set a new password", responses=problems(*_UNSIGNED))
async def reset_password(request: HttpRequest, data: JSONBody[Reset]) -> None:
    """Set a new password with the mailed link's token, once; all sessions end."""
    await _customers(request).reset_password(
        caller=guest(request_id(request)), token=data.token, password=data.password
    )


@get("/account/me", tags=_TAG, summary="My account", responses=problems(*_SIGNED_IN))
async def me(request: HttpRequest) -> Customer:
    """Return the signed-in customer."""
    return await _customers(request).me(caller=await customer_of(request))


@put("/account/me", tags=_TAG, summary="Change name and language", responses=problems(*WRITING))
async def change_me(request: HttpRequest, data: JSONBody[Profile], idempotency_key: Key) -> Customer:
    """Return the changed account."""
    caller = await customer_of(request)
    return await _customers(request).change_me(caller=caller, key=idempotency_key, name=data.name, locale=data.locale)


@delete("/account/me", tags=_TAG, status_code=204, summary="Erase my account", responses=problems(*WRITING))
async def erase_me(request: HttpRequest, idempotency_key: Key) -> None:
    """Overwrite the account's personal data at once. Orders keep theirs for as long as the law asks."""
    caller = await customer_of(request)
    await _customers(request).erase(
        caller=caller, key=idempotency_key, customer_id=UUID(caller.actor), reason="asked for by the customer"
    )


@post("/account/addresses", tags=_TAG, status_code=200, summary="Add an address", responses=problems(*WRITING))
async def add_address(request: HttpRequest, data: JSONBody[AddressToSave], idempotency_key: Key) -> Customer:
    """Return the account with the new address."""
    caller = await customer_of(request)
    return await _customers(request).put_address(
        caller=caller, key=idempotency_key, address_id=None, address=data.address, is_default=data.is_default
    )


@put("/account/addresses/{address_id:uuid}", tags=_TAG, summary="Change an address", responses=problems(*WRITING))
async def change_address(
    request: HttpRequest, address_id: FromPath[UUID], data: JSONBody[AddressToSave], idempotency_key: Key
) -> Customer:
    """Return the account with the changed address."""
    caller = await customer_of(request)
    return await _customers(request).put_address(
        caller=caller, key=idempotency_key, address_id=address_id, address=data.address, is_default=data.is_default
    )


@delete(
    "/account/addresses/{address_id:uuid}",
    tags=_TAG,
    status_code=200,
    summary="Remove an address",
    responses=problems(*WRITING),
)
async def drop_address(request: HttpRequest, address_id: FromPath[UUID], idempotency_key: Key) -> Customer:
    """Return the account without the address; removing it again does nothing."""
    caller = await customer_of(request)
    return await _customers(request).drop_address(caller=caller, key=idempotency_key, address_id=address_id)


@put("/account/consents/{purpose:str}", tags=_TAG, summary="Give or withdraw consent", responses=problems(*WRITING))
async def set_consent(
    request: HttpRequest,
    purpose: Annotated[str, PathParameter(max_length=40, pattern="^[a-z_]+$", description="newsletter or analytics")],
    data: JSONBody[ConsentToRecord],
    idempotency_key: Key,
) -> Customer:
    """Record the consent; every change is kept."""
    caller = await customer_of(request)
    return await _customers(request).set_consent(
        caller=caller, key=idempotency_key, purpose=purpose, given=data.given, text_version=data.text_version
    )


@get("/account/orders", tags=_TAG, summary="My orders", responses=problems(*_SIGNED_IN))
async def my_orders(
    request: HttpRequest,
    after: After = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> Page[OrderRow]:
    """Return the signed-in customer's orders, newest first."""
    caller = await customer_of(request)
    return await desk_of(request).ask(OrdersApi).list_mine(caller=caller, after=after, limit=limit)


@get("/account/cart", tags=_TAG, summary="My open cart", responses=problems(404, *_SIGNED_IN))
async def my_cart(request: HttpRequest, market: Annotated[str, QueryParameter(min_length=1, max_length=20)]) -> Cart:
    """Return the signed-in customer's open cart in a market; 404 when there is none."""
    caller = await customer_of(request)
    cart = await desk_of(request).ask(CheckoutApi).my_cart(caller=caller, market=market)
    if cart is None:
        msg = "There is no open cart in this market."
        raise CartNotFound(msg)
    return cart


ROUTES = [
    sign_up,
    sign_in,
    sign_out,
    request_reset,
    reset_password,
    me,
    change_me,
    erase_me,
    add_address,
    change_address,
    drop_address,
    set_consent,
    my_orders,
    my_cart,
]
