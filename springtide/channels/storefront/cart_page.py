"""The cart and checkout page: what it shows of a cart. One page, one column; finished sections fold to a summary."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from springtide.channels.pages.formats import listed
from springtide.channels.pages.forms import FieldError, Form, new_form_key
from springtide.channels.storefront import promise
from springtide.channels.storefront.details import form_of
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.refused import problems_of, product_name, voucher_problems
from springtide.channels.storefront.shop import Shop
from springtide.channels.storefront.visitor import Visitor, cart_cookies, no_cart_cookies
from springtide.contracts.checkout.api import Cart, CartState, Delivery
from springtide.contracts.common import Address
from springtide.contracts.customers.api import CustomersApi
from springtide.contracts.pricing.api import Quote


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as shown; `amount_minor` None while it has no price."""

    sku: str
    name: str
    quantity: int
    category: str
    href: str
    unit_minor: int | None
    amount_minor: int | None
    picture: str


class DeliveryOption(msgspec.Struct, frozen=True, kw_only=True):
    """A way to deliver; `gross_minor` None while it is not known for this address."""

    key: str
    name: str
    gross_minor: int | None
    by: date


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The totals: goods before discounts, what was taken off, delivery, VAT by rate (basis points -> minor)."""

    goods_minor: int
    discount_minor: int
    shipping_minor: int | None
    vat: tuple[tuple[int, int], ...]
    total_minor: int


async def show_cart(
    shop: Shop,
    place: Place,
    who: Visitor,
    cart: Cart | None,
    *,
    form: Form | None = None,
    errors: tuple[FieldError, ...] = (),
    notices: tuple[str, ...] = (),
    edit: bool = False,
    undo: tuple[str, int] | None = None,
    status: int = 200,
) -> Response[bytes]:
    """Return the page of a cart. `form`: the details as just typed, `undo`: (SKU, quantity)."""
    if cart is None or cart.state is not CartState.OPEN or not cart.lines:
        return _empty(shop, place, who, cart, notices=notices, errors=errors, undo=undo, status=status)
    saved = await _saved(shop, who, cart)
    dead_codes = voucher_problems(cart.quote, place)
    shown = (form or form_of(cart, place, *saved)).with_errors(
        *errors, *problems_of(cart.problems, place, shop.browse), *dead_codes.values()
    )
    ready = cart.contact is not None and cart.delivery is not None and cart.quote is not None and not cart.problems
    values = {
        **_common(who, notices, undo),
        "cart": cart,
        "form": shown,
        "lines": [cart_line(shop, place, cart, place_in_cart) for place_in_cart in range(len(cart.lines))],
        "sums": None if cart.quote is None else sums(cart.quote),
        "dead_codes": dead_codes,
        "applied": _applied(place, cart),
        "options": delivery_options(shop, place, cart, shown["country"]),
        "countries": place.market.countries,
        "editing": edit or form is not None or cart.contact is None or cart.delivery is None,
        "ready": ready,
        "methods": cart.payment_methods if ready else (),
        "badge": sum(line.quantity for line in cart.lines),
        "voucher_errors": [error for error in shown.errors if error.field == "voucher"],
        "chosen_delivery": _chosen(cart.delivery, delivery_options(shop, place, cart, shown["country"])),
    }
    return shop.personal("cart.html", place, "/cart", values, status=status, cookies=cart_cookies(shop, place, cart))


def _common(who: Visitor, notices: tuple[str, ...], undo: tuple[str, int] | None) -> dict[str, Any]:
    return {"who": who, "notices": notices, "undo": undo, "key": new_form_key}


def _empty(
    shop: Shop,
    place: Place,
    who: Visitor,
    cart: Cart | None,
    *,
    notices: tuple[str, ...],
    errors: tuple[FieldError, ...],
    undo: tuple[str, int] | None,
    status: int,
) -> Response[bytes]:
    values = {**_common(who, notices, undo), "cart": None, "form": Form(errors=errors)}
    cookies = cart_cookies(shop, place, cart) if cart is not None and cart.state is CartState.OPEN else None
    return shop.personal(
        "cart.html",
        place,
        "/cart",
        values,
        status=status,
        cookies=no_cart_cookies(shop, place) if cookies is None else cookies,
    )


async def _saved(shop: Shop, who: Visitor, cart: Cart) -> tuple[str, Address | None]:
    """Return e-mail and default address of a signed-in customer whose cart has no details yet."""
    if not who.signed_in or cart.contact is not None:
        return "", None
    customer = await shop.desk.ask(CustomersApi).me(caller=who.caller)
    ranked = sorted(customer.addresses, key=lambda saved: not saved.is_default)
    return customer.email, ranked[0].address if ranked else None


def cart_line(shop: Shop, place: Place, cart: Cart, at: int) -> CartLine:
    """Return a line of a cart with its price from the quote and its picture from the shelf."""
    line = cart.lines[at]
    quoted = next((row for row in cart.quote.lines if row.sku == line.sku), None) if cart.quote else None
    product_id: UUID | None = shop.browse.product_of(line.sku)
    card = None if product_id is None else shop.browse.card(product_id, place.market.key, place.language)
    return CartLine(
        sku=line.sku,
        name=product_name(shop.browse, place, line.sku) if product_id else line.name or line.sku,
        quantity=line.quantity,
        category=card.category if card else "",
        href=f"{place.prefix}/p/{card.slug}" if card else "",
        unit_minor=quoted.unit_minor if quoted else None,
        amount_minor=quoted.money.gross_minor + quoted.money.discount_minor if quoted else None,
        picture=card.picture if card else "",
    )


def sums(quote: Quote) -> Sums:
    """Return the totals of a quote; goods - discounts + delivery is the total, to the last minor unit."""
    goods = sum(line.money.gross_minor + line.money.discount_minor for line in quote.lines)
    shipping = sum(row.money.gross_minor for row in quote.shipping)
    vat: Counter[int] = Counter()
    for money in [*(line.money for line in quote.lines), *(row.money for row in quote.shipping)]:
        vat[money.rate_bp] += money.tax_minor
    return Sums(
        goods_minor=goods,
        discount_minor=goods + shipping - quote.total_minor,
        shipping_minor=shipping if quote.shipping else None,
        vat=tuple(sorted((rate, tax) for rate, tax in vat.items() if tax)),
        total_minor=quote.total_minor,
    )


def _applied(place: Place, cart: Cart) -> str:
    """Return the names of the promotions that took part."""
    promotions = cart.quote.promotions if cart.quote else ()
    names = [one.names.get(place.language) or one.names.get("en", one.key) for one in promotions if one.discount_minor]
    return listed(names, place.locale)


def delivery_options(shop: Shop, place: Place, cart: Cart, country: str) -> list[DeliveryOption]:
    """Return the ways to deliver to a country, cheapest first; prices as the quote has them for this cart."""
    prices = {option.method: option.gross_minor for option in cart.quote.shipping_options} if cart.quote else {}
    options = [
        DeliveryOption(
            key=method.key,
            name=method.names.get(place.language) or method.names.get("en", method.key),
            gross_minor=prices.get(method.key),
            by=promise.delivered_by(
                shop.now(), place.zone, days_max=method.days_max, cut_off_local=method.cut_off_local
            ),
        )
        for method in place.market.shipping_methods
        if country in method.countries
    ]
    return sorted(options, key=lambda option: (option.gross_minor is None, option.gross_minor or 0, option.by))


def _chosen(delivery: Delivery | None, options: list[DeliveryOption]) -> DeliveryOption | None:
    wanted = "" if delivery is None else delivery.shipping_method
    return next((option for option in options if option.key == wanted), None)
