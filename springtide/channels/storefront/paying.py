"""Paying: the buyer agrees to a total, goes to the bank and comes back, and always learns what happened.

pay       -> COMPLETED: the order     AWAITING_BUYER: to the gateway     failed: the cart, with the reason
          -> still going on: the waiting page, which looks again by itself
          -> a payment at the bank that cannot be stopped: the waiting page, which says until when
return    -> asks the gateway and drives on, then the same
"""

from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from springtide.channels.pages.formats import clock
from springtide.channels.pages.forms import FieldError, key_of, read_form
from springtide.channels.pages.same_origin import require_same_origin
from springtide.channels.pages.translations import say
from springtide.channels.storefront.cart_page import show_cart
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.refused import errors_of
from springtide.channels.storefront.shop import Shop, see_other
from springtide.channels.storefront.visitor import (
    Visitor,
    cart_reference,
    find_cart,
    no_cart_cookies,
    visitor,
)
from springtide.contracts.checkout.api import CartState, CheckoutApi, Completion, PaymentStillOpen, Step
from springtide.platform.errors import NotFound, Refusal
from springtide.platform.http import HttpRequest

FAILED = frozenset({Step.REFUSED, Step.DECLINED, Step.EXPIRED, Step.UNDONE})
_LOOK_AGAIN_S = 3
_MOST_MINOR = 999_999_999
_ANOTHER = "?another=1"
"""The buyer wants to pay in another way, and has to be told why that is not possible yet."""
_IN_AN_APP = {"app_push": "checkout.method_swish"}
_WAITING_WORDS = {
    Step.AWAITING_BUYER: "payment.waiting_bank",
    Step.UNKNOWN: "payment.unknown",
    Step.CLAIM: "payment.waiting_order",
    Step.PLACE: "payment.waiting_order",
}


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @post("/{where:str}/cart/pay", status_code=303, include_in_schema=False)
    async def pay(request: HttpRequest) -> Response[bytes]:
        return await _pay(shop, request)

    @get("/{where:str}/checkout/{checkout_id:str}", include_in_schema=False)
    async def waiting(request: HttpRequest) -> Response[bytes]:
        return await _look(shop, request, returned=False)

    @get("/{where:str}/checkout/{checkout_id:str}/return", include_in_schema=False)
    async def returned(request: HttpRequest) -> Response[bytes]:
        return await _look(shop, request, returned=True)

    return [pay, waiting, returned]


async def _pay(shop: Shop, request: HttpRequest) -> Response[bytes]:
    require_same_origin(request.headers, shop.desk.public_url)
    place = shop.place(request)
    form = await read_form(request)
    who = await visitor(shop, request)
    cart = await find_cart(shop, request, place, who)
    if cart is None or cart.state is CartState.COMPLETED:
        return see_other(f"{place.prefix}/cart")
    total = form.whole_number("total_minor", least=0, most=_MOST_MINOR)
    if not form["method"] or total is None:
        error = FieldError("method", say(place.language, "checkout.payment_choose"))
        return await show_cart(shop, place, who, cart, errors=(error,), status=422)
    try:
        completion = await shop.desk.ask(CheckoutApi).complete(
            caller=who.caller,
            key=f"{cart.id}-{key_of(form)}",
            cart_id=cart.id,
            token=cart.token,
            method=form["method"],
            total_minor=total,
            return_url=f"{shop.desk.public_url}{place.prefix}/checkout/{{checkout_id}}/return",
        )
    except PaymentStillOpen as refusal:
        return see_other(f"{place.prefix}/checkout/{refusal.facts['checkout_id']}{_ANOTHER}")
    except Refusal as refusal:
        fresh = await find_cart(shop, request, place, who)
        errors = errors_of(refusal, place, shop.browse)
        return await show_cart(shop, place, who, fresh, errors=errors, status=refusal.status)
    if completion.step is Step.AWAITING_BUYER and completion.redirect_url:
        return see_other(completion.redirect_url)
    return _next(shop, place, completion) or see_other(f"{place.prefix}/checkout/{completion.checkout_id}")


def _next(shop: Shop, place: Place, completion: Completion) -> Response[bytes] | None:
    """Return where a finished try leads: to the order, or back to the cart with the reason; None while it goes on."""
    if completion.step is Step.COMPLETED and completion.order_id is not None:
        order = f"{place.prefix}/orders/{completion.order_id}?token={completion.order_token}&thanks=1"
        return see_other(order, no_cart_cookies(shop, place))
    if completion.step in FAILED:
        return see_other(f"{place.prefix}/cart?outcome={completion.step.value}#payment")
    return None


async def _look(shop: Shop, request: HttpRequest, *, returned: bool) -> Response[bytes]:
    """Show where a completion stands. `returned`: the buyer is back from the bank, so the gateway is asked."""
    place = shop.place(request)
    who = await visitor(shop, request)
    checkout_id = _uuid(request.path_params["checkout_id"])
    reference = cart_reference(request, place)
    if reference is None and not who.signed_in:
        return _elsewhere(shop, place, who)
    token = reference[1] if reference else ""
    checkout = shop.desk.ask(CheckoutApi)
    ask = checkout.buyer_returned if returned else checkout.completion
    completion = await ask(caller=who.caller, checkout_id=checkout_id, token=token)
    wants_another = "another" in request.query_params
    return _next(shop, place, completion) or _waiting(shop, place, who, completion, wants_another=wants_another)


def _waiting(
    shop: Shop, place: Place, who: Visitor, completion: Completion, *, wants_another: bool = False
) -> Response[bytes]:
    """Name what is being waited for; the page looks again by itself, also without script."""
    stays_open = wants_another and completion.step is Step.AWAITING_BUYER and completion.expires_at is not None
    look_again_s = max(_LOOK_AGAIN_S, completion.ask_again_s)
    values = {
        "who": who,
        "completion": completion,
        "words": say(place.language, "payment.still_open") if stays_open else _waiting_words(place, completion),
        "hint": _waiting_hint(place, completion, "payment.still_open_hint" if stays_open else "payment.waiting_hint"),
        "look_again_s": look_again_s,
        "look_again_at": f"{place.prefix}/checkout/{completion.checkout_id}/return{_ANOTHER if stays_open else ''}",
    }
    return shop.personal("waiting.html", place, "/cart", values, status=200)


def _waiting_hint(place: Place, completion: Completion, key: str) -> str:
    """Return until when this lasts, when that is known."""
    if completion.expires_at is None:
        return say(place.language, "payment.waiting_hint_plain")
    return say(place.language, key, time=clock(completion.expires_at, place.locale, place.zone))


def _waiting_words(place: Place, completion: Completion) -> str:
    """Return what is being waited for: the app on the phone, the bank, our own steps."""
    if completion.step is Step.AWAITING_BUYER and completion.method in _IN_AN_APP:
        method = say(place.language, _IN_AN_APP[completion.method])
        return say(place.language, "payment.waiting_app", method=method)
    return say(place.language, _WAITING_WORDS.get(completion.step, "payment.working"))


def _elsewhere(shop: Shop, place: Place, who: Visitor) -> Response[bytes]:
    """Answer a buyer who came back in another browser: nothing is lost, and nothing is shown without the cart."""
    return shop.personal("elsewhere.html", place, "/cart", {"who": who})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        msg = "There is no such checkout."
        raise NotFound(msg) from None
