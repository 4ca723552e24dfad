"""Stock: units per SKU and location, the ledger behind them, and what changes them."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from springtide.channels.backoffice.filters import PAGE_ROWS, cursor, without_cursor
from springtide.channels.backoffice.forms import MAX_WHOLE, Form
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.channels.backoffice.words import plural
from springtide.contracts.inventory.api import Inbound, StockRow, Supply
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest

WRITE = "inventory.write"
LEDGER_ROWS = 50


@get("/stock")
async def list_stock(request: HttpRequest) -> Reply:
    """Show units by SKU and location; the text filter takes whole SKUs."""
    visit = await enter(request)
    page, locations = await asyncio.gather(
        visit.office.inventory.stock(
            caller=visit.caller,
            skus=tuple(dict.fromkeys(visit.query.get("q", "").replace(",", " ").split()))[:PAGE_ROWS],
            location=visit.query.get("location", ""),
            low_only=visit.query.get("low") == "yes",
            after=cursor(visit.query),
            limit=PAGE_ROWS,
        ),
        visit.office.reference.locations(visit.caller),
    )
    kept = without_cursor(visit.query, "q", "location", "low")
    return visit.page("office/stock.html", page=page, kept=kept, locations=locations)


@get("/stock/item")
async def show_item(request: HttpRequest) -> Reply:
    """Show one SKU: its units everywhere, what is on its way, and its ledger."""
    visit = await enter(request)
    return await _item_page(visit, visit.query.get("sku", ""))


@get("/stock/inbound")
async def list_inbound(request: HttpRequest) -> Reply:
    """Show what suppliers have announced, by date."""
    visit = await enter(request)
    return await _inbound_page(visit)


@post("/stock/inbound")
async def announce(request: HttpRequest) -> Reply:
    """Announce units on their way. The form's key is the id of the delivery, so a repeat announces nothing more."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Inbound:
        supplier, sku = form.text("supplier", required=True), form.text("sku", required=True, longest=60)
        location, quantity = form.text("location", required=True), form.whole("quantity", least=1)
        expected_on = form.day("expected_on")
        form.check()
        return await visit.office.inventory.put_inbound(
            caller=visit.caller,
            key=key,
            inbound_id=UUID(hex=key),
            supplier=supplier,
            sku=sku,
            location=location,
            quantity=quantity,
            expected_on=expected_on,
            confirmed=form.flag("confirmed"),
        )

    outcome = await visit.act("inbound", work)
    if isinstance(outcome, Trouble):
        return await _inbound_page(visit, outcome)
    return visit.see_other("/stock/inbound", f"{plural(outcome.quantity, 'unit')} of {outcome.sku} are announced.")


@post("/stock/inbound/{inbound_id:uuid}/receive")
async def receive(request: HttpRequest, inbound_id: FromPath[UUID]) -> Reply:
    """Book received units on hand."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Inbound:
        quantity = form.whole("quantity", least=1)
        form.check()
        return await visit.office.inventory.receive_inbound(
            caller=visit.caller, key=key, inbound_id=inbound_id, quantity=quantity
        )

    outcome = await visit.act(f"receive-{inbound_id}", work)
    if isinstance(outcome, Trouble):
        return await _inbound_page(visit, outcome)
    said = f"{outcome.received:,} of {plural(outcome.quantity, 'unit')} of {outcome.sku} are on hand now."
    return visit.see_other("/stock/inbound", said)


@post("/stock/adjust")
async def adjust(request: HttpRequest) -> Reply:
    """Correct a count: units appear or vanish, with a reason."""
    visit = await enter(request, WRITE)
    sku = ""

    async def work(form: Form, key: str) -> StockRow:
        nonlocal sku
        sku, location = form.text("sku", required=True), form.text("location", required=True)
        quantity, reason = form.whole("quantity", least=-MAX_WHOLE), form.text("reason", required=True)
        if not quantity and "quantity" not in form.problems:
            form.problems["quantity"] = "More or less than 0: +5 adds, -5 takes away."
        form.check()
        return await visit.office.inventory.adjust(
            caller=visit.because(reason), key=key, sku=sku, location=location, quantity=quantity, reason=reason
        )

    outcome = await visit.act("adjust", work)
    return await _after(visit, sku, outcome, lambda row: f"{row.location} has {plural(row.on_hand, 'unit')} now.")


@post("/stock/transfer")
async def transfer(request: HttpRequest) -> Reply:
    """Move free units from one location to another."""
    visit = await enter(request, WRITE)
    sku = ""

    async def work(form: Form, key: str) -> StockRow:
        nonlocal sku
        sku = form.text("sku", required=True)
        source, target = form.text("from_location", required=True), form.text("to_location", required=True)
        quantity, reason = form.whole("quantity", least=1), form.text("reason", required=True)
        if source == target:
            form.problems["to_location"] = "Choose another location than the one it comes from."
        form.check()
        _, there = await visit.office.inventory.transfer(
            caller=visit.because(reason),
            key=key,
            sku=sku,
            from_location=source,
            to_location=target,
            quantity=quantity,
            reason=reason,
        )
        return there

    outcome = await visit.act("transfer", work)
    return await _after(
        visit, sku, outcome, lambda row: f"Moved: {row.location} has {plural(row.on_hand, 'unit')} now."
    )


@post("/stock/policy")
async def set_policy(request: HttpRequest) -> Reply:
    """Say what may be sold from a location, and when stock counts as low."""
    visit = await enter(request, WRITE)
    sku = ""

    async def work(form: Form, key: str) -> StockRow:
        nonlocal sku
        sku, location = form.text("sku", required=True), form.text("location", required=True)
        supply, low_stock_at = form.choice("supply", Supply), form.whole("low_stock_at")
        form.check()
        return await visit.office.inventory.set_policy(
            caller=visit.caller, key=key, sku=sku, location=location, supply=supply, low_stock_at=low_stock_at
        )

    outcome = await visit.act("policy", work)
    return await _after(visit, sku, outcome, lambda row: f"The policy of {row.location} is saved.")


async def _after(visit: Visit, sku: str, outcome: StockRow | Trouble, say: Callable[[StockRow], str]) -> Reply:
    if isinstance(outcome, Trouble):
        return await _item_page(visit, sku, outcome)
    return visit.see_other("/stock/item", say(outcome), sku=sku)


async def _item_page(visit: Visit, sku: str, trouble: Trouble | None = None) -> Reply:
    if not sku:
        msg = "No SKU was given."
        raise NotFound(msg)
    inventory, before = visit.office.inventory, visit.query.get("before") or None
    stock, ledger, inbound, locations = await asyncio.gather(
        inventory.stock(caller=visit.caller, skus=(sku,)),
        inventory.ledger(caller=visit.caller, sku=sku, before=before, limit=LEDGER_ROWS),
        inventory.list_inbound(caller=visit.caller, sku=sku),
        visit.office.reference.locations(visit.caller),
    )
    return visit.page(
        "office/stock_item.html",
        status=trouble.status() if trouble else 200,
        sku=sku,
        rows=stock.items,
        ledger=ledger,
        ledger_full=len(ledger) == LEDGER_ROWS,
        inbound=inbound,
        locations=locations,
        editable=visit.can(WRITE),
        trouble=trouble,
    )


async def _inbound_page(visit: Visit, trouble: Trouble | None = None) -> Reply:
    rows, suppliers, locations = await asyncio.gather(
        visit.office.inventory.list_inbound(
            caller=visit.caller, sku=visit.query.get("sku", ""), open_only=visit.query.get("show") != "all"
        ),
        visit.office.inventory.list_suppliers(caller=visit.caller),
        visit.office.reference.locations(visit.caller),
    )
    return visit.page(
        "office/inbound.html",
        status=trouble.status() if trouble else 200,
        rows=rows,
        suppliers=suppliers,
        locations=locations,
        editable=visit.can(WRITE),
        trouble=trouble,
    )


ROUTES = (list_stock, show_item, list_inbound, announce, receive, adjust, transfer, set_policy)
