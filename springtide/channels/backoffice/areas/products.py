"""Products: the list, and one product with its texts, variants and whether buyers see it."""

import asyncio
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from springtide.channels.backoffice.filters import PAGE_ROWS, cursor, without_cursor
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.product_form import NEW_ROWS, kept_of, options_text, read_draft
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.catalog.api import Product, Variant
from springtide.platform.http import HttpRequest

WRITE = "catalog.write"
_PUBLISHED = {"yes": True, "no": False}


@get("/products")
async def list_products(request: HttpRequest) -> Reply:
    """Show products, newest first, filtered by text, category and whether buyers see them."""
    visit = await enter(request)
    page, categories = await asyncio.gather(
        visit.office.catalog.list_products(
            caller=visit.caller,
            text=visit.query.get("q", ""),
            category=visit.query.get("category", ""),
            published=_PUBLISHED.get(visit.query.get("published", "")),
            after=cursor(visit.query),
            limit=PAGE_ROWS,
        ),
        visit.office.reference.categories(visit.caller),
    )
    kept = without_cursor(visit.query, "q", "category", "published")
    names = {category.key: category.names.get("en", category.key) for category in categories}
    return visit.page("office/products.html", page=page, kept=kept, categories=categories, names=names)


@get("/products/new")
async def new_product(request: HttpRequest) -> Reply:
    """Show the empty form."""
    visit = await enter(request, WRITE)
    return await _product_page(visit, None)


@post("/products")
async def create_product(request: HttpRequest) -> Reply:
    """Make an unpublished product."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Product:
        draft = read_draft(form)
        form.check()
        return await visit.office.catalog.create_product(caller=visit.caller, key=key, draft=draft)

    outcome = await visit.act("product", work)
    if isinstance(outcome, Trouble):
        return await _product_page(visit, None, outcome)
    return visit.see_other(f"/products/{outcome.id}", "Created. Buyers see it once you publish it.")


@get("/products/{product_id:uuid}")
async def show_product(request: HttpRequest, product_id: FromPath[UUID]) -> Reply:
    """Show one product."""
    visit = await enter(request)
    product = await visit.office.catalog.get_product(caller=visit.caller, product_id=product_id)
    return await _product_page(visit, product)


@post("/products/{product_id:uuid}")
async def change_product(request: HttpRequest, product_id: FromPath[UUID]) -> Reply:
    """Save a product as the form describes it, unless somebody else changed it meanwhile."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Product:
        draft, version = read_draft(form), form.whole("version", least=1)
        form.check()
        return await visit.office.catalog.change_product(
            caller=visit.caller, key=key, product_id=product_id, expected_version=version, draft=draft
        )

    outcome = await visit.act("product", work)
    if isinstance(outcome, Trouble):
        product = await visit.office.catalog.get_product(caller=visit.caller, product_id=product_id)
        return await _product_page(visit, product, outcome)
    return visit.see_other(f"/products/{product_id}", "Saved.")


@post("/products/{product_id:uuid}/published")
async def set_published(request: HttpRequest, product_id: FromPath[UUID]) -> Reply:
    """Show a product to buyers, or hide it."""
    visit = await enter(request, WRITE)
    published = False

    async def work(form: Form, key: str) -> Product:
        nonlocal published
        published = form.one_of("published", ("yes", "no")) == "yes"
        form.check()
        return await visit.office.catalog.set_published(
            caller=visit.caller, key=key, product_id=product_id, published=published
        )

    outcome = await visit.act("published", work)
    if isinstance(outcome, Trouble):
        product = await visit.office.catalog.get_product(caller=visit.caller, product_id=product_id)
        return await _product_page(visit, product, outcome)
    return visit.see_other(
        f"/products/{product_id}", "Buyers see it now." if published else "Buyers do not see it now."
    )


async def _product_page(visit: Visit, product: Product | None, trouble: Trouble | None = None) -> Reply:
    categories, front = await asyncio.gather(
        visit.office.reference.categories(visit.caller), visit.office.reference.shop_front(visit.caller)
    )
    english = next((market for market in front.markets if "en" in market.languages), None)
    variants: list[Variant | None] = [*(product.variants if product else ()), *[None] * NEW_ROWS]
    if trouble:
        variants += [None] * (max(trouble.rows("sku"), default=-1) + 1 - len(variants))
    changed = trouble is not None and trouble.error.code == "product_changed"
    return visit.page(
        "office/product.html",
        status=trouble.status() if trouble else 200,
        product=product,
        variants=variants,
        options_text=options_text,
        kept_field=kept_of(product),
        categories=categories,
        shop_place=f"en-{english.key.lower()}" if english else "",
        changed=changed,
        editable=visit.can(WRITE),
        has_pictures=visit.request.app.state.blobs is not None,
        trouble=trouble,
    )


ROUTES = (list_products, new_product, create_product, show_product, change_product, set_published)
