"""Prices: per SKU and market with their history; promotions and vouchers."""

import asyncio

from litestar import get, post

from springtide.channels.backoffice.filters import PAGE_ROWS, cursor, without_cursor
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.channels.backoffice.words import TAX_CATEGORIES
from springtide.contracts.pricing.api import Market, Price, PriceChange, PriceHistoryRow
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest

READ, WRITE = "pricing.read", "pricing.write"


@get("/prices")
async def list_prices(request: HttpRequest) -> Reply:
    """Show products with a link to the price of each of their SKUs."""
    visit = await enter(request, READ, WRITE)
    page, front = await asyncio.gather(
        visit.office.catalog.list_products(
            caller=visit.caller, text=visit.query.get("q", ""), after=cursor(visit.query), limit=PAGE_ROWS
        ),
        visit.office.reference.shop_front(visit.caller),
    )
    kept = without_cursor(visit.query, "q")
    return visit.page("office/prices.html", page=page, kept=kept, markets=front.markets)


@get("/prices/item")
async def show_price(request: HttpRequest) -> Reply:
    """Show what a SKU costs and has cost in every market."""
    visit = await enter(request, READ, WRITE)
    return await _price_page(visit, visit.query.get("sku", ""))


@post("/prices")
async def set_price(request: HttpRequest) -> Reply:
    """Set or schedule the price of one SKU in one market."""
    visit = await enter(request, WRITE)
    front = await visit.office.reference.shop_front(visit.caller)
    currencies = {market.key: market.currency for market in front.markets}
    sku = ""

    async def work(form: Form, key: str) -> tuple[Price, ...]:
        nonlocal sku
        sku, market = form.text("sku", required=True), form.one_of("market", currencies)
        change = PriceChange(
            market=market,
            sku=sku,
            amount_minor=form.money("amount", currencies.get(market, "EUR")),
            tax_category=form.one_of("tax_category", TAX_CATEGORIES),
            reduction=form.flag("reduction"),
            valid_from=form.moment("valid_from"),
            valid_to=form.moment("valid_to"),
        )
        form.check()
        return await visit.office.pricing.set_prices(caller=visit.caller, key=key, changes=(change,))

    outcome = await visit.act("price", work)
    if isinstance(outcome, Trouble):
        return await _price_page(visit, sku, outcome)
    return visit.see_other("/prices/item", "The price is set. Shop pages follow within a second.", sku=sku)


async def _price_page(visit: Visit, sku: str, trouble: Trouble | None = None) -> Reply:
    if not sku:
        msg = "No SKU was given."
        raise NotFound(msg)
    front = await visit.office.reference.shop_front(visit.caller)
    histories = await asyncio.gather(*(_history(visit, market, sku) for market in front.markets))
    return visit.page(
        "office/price.html",
        status=trouble.status() if trouble else 200,
        sku=sku,
        histories=list(zip(front.markets, histories, strict=True)),
        markets=front.markets,
        editable=visit.can(WRITE),
        trouble=trouble,
    )


async def _history(visit: Visit, market: Market, sku: str) -> tuple[PriceHistoryRow, ...]:
    return await visit.office.pricing.price_history(caller=visit.caller, market=market.key, sku=sku)


ROUTES = (list_prices, show_price, set_price)
