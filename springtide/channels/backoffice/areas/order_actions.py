"""What is done to an order. Each action is one call of `orders`; a refusal is shown beside its form."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath

from springtide.channels.backoffice.areas.orders import order_page
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.channels.backoffice.words import plural
from springtide.contracts.orders.api import Order
from springtide.platform.http import HttpRequest


def _lines_or_all(form: Form) -> dict[int, int]:
    """Return quantities by line; {} (all that is left) only when the button for everything was pressed."""
    if form.raw("what") == "all":
        return {}
    lines = form.quantities("quantity")
    if not lines and not form.problems:
        form.problems["lines"] = "Say how many of which line."
    return lines


async def _done(visit: Visit, order_id: UUID, outcome: Order | Trouble, say: str) -> Reply:
    if isinstance(outcome, Trouble):
        return await order_page(visit, order_id, outcome)
    return visit.see_other(f"/orders/{order_id}", say)


@post("/orders/{order_id:uuid}/capture")
async def capture(request: HttpRequest, order_id: FromPath[UUID]) -> Reply:
    """Ask for the authorised money now."""
    visit = await enter(request, "orders.write")

    async def work(form: Form, key: str) -> Order:
        reason = form.text("reason", required=True)
        form.check()
        return await visit.office.orders.capture(
            caller=visit.because(reason), key=key, order_id=order_id, reason=reason
        )

    outcome = await visit.act("capture", work)
    return await _done(visit, order_id, outcome, "The capture is ordered; the gateway is being asked.")


@post("/orders/{order_id:uuid}/ship")
async def ship(request: HttpRequest, order_id: FromPath[UUID]) -> Reply:
    """Book a parcel that leaves."""
    visit = await enter(request, "orders.write")

    async def work(form: Form, key: str) -> Order:
        lines = _lines_or_all(form)
        carrier = form.text("carrier", required=True, longest=60)
        tracking = form.text("tracking", longest=100)
        form.check()
        return await visit.office.orders.ship(
            caller=visit.caller, key=key, order_id=order_id, lines=lines, carrier=carrier, tracking=tracking
        )

    outcome = await visit.act("ship", work)
    return await _done(visit, order_id, outcome, "The parcel is booked and the buyer is told.")


@post("/orders/{order_id:uuid}/cancel")
async def cancel(request: HttpRequest, order_id: FromPath[UUID]) -> Reply:
    """Cancel what has not left: stock and money go back."""
    visit = await enter(request, "orders.write")

    async def work(form: Form, key: str) -> Order:
        lines = _lines_or_all(form)
        reason = form.text("reason", required=True)
        form.check()
        return await visit.office.orders.cancel(
            caller=visit.because(reason), key=key, order_id=order_id, lines=lines, reason=reason
        )

    outcome = await visit.act("cancel", work)
    return await _done(visit, order_id, outcome, "Cancelled: stock and money go back.")


@post("/orders/{order_id:uuid}/refund")
async def refund(request: HttpRequest, order_id: FromPath[UUID]) -> Reply:
    """Give money back by line, and for shipping when asked, without goods coming back."""
    visit = await enter(request, "orders.refund")

    async def work(form: Form, key: str) -> Order:
        lines, shipping = form.quantities("quantity"), form.flag("shipping")
        if not lines and not shipping and not form.problems:
            form.problems["lines"] = "Say how many of which line, or tick shipping."
        reason = form.text("reason", required=True)
        form.check()
        return await visit.office.orders.refund(
            caller=visit.because(reason), key=key, order_id=order_id, lines=lines, shipping=shipping, reason=reason
        )

    outcome = await visit.act("refund", work)
    return await _done(visit, order_id, outcome, "The refund is ordered; the gateway is being asked.")


@post("/orders/{order_id:uuid}/return")
async def take_return(request: HttpRequest, order_id: FromPath[UUID]) -> Reply:
    """Book goods that came back: money goes back, units too when they can be sold again."""
    visit = await enter(request, "orders.refund")
    units = 0

    async def work(form: Form, key: str) -> Order:
        nonlocal units
        lines, restock = form.quantities("quantity"), form.flag("restock")
        if not lines and not form.problems:
            form.problems["lines"] = "Say how many of which line came back."
        reason = form.text("reason", required=True)
        form.check()
        units = sum(lines.values())
        return await visit.office.orders.take_return(
            caller=visit.because(reason), key=key, order_id=order_id, lines=lines, restock=restock, reason=reason
        )

    outcome = await visit.act("return", work)
    return await _done(visit, order_id, outcome, f"{plural(units, 'unit')} taken back; the money goes back too.")


ROUTES = (capture, ship, cancel, refund, take_return)
