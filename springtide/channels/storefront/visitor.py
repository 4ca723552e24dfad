"""Who is asking: session and cart cookies in, a caller and a cart out, cookies back.

session           HttpOnly: the customer's session token
cart_<market>     HttpOnly: "<cart id>.<token>", the capability of a guest's cart
cart_count_<m>    readable by our module, which shows it beside the cart link on pages that are the same for everybody
place             the language and market chosen last
"""

from dataclasses import dataclass
from uuid import UUID

import msgspec
from litestar.datastructures import Cookie

from springtide.channels.storefront.places import Place
from springtide.channels.storefront.shop import Shop
from springtide.contracts.checkout.api import Cart, CartNotFound, CartState, CheckoutApi
from springtide.contracts.customers.api import CustomersApi, Session, SessionGone
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.http import HttpRequest, cookie, dropped_cookie, request_id

SESSION = "session"
PLACE = "place"
_CART_KEPT_S = 60 * 24 * 3600
_PLACE_KEPT_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The caller of this request; `name` and `token` are "" for a guest."""

    caller: Caller
    name: str = ""
    token: str = ""

    @property
    def signed_in(self) -> bool:
        """Tell whether a customer is signed in."""
        return bool(self.token)


async def visitor(shop: Shop, request: HttpRequest) -> Visitor:
    """Return who is asking. A session that has ended makes a guest; so does one of staff."""
    nobody = guest(request_id(request))
    token = request.cookies.get(SESSION, "")
    if not token:
        return Visitor(caller=nobody)
    try:
        session = await shop.desk.ask(CustomersApi).session(caller=nobody, token=token)
    except SessionGone:
        return Visitor(caller=nobody)
    if session.caller.kind is not Kind.CUSTOMER:
        return Visitor(caller=nobody)
    return visitor_of(session, nobody)


def visitor_of(session: Session, nobody: Caller) -> Visitor:
    """Return the signed-in visitor of a session."""
    caller = msgspec.structs.replace(session.caller, request_id=nobody.request_id)
    return Visitor(caller=caller, name=session.name, token=session.token)


def cart_reference(request: HttpRequest, place: Place) -> tuple[UUID, str] | None:
    """Return (cart id, token) of the cart cookie, None when there is none or it is not one of ours."""
    head, _, token = request.cookies.get(_cart_name(place), "").partition(".")
    try:
        return (UUID(head), token) if token else None
    except ValueError:
        return None


async def find_cart(shop: Shop, request: HttpRequest, place: Place, who: Visitor) -> Cart | None:
    """Return the visitor's cart in this market: the one of the cookie, else a customer's own open one."""
    checkout = shop.desk.ask(CheckoutApi)
    reference = cart_reference(request, place)
    if reference is not None:
        try:
            cart = await checkout.get_cart(caller=who.caller, cart_id=reference[0], token=reference[1])
        except CartNotFound:
            cart = None
        if cart is not None and cart.state is not CartState.MERGED:
            return cart
    if not who.signed_in:
        return None
    return await checkout.my_cart(caller=who.caller, market=place.market.key)


def cart_cookies(shop: Shop, place: Place, cart: Cart) -> list[Cookie]:
    """Return the cookies that carry a cart from now on."""
    units = sum(line.quantity for line in cart.lines)
    url = shop.desk.public_url
    return [
        cookie(_cart_name(place), f"{cart.id}.{cart.token}", public_url=url, max_age_s=_CART_KEPT_S),
        _count_cookie(shop, place, str(units), _CART_KEPT_S),
    ]


def no_cart_cookies(shop: Shop, place: Place) -> list[Cookie]:
    """Return the cookies that make a browser forget its cart."""
    return [dropped_cookie(_cart_name(place), public_url=shop.desk.public_url), _count_cookie(shop, place, "", 0)]


def no_personal_cookies(shop: Shop) -> list[Cookie]:
    """Return the cookies that make a browser forget who used it: the session, and the carts of all markets.

    A cart's cookie opens contact and address; whoever sits down at the browser next must not find them.
    """
    places = {place.market.key: place for place in shop.places().values()}
    carts = [gone for place in places.values() for gone in no_cart_cookies(shop, place)]
    return [dropped_cookie(SESSION, public_url=shop.desk.public_url), *carts]


def place_cookie(shop: Shop, name: str) -> Cookie:
    """Return the cookie that remembers the chosen language and market."""
    return cookie(PLACE, name, public_url=shop.desk.public_url, max_age_s=_PLACE_KEPT_S)


def _cart_name(place: Place) -> str:
    return f"cart_{place.market.key.lower()}"


def _count_cookie(shop: Shop, place: Place, value: str, max_age_s: int) -> Cookie:
    return Cookie(
        key=f"cart_count_{place.market.key.lower()}",
        value=value,
        max_age=max_age_s,
        path="/",
        secure=shop.desk.public_url.startswith("https:"),
        samesite="lax",
    )
