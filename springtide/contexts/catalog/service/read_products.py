"""Answers that change nothing."""

from uuid import UUID

import msgspec

from springtide.contexts.catalog import store
from springtide.contexts.catalog.domain.tree import in_order
from springtide.contracts.catalog.api import Category, InvalidProduct, Product, ProductNotFound, ProductRow
from springtide.contracts.common import Page
from springtide.platform.db import Database
from springtide.platform.paging import cursor_id, page_size

_MAX_ROWS = 200
_PAGE_BYTES = 250 * 1024
_PRODUCTS_PER_PAGE = 500


async def product(db: Database, product_id: UUID) -> Product:
    """Return a product; `ProductNotFound`."""
    async with db.read() as read:
        found = await store.get_product(read, product_id)
    if found is None:
        msg = "There is no such product."
        raise ProductNotFound(msg, product_id=str(product_id))
    return found


async def product_by_sku(db: Database, sku: str) -> Product:
    """Return the product with the variant; `ProductNotFound`."""
    async with db.read() as read:
        found = await store.get_by_sku(read, sku)
    if found is None:
        msg = "No product has this SKU."
        raise ProductNotFound(msg, sku=sku)
    return found


async def product_rows(
    db: Database, *, text: str, category: str, published: bool | None, after: str | None, limit: int
) -> Page[ProductRow]:
    """Return lines for a list, newest first."""
    limit = page_size(limit, most=_MAX_ROWS, refusal=InvalidProduct)
    before = cursor_id(after, refusal=InvalidProduct)
    async with db.read() as read:
        products = await store.list_products(
            read, text=text.strip(), category=category, published=published, after=before, limit=limit
        )
    cursor = str(products[-1].id) if len(products) == limit else None
    return Page(items=tuple(_row(found) for found in products), after=cursor)


async def categories(db: Database) -> tuple[Category, ...]:
    """Return the whole tree, parents first."""
    async with db.read() as read:
        return in_order(await store.list_categories(read))


async def snapshot_page(db: Database, after: str | None) -> tuple[tuple[Product, ...], str | None]:
    """Return the next published products, at most 250 KB encoded (one product at least), and the cursor."""
    async with db.read() as read:
        products = await store.snapshot_page(read, cursor_id(after, refusal=InvalidProduct), _PRODUCTS_PER_PAGE)
    size = 0
    for number, found in enumerate(products):
        size += len(msgspec.msgpack.encode(found))
        if size > _PAGE_BYTES and number:
            return tuple(products[:number]), str(products[number - 1].id)
    return tuple(products), str(products[-1].id) if len(products) == _PRODUCTS_PER_PAGE else None


def _row(found: Product) -> ProductRow:
    name = found.names.get("en") or next(iter(found.names.values()), "")
    return ProductRow(
        id=found.id,
        name=name,
        skus=tuple(variant.sku for variant in found.variants),
        category=found.category,
        published=found.published,
        popularity=found.popularity,
    )
