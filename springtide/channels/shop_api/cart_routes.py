"""Buying: a guest needs three writes (cart with lines; contact, address and delivery; complete with payment)."""

import hmac
from collections.abc import Iterable
from uuid import UUID

from litestar import Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from springtide.channels.shop_api.answers import READING, WRITING, problems
from springtide.channels.shop_api.bodies import CartDetails, CartLines, CartVouchers, NewCart, Purchase, WantedLine
from springtide.channels.shop_api.callers import caller_of, customer_of, desk_of, key_for
from springtide.channels.shop_api.params import ANONYMOUS_KEY_MIN, AnonymousKey, Key, Language, Token
from springtide.channels.shop_api.return_urls import checked_return_url
from springtide.contracts.checkout.api import Cart, CheckoutApi, Completion, Line
from springtide.contracts.common import REHEARSAL_CHANNEL, Origin
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import BadInput, Forbidden
from springtide.platform.http import HttpRequest

_CARTS, _CHECKOUTS = ["Cart"], ["Checkout"]
_ORIGIN = Origin(channel="shop_api")
_REHEARSED = Origin(channel=REHEARSAL_CHANNEL)
_REHEARSAL_HEADER = "springtide-rehearsal"
_STILL_GOING = 202


class RehearsalNotAllowed(Forbidden):
    """The request asks for a rehearsal's cart, and this shop has no rehearsal token, or another one."""

    code = "rehearsal_not_allowed"
    title = "This shop takes no rehearsal with this token"


def _checkout(request: HttpRequest) -> CheckoutApi:
    return desk_of(request).ask(CheckoutApi)


def _lines(request: HttpRequest, wanted: Iterable[WantedLine], language: str) -> tuple[Line, ...]:
    """Return the lines with the names the buyer sees; checkout checks everything else."""
    browse = desk_of(request).browse
    return tuple(
        Line(sku=line.sku, quantity=line.quantity, name=browse.line_name(line.sku, language)) for line in wanted
    )


def _origin(request: HttpRequest) -> Origin:
    """Return where the order will come from: a buyer, or a rehearsal that knows the shop's token for it."""
    brought = request.headers.get(_REHEARSAL_HEADER)
    if brought is None:
        return _ORIGIN
    token = desk_of(request).rehearsal_token
    if not token or not hmac.compare_digest(brought.encode(), token.encode()):
        msg = "Rehearsals need the token of the setting SPRINGTIDE_REHEARSAL_TOKEN."
        raise RehearsalNotAllowed(msg)
    return _REHEARSED


def require_long_key(caller: Caller, key: str) -> None:
    """Refuse a short key from a guest where the key alone tells two guests apart."""
    if caller.kind is Kind.GUEST and len(key) < ANONYMOUS_KEY_MIN:
        msg = f"Without a session the Idempotency-Key has at least {ANONYMOUS_KEY_MIN} characters."
        raise BadInput(msg, fields={"Idempotency-Key": "too short"})


@post("/carts", tags=_CARTS, summary="Create a cart with its lines", responses=problems(403, *WRITING))
async def create_cart(request: HttpRequest, data: JSONBody[NewCart], idempotency_key: AnonymousKey) -> Cart:
    """Return the new cart with quote, payment methods and the token that opens it again."""
    caller = await caller_of(request)
    require_long_key(caller, idempotency_key)
    return await _checkout(request).create_cart(
        caller=caller,
        key=idempotency_key,
        market=data.market,
        locale=data.locale,
        lines=_lines(request, data.lines, data.locale[:2]),
        origin=_origin(request),
        sold_out=desk_of(request).browse.sold_out(data.market, [line.sku for line in data.lines]),
    )


@get("/carts/{cart_id:uuid}", tags=_CARTS, summary="Read a cart", responses=problems(401, *READING))
async def get_cart(request: HttpRequest, cart_id: FromPath[UUID], token: Token = None) -> Cart:
    """Return the cart, with a fresh quote when the old one ran out."""
    caller = await caller_of(request)
    return await _checkout(request).get_cart(caller=caller, cart_id=cart_id, token=token or "")


@put("/carts/{cart_id:uuid}/lines", tags=_CARTS, summary="Replace the lines", responses=problems(*WRITING))
async def set_lines(  # noqa: PLR0917 - the framework passes by name
    request: HttpRequest,
    cart_id: FromPath[UUID],
    data: JSONBody[CartLines],
    idempotency_key: Key,
    token: Token = None,
    language: Language = None,
) -> Cart:
    """Return the cart with these lines, named in `language`, and a new quote."""
    caller = await caller_of(request)
    return await _checkout(request).set_lines(
        caller=caller,
        key=key_for(idempotency_key, cart_id),
        cart_id=cart_id,
        token=token or "",
        lines=_lines(request, data.lines, language or "en"),
    )


@put(
    "/carts/{cart_id:uuid}/details",
    tags=_CARTS,
    summary="Set contact, addresses, delivery and vouchers",
    responses=problems(*WRITING),
)
async def set_details(
    request: HttpRequest,
    cart_id: FromPath[UUID],
    data: JSONBody[CartDetails],
    idempotency_key: Key,
    token: Token = None,
) -> Cart:
    """Return the cart, priced for its destination. Every field that is wrong is named at once."""
    caller = await caller_of(request)
    return await _checkout(request).set_details(
        caller=caller,
        key=key_for(idempotency_key, cart_id),
        cart_id=cart_id,
        token=token or "",
        contact=data.contact,
        delivery=data.delivery,
        vouchers=data.vouchers,
    )


@put("/carts/{cart_id:uuid}/vouchers", tags=_CARTS, summary="Replace the vouchers", responses=problems(*WRITING))
async def set_vouchers(
    request: HttpRequest,
    cart_id: FromPath[UUID],
    data: JSONBody[CartVouchers],
    idempotency_key: Key,
    token: Token = None,
) -> Cart:
    """Return the cart; a code that does not apply is refused by name."""
    caller = await caller_of(request)
    return await _checkout(request).set_vouchers(
        caller=caller,
        key=key_for(idempotency_key, cart_id),
        cart_id=cart_id,
        token=token or "",
        vouchers=data.vouchers,
    )


@post(
    "/carts/{cart_id:uuid}/merge",
    tags=_CARTS,
    status_code=200,
    summary="Take a guest's cart into the account",
    responses=problems(*WRITING),
)
async def merge_cart(request: HttpRequest, cart_id: FromPath[UUID], idempotency_key: Key, token: Token = None) -> Cart:
    """Return the signed-in customer's cart with the guest's lines added."""
    caller = await customer_of(request)
    key = key_for(idempotency_key, cart_id)
    return await _checkout(request).merge(caller=caller, key=key, cart_id=cart_id, token=token or "")


_GOING_ON = ResponseSpec(
    Completion,
    generate_examples=False,
    description="Still going on: ask again after Retry-After seconds, or repeat with the same key",
)


@post(
    "/carts/{cart_id:uuid}/complete",
    tags=_CHECKOUTS,
    status_code=200,
    summary="Buy",
    responses={202: _GOING_ON, **problems(*WRITING)},
)
async def complete(
    request: HttpRequest, cart_id: FromPath[UUID], data: JSONBody[Purchase], idempotency_key: Key, token: Token = None
) -> Response[Completion]:
    """Return what became of it by `step`. completed: the order with its number and token. awaiting_buyer: send the
    buyer to `redirect_url`. refused, declined, expired or undone: `reason` and `message` say why, the cart is open
    again. Another method while the buyer is at the bank closes that payment first; where its gateway does not let us,
    409 `payment_still_open` says until when (`expires_at`).
    """
    return_url = checked_return_url(desk_of(request), data.return_url)
    caller = await caller_of(request)
    done = await _checkout(request).complete(
        caller=caller,
        key=key_for(idempotency_key, cart_id),
        cart_id=cart_id,
        token=token or "",
        method=data.method,
        total_minor=data.total_minor,
        return_url=return_url,
    )
    return _completion(done)


@get(
    "/checkouts/{checkout_id:uuid}",
    tags=_CHECKOUTS,
    summary="Where a purchase stands",
    responses={202: _GOING_ON, **problems(401, *READING)},
)
async def get_completion(
    request: HttpRequest, checkout_id: FromPath[UUID], token: Token = None
) -> Response[Completion]:
    """Return the state of a purchase; the token is the cart's."""
    caller = await caller_of(request)
    return _completion(await _checkout(request).completion(caller=caller, checkout_id=checkout_id, token=token or ""))


@post(
    "/checkouts/{checkout_id:uuid}/return",
    tags=_CHECKOUTS,
    status_code=200,
    summary="The buyer is back from the bank",
    responses={202: _GOING_ON, **problems(400, 401, 404, 409, 413, 422, 503)},
)
async def buyer_returned(
    request: HttpRequest, checkout_id: FromPath[UUID], token: Token = None
) -> Response[Completion]:
    """Ask the gateway, drive the purchase on and return where it stands. Harmless to repeat: it needs no key."""
    caller = await caller_of(request)
    return _completion(
        await _checkout(request).buyer_returned(caller=caller, checkout_id=checkout_id, token=token or "")
    )


def _completion(done: Completion) -> Response[Completion]:
    going_on = done.ask_again_s > 0
    headers = {"retry-after": str(done.ask_again_s)} if going_on else {}
    return Response(done, status_code=_STILL_GOING if going_on else 200, headers=headers)


ROUTES = [
    create_cart,
    get_cart,
    set_lines,
    set_details,
    set_vouchers,
    merge_cart,
    complete,
    get_completion,
    buyer_returned,
]
