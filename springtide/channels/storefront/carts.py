"""Writes of the cart: each reads what it needs, makes exactly one contract call, and leads back to the page."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from springtide.channels.pages.forms import FieldError, Form, key_of, read_form
from springtide.channels.pages.same_origin import require_same_origin
from springtide.channels.pages.translations import say
from springtide.channels.storefront.cart_page import show_cart
from springtide.channels.storefront.details import contact_of, delivery_of, missing
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.refused import errors_of, product_name
from springtide.channels.storefront.shop import Shop, see_other
from springtide.channels.storefront.visitor import Visitor, cart_cookies, find_cart, visitor
from springtide.contracts.checkout.api import Cart, CartClosed, CartState, CheckoutApi, Completion, Line, Step
from springtide.contracts.common import Origin
from springtide.platform.errors import KeyReused, Refusal
from springtide.platform.http import HttpRequest

MOST_UNITS = 999
_ORIGIN = Origin(channel="storefront")
_DOUBLE_CLICK_S = 3


@dataclass(frozen=True, slots=True)
class Post:
    """A form that was sent, with everything the writes need."""

    shop: Shop
    place: Place
    who: Visitor
    cart: Cart | None
    form: Form
    key: str

    @property
    def checkout(self) -> CheckoutApi:
        """Return checkout's verbs."""
        return self.shop.desk.ask(CheckoutApi)


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @get("/{where:str}/cart", include_in_schema=False)
    async def cart(request: HttpRequest) -> Response[bytes]:
        return await _cart_page(shop, request)

    @post("/{where:str}/cart/add", status_code=303, include_in_schema=False)
    async def add(request: HttpRequest) -> Response[bytes]:
        return await _answered(await _read(shop, request), _add)

    @post("/{where:str}/cart/lines", status_code=303, include_in_schema=False)
    async def lines(request: HttpRequest) -> Response[bytes]:
        return await _answered(await _read(shop, request), _set_lines)

    @post("/{where:str}/cart/voucher", status_code=303, include_in_schema=False)
    async def voucher(request: HttpRequest) -> Response[bytes]:
        return await _answered(await _read(shop, request), _set_voucher)

    @post("/{where:str}/cart/details", status_code=303, include_in_schema=False)
    async def details(request: HttpRequest) -> Response[bytes]:
        return await _set_details(await _read(shop, request))

    return [cart, add, lines, voucher, details]


async def _cart_page(shop: Shop, request: HttpRequest) -> Response[bytes]:
    place = shop.place(request)
    who = await visitor(shop, request)
    cart = await find_cart(shop, request, place, who)
    if cart is not None and cart.state in {CartState.COMPLETING, CartState.COMPLETED} and cart.checkout_id:
        return see_other(f"{place.prefix}/checkout/{cart.checkout_id}")
    query = request.query_params
    notices: list[str] = []
    errors: tuple[FieldError, ...] = ()
    if cart is not None and cart.checkout_id is not None and "outcome" in query:
        outcome = await shop.desk.ask(CheckoutApi).completion(
            caller=who.caller, checkout_id=cart.checkout_id, token=cart.token
        )
        errors = _outcome_errors(place, outcome)
    undo = _undo(query.get("removed", ""), query.get("quantity", ""))
    if undo is not None:
        notices.append(say(place.language, "cart.removed", name=product_name(shop.browse, place, undo[0])))
    added = query.get("added", "")
    if added and cart is not None and any(line.sku == added for line in cart.lines):
        notices.append(say(place.language, "product.added_to_cart", name=product_name(shop.browse, place, added)))
    return await show_cart(
        shop, place, who, cart, errors=errors, notices=tuple(notices), edit="edit" in query, undo=undo
    )


def _outcome_errors(place: Place, outcome: Completion) -> tuple[FieldError, ...]:
    """Return why the last try to pay did not succeed, in the completion's own words; refused is not declined."""
    if outcome.message:
        return (FieldError("method", outcome.message),)
    if outcome.step is Step.REFUSED:
        return (FieldError("", say(place.language, "payment.not_bought")),)
    return (FieldError("method", say(place.language, "payment.declined")),) if outcome.reason else ()


def _undo(sku: str, quantity: str) -> tuple[str, int] | None:
    if not sku or not quantity.isascii() or not quantity.isdigit():
        return None
    return sku[:120], max(1, min(MOST_UNITS, int(quantity[:4])))


async def _read(shop: Shop, request: HttpRequest) -> Post:
    require_same_origin(request.headers, shop.desk.public_url)
    place = shop.place(request)
    form = await read_form(request)
    who = await visitor(shop, request)
    cart = await find_cart(shop, request, place, who)
    return Post(shop, place, who, cart, form, _key(form, cart))


def _key(form: Form, cart: Cart | None) -> str:
    """Return the write's idempotency key: the form's, else one that two clicks within a few seconds share.

    Pages that are the same for everybody cannot carry a key; our module adds one, and without script this stands in.
    A key never reaches beyond its cart: a guest's cart id is part of it.
    """
    sent = key_of(form)
    if cart is not None and not form["key"]:
        now = int(time.time()) // _DOUBLE_CLICK_S
        sent = hashlib.sha256(repr((sorted(form.items()), now)).encode()).hexdigest()
    return f"{cart.id if cart else 'new'}-{sent}"


async def _answered(sent: Post, write: Callable[[Post], Awaitable[Response[bytes]]]) -> Response[bytes]:
    """Run a write; a refusal becomes the cart page with the error on it. A second click finds the work done."""
    try:
        return await write(sent)
    except KeyReused:
        return see_other(f"{sent.place.prefix}/cart")
    except CartClosed as closed:
        if sent.cart is not None and sent.cart.checkout_id is not None:
            return see_other(f"{sent.place.prefix}/checkout/{sent.cart.checkout_id}")
        return await _with_errors(sent, closed)
    except Refusal as refusal:
        return await _with_errors(sent, refusal)


async def _with_errors(sent: Post, refusal: Refusal) -> Response[bytes]:
    errors = errors_of(refusal, sent.place, sent.shop.browse)
    return await show_cart(sent.shop, sent.place, sent.who, sent.cart, errors=errors, status=refusal.status)


def _back(sent: Post, cart: Cart, *, part: str = "", **query: str | int) -> Response[bytes]:
    address = f"{sent.place.prefix}/cart" + (f"?{urlencode(query)}" if query else "") + part
    return see_other(address, cart_cookies(sent.shop, sent.place, cart))


async def _add(sent: Post) -> Response[bytes]:
    """Put units of a SKU into the cart: into the open one, else into a new one."""
    sku = sent.form["sku"]
    units = sent.form.with_defaults({"quantity": "1"}).whole_number("quantity", least=1, most=MOST_UNITS)
    if not sku or units is None:
        return await _quantity_error(sent)
    line = Line(sku=sku, quantity=units, name=product_name(sent.shop.browse, sent.place, sku)[:120])
    if sent.cart is None or sent.cart.state is not CartState.OPEN:
        cart = await sent.checkout.create_cart(
            caller=sent.who.caller,
            key=sent.key,
            market=sent.place.market.key,
            locale=sent.place.tag,
            lines=(line,),
            origin=_ORIGIN,
        )
    else:
        cart = await _replace(sent, sent.cart, (*sent.cart.lines, line))
    return _back(sent, cart, added=sku)


async def _set_lines(sent: Post) -> Response[bytes]:
    """Set the quantities of all lines; `remove` drops one and offers to undo that."""
    if sent.cart is None:
        return see_other(f"{sent.place.prefix}/cart")
    removed = sent.form["remove"]
    if removed:
        dropped = next((line for line in sent.cart.lines if line.sku == removed), None)
        kept = tuple(line for line in sent.cart.lines if line.sku != removed)
        cart = await _replace(sent, sent.cart, kept)
        return _back(sent, cart, removed=removed, quantity=dropped.quantity if dropped else 1)
    lines = []
    for line in sent.cart.lines:
        name = f"quantity-{line.sku}"
        units = sent.form.whole_number(name, least=0, most=MOST_UNITS) if name in sent.form else line.quantity
        if units is None:
            return await _quantity_error(sent)
        lines.append(Line(sku=line.sku, quantity=units, name=line.name))
    return _back(sent, await _replace(sent, sent.cart, tuple(lines)))


async def _replace(sent: Post, cart: Cart, lines: tuple[Line, ...]) -> Cart:
    return await sent.checkout.set_lines(
        caller=sent.who.caller, key=sent.key, cart_id=cart.id, token=cart.token, lines=lines
    )


async def _quantity_error(sent: Post) -> Response[bytes]:
    words = say(sent.place.language, "error.quantity_invalid", max=MOST_UNITS)
    errors = (FieldError("", words),)
    return await show_cart(sent.shop, sent.place, sent.who, sent.cart, errors=errors, status=422)


async def _set_voucher(sent: Post) -> Response[bytes]:
    """Add a code, or drop one."""
    if sent.cart is None:
        return see_other(f"{sent.place.prefix}/cart")
    dropped, code = sent.form["remove"], sent.form["voucher"].upper()
    codes = tuple(known for known in sent.cart.vouchers if known != dropped)
    if code and not dropped:
        codes = (*codes, code)
    cart = await sent.checkout.set_vouchers(
        caller=sent.who.caller, key=sent.key, cart_id=sent.cart.id, token=sent.cart.token, vouchers=codes
    )
    return _back(sent, cart)


async def _set_details(sent: Post) -> Response[bytes]:
    """Set contact, addresses and delivery. What is wrong is said at once, next to each field and on top."""
    if sent.cart is None or sent.cart.state is not CartState.OPEN:
        return see_other(f"{sent.place.prefix}/cart")
    errors = missing(sent.form, sent.place)
    status = 422
    if not errors:
        try:
            cart = await sent.checkout.set_details(
                caller=sent.who.caller,
                key=sent.key,
                cart_id=sent.cart.id,
                token=sent.cart.token,
                contact=contact_of(sent.form),
                delivery=delivery_of(sent.form),
                vouchers=sent.cart.vouchers,
            )
        except Refusal as refusal:
            errors = errors_of(refusal, sent.place, sent.shop.browse, country=sent.form["country"])
            status = refusal.status
        else:
            return _back(sent, cart, part="#payment")
    return await show_cart(
        sent.shop, sent.place, sent.who, sent.cart, form=sent.form, errors=errors, edit=True, status=status
    )
