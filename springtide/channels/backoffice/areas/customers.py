"""Customers: who they are, what they agreed to, what they bought; and erasing them."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from springtide.channels.backoffice.filters import PAGE_ROWS, cursor, without_cursor
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.customers.api import Customer
from springtide.contracts.orders.api import OrderFilter, OrderRow
from springtide.platform.errors import Refusal, Unavailable
from springtide.platform.http import HttpRequest

READ, WRITE = "customers.read", "customers.write"
ORDER_ROWS = 50
CONFIRMATION = "erase"


@get("/customers")
async def list_customers(request: HttpRequest) -> Reply:
    """Show customers, newest first."""
    visit = await enter(request, READ)
    page = await visit.office.customers.list_customers(
        caller=visit.caller, text=visit.query.get("q", ""), after=cursor(visit.query), limit=PAGE_ROWS
    )
    kept = without_cursor(visit.query, "q")
    return visit.page("office/customers.html", page=page, late_s=page.late_s, kept=kept)


@get("/customers/{customer_id:uuid}")
async def show_customer(request: HttpRequest, customer_id: FromPath[UUID]) -> Reply:
    """Show one customer with addresses, consents and orders."""
    visit = await enter(request, READ)
    return await _customer_page(visit, customer_id)


@post("/customers/{customer_id:uuid}/erase")
async def erase(request: HttpRequest, customer_id: FromPath[UUID]) -> Reply:
    """Overwrite the personal data of a customer. It cannot be undone, so the word has to be typed."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> None:
        reason = form.text("reason", required=True)
        if form.raw("confirmation").lower() != CONFIRMATION:
            form.problems["confirmation"] = f"Type the word {CONFIRMATION}."
        form.check()
        await visit.office.customers.erase(
            caller=visit.because(reason), key=key, customer_id=customer_id, reason=reason
        )

    outcome = await visit.act("erase", work)
    if isinstance(outcome, Trouble):
        return await _customer_page(visit, customer_id, outcome)
    return visit.see_other("/customers", "The customer's personal data is overwritten.")


async def _customer_page(visit: Visit, customer_id: UUID, trouble: Trouble | None = None) -> Reply:
    customer = await visit.office.customers.get_customer(caller=visit.caller, customer_id=customer_id)
    orders, why_no_orders = await _orders(visit, customer)
    return visit.page(
        "office/customer.html",
        status=trouble.status() if trouble else 200,
        customer=customer,
        orders=orders,
        why_no_orders=why_no_orders,
        editable=visit.can(WRITE),
        trouble=trouble,
    )


async def _orders(visit: Visit, customer: Customer) -> tuple[tuple[OrderRow, ...], str]:
    """Return the orders with the customer's e-mail, or why they are not shown."""
    if not visit.can("orders.read"):
        return (), "Your roles do not include orders (orders.read)."
    if not customer.email:
        return (), "The account has no e-mail address any more, so its orders cannot be looked up by it."
    where = OrderFilter(text=customer.email, with_imported=True)
    try:
        page = await visit.office.orders.list_orders(caller=visit.caller, where=where, limit=ORDER_ROWS)
    except (Refusal, Unavailable) as error:
        return (), error.detail
    return page.items, ""


ROUTES = (list_customers, show_customer, erase)
