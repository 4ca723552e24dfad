"""An order as its buyer sees it: by the token of the mail, or signed in."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from springtide.channels.pages.media import address as shown
from springtide.channels.pages.pictures import address as drawn
from springtide.channels.storefront import promise
from springtide.channels.storefront.kept_pages import HTML
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.shop import Shop
from springtide.channels.storefront.visitor import visitor
from springtide.contracts.orders.api import (
    FulfilmentStatus,
    Order,
    OrderLine,
    OrderNotFound,
    OrdersApi,
    OrderStatus,
    PaymentStatus,
)
from springtide.platform.http import DOCUMENT_POLICY, HttpRequest
from springtide.platform.pictures import Form, Format

_DOCUMENT_HEADERS = {"content-security-policy": DOCUMENT_POLICY}
_THUMBNAIL = Form(320, Format.JPEG)
_STATUS: dict[OrderStatus | FulfilmentStatus, tuple[str, str]] = {
    OrderStatus.CANCELLED: ("order.status_cancelled", "bad"),
    FulfilmentStatus.UNFULFILLED: ("order.status_packing", ""),
    FulfilmentStatus.PARTLY_FULFILLED: ("order.status_part_shipped", "warn"),
    FulfilmentStatus.FULFILLED: ("order.status_shipped", "good"),
    FulfilmentStatus.RETURNED: ("order.status_returned", ""),
    FulfilmentStatus.NOT_NEEDED: ("order.status_open", "good"),
}
_PAYMENT = {
    PaymentStatus.UNPAID: ("order.payment_open", "warn"),
    PaymentStatus.AUTHORISED: ("order.payment_authorised", "good"),
    PaymentStatus.PAID: ("order.payment_paid", "good"),
    PaymentStatus.PARTLY_REFUNDED: ("order.payment_part_refunded", ""),
    PaymentStatus.REFUNDED: ("order.payment_refunded", ""),
    PaymentStatus.VOIDED: ("order.payment_voided", ""),
}


class ShownLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order with its picture and, when the product is still on the shelf, its page."""

    line: OrderLine
    picture: str
    href: str


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @get("/{where:str}/orders/{order_id:str}", include_in_schema=False)
    async def order(request: HttpRequest) -> Response[bytes]:
        place = shop.place(request)
        who = await visitor(shop, request)
        token = request.query_params.get("token", "")
        found = await _find(shop, request, token)
        thanks = request.query_params.get("thanks") == "1"
        values = {**_values(shop, place, found, token), "who": who, "thanks": thanks}
        return shop.personal("order.html", place, "/account", values)

    @get("/{where:str}/orders/{order_id:str}/documents/{number:str}", include_in_schema=False)
    async def document(request: HttpRequest) -> Response[bytes]:
        """Show an invoice or credit note, ready to be printed."""
        shop.place(request)
        who = await visitor(shop, request)
        html = await shop.desk.ask(OrdersApi).document(
            caller=who.caller,
            order_id=_order_id(request),
            token=request.query_params.get("token", ""),
            number=request.path_params["number"],
        )
        return Response(html.encode(), media_type=HTML, headers=_DOCUMENT_HEADERS)

    return [order, document]


async def _find(shop: Shop, request: HttpRequest, token: str) -> Order:
    who = await visitor(shop, request)
    orders = shop.desk.ask(OrdersApi)
    if token:
        return await orders.get_with_token(caller=who.caller, order_id=_order_id(request), token=token)
    return await orders.get(caller=who.caller, order_id=_order_id(request))


def _order_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.path_params["order_id"])
    except ValueError:
        msg = "There is no such order."
        raise OrderNotFound(msg) from None


def _values(shop: Shop, place: Place, order: Order, token: str) -> dict[str, Any]:
    status = _STATUS.get(order.status) or _STATUS[order.fulfilment_status]
    return {
        "order": order,
        "token": token,
        "lines": [_line(shop, place, line) for line in order.lines],
        "status": status,
        "payment": _PAYMENT[order.payment_status],
        "promised": _promised(place, order),
        "zone": place.zone,
    }


def _line(shop: Shop, place: Place, line: OrderLine) -> ShownLine:
    product_id = shop.browse.product_of(line.sku)
    card = None if product_id is None else shop.browse.card(product_id, place.market.key, place.language)
    if card is None:
        return ShownLine(line=line, picture=shop.static.base + drawn(line.sku, ""), href="")
    own = shown(card.picture, _THUMBNAIL) if card.picture else drawn(line.sku, card.category)
    picture = shop.static.base + own
    return ShownLine(line=line, picture=picture, href=f"{place.prefix}/p/{card.slug}")


def _promised(place: Place, order: Order) -> object:
    """Return the day the parcel was promised for, None when the method is not offered any more."""
    keys = {row.method for row in order.shipping}
    method = next((known for known in place.market.shipping_methods if known.key in keys), None)
    if method is None:
        return None
    return promise.delivered_by(
        order.placed_at, place.zone, days_max=method.days_max, cut_off_local=method.cut_off_local
    )
