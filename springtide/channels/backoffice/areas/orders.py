"""Orders and shipping: the lists, and one order with everything that happened to it."""

import asyncio
from uuid import UUID

from litestar import get
from litestar.params import FromPath

from springtide.channels.backoffice.filters import PAGE_ROWS, cursor, picked, without_cursor
from springtide.channels.backoffice.order_view import view_of
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter, html
from springtide.contracts.orders.api import FulfilmentStatus, Order, OrderFilter, OrderStatus, PaymentStatus
from springtide.contracts.payments.api import Payment
from springtide.platform.errors import Refusal, Unavailable
from springtide.platform.http import HttpRequest

# A document is a page of its own, made for print: its own styles, nothing from elsewhere, no script.
DOCUMENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@get("/orders")
async def list_orders(request: HttpRequest) -> Reply:
    """Show orders, newest first; the filters read as a sentence and live in the address."""
    visit = await enter(request, "orders.read")
    where = OrderFilter(
        text=visit.query.get("q", ""),
        market=visit.query.get("market", ""),
        status=picked(visit.query, "status", OrderStatus),
        payment_status=picked(visit.query, "payment", PaymentStatus),
        fulfilment_status=picked(visit.query, "fulfilment", FulfilmentStatus),
        with_imported=visit.query.get("imported") == "yes",
    )
    page, front = await asyncio.gather(
        visit.office.orders.list_orders(caller=visit.caller, where=where, after=cursor(visit.query), limit=PAGE_ROWS),
        visit.office.reference.shop_front(visit.caller),
    )
    kept = without_cursor(visit.query, "q", "market", "status", "payment", "fulfilment", "imported")
    return visit.page(
        "office/orders.html", page=page, late_s=page.late_s, where=where, kept=kept, markets=front.markets
    )


@get("/shipping")
async def list_unshipped(request: HttpRequest) -> Reply:
    """Show open orders that still have something to ship."""
    visit = await enter(request, "orders.write")
    wanted = picked(visit.query, "fulfilment", FulfilmentStatus) or FulfilmentStatus.UNFULFILLED
    if wanted not in {FulfilmentStatus.UNFULFILLED, FulfilmentStatus.PARTLY_FULFILLED}:
        wanted = FulfilmentStatus.UNFULFILLED
    where = OrderFilter(
        text=visit.query.get("q", ""),
        market=visit.query.get("market", ""),
        status=OrderStatus.OPEN,
        fulfilment_status=wanted,
    )
    page, front = await asyncio.gather(
        visit.office.orders.list_orders(caller=visit.caller, where=where, after=cursor(visit.query), limit=PAGE_ROWS),
        visit.office.reference.shop_front(visit.caller),
    )
    kept = without_cursor(visit.query, "q", "market", "fulfilment")
    return visit.page(
        "office/shipping.html", page=page, late_s=page.late_s, where=where, kept=kept, markets=front.markets
    )


@get("/orders/{order_id:uuid}")
async def show_order(request: HttpRequest, order_id: FromPath[UUID]) -> Reply:
    """Show one order."""
    visit = await enter(request, "orders.read")
    return await order_page(visit, order_id)


@get("/orders/{order_id:uuid}/documents/{number:str}")
async def show_document(request: HttpRequest, order_id: FromPath[UUID], number: FromPath[str]) -> Reply:
    """Show an invoice or credit note, ready to print."""
    visit = await enter(request, "orders.read")
    page = await visit.office.orders.document(caller=visit.caller, order_id=order_id, token="", number=number)
    return html(page.encode(), headers={"content-security-policy": DOCUMENT_POLICY})


async def order_page(visit: Visit, order_id: UUID, trouble: Trouble | None = None) -> Reply:
    """Answer with an order's page; `trouble` is shown beside the form that was refused."""
    order, front = await asyncio.gather(
        visit.office.orders.get(caller=visit.caller, order_id=order_id),
        visit.office.reference.shop_front(visit.caller),
    )
    payment, why_no_payment = await _payment(visit, order)
    market = next((market for market in front.markets if market.key == order.market), None)
    carriers = sorted({method.carrier for method in market.shipping_methods}) if market else []
    return visit.page(
        "office/order.html",
        status=trouble.status() if trouble else 200,
        order=order,
        view=view_of(order, visit),
        payment=payment,
        why_no_payment=why_no_payment,
        carriers=carriers,
        trouble=trouble,
    )


async def _payment(visit: Visit, order: Order) -> tuple[Payment | None, str]:
    """Return what payments knows, or why it is not shown: an order can be read while payments is away."""
    if not visit.can("payments.read"):
        return None, "Your roles do not include the ledger of payments (payments.read)."
    try:
        return await visit.office.payments.payment(caller=visit.caller, checkout_id=order.id), ""
    except Refusal as refusal:
        return None, refusal.detail
    except Unavailable:
        return None, "Payments does not answer right now. The sums above are what the order knows."


ROUTES = (list_orders, list_unshipped, show_order, show_document)
