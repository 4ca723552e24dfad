"""Rows of the catalogue.

Lock order: the one row of `catalogue` first, then anything. Writers are staff and imports, few and short; taking turns
spares every rule about slugs, SKUs and the category tree a race. Readers take no lock.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.catalog.domain.products import Register, owner_of, slugs_asked
from springtide.contexts.catalog.domain.slugs import Owners, stem
from springtide.contracts.catalog.api import Category, Product, ProductDraft
from springtide.contracts.common import ExternalRef
from springtide.platform.db import Read, Statements, Tx

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")


class _State(msgspec.Struct, frozen=True, kw_only=True):
    state: str

    def product(self) -> Product:
        return msgspec.json.decode(self.state, type=Product)


async def lock_catalogue(tx: Tx) -> int:
    """Wait for this writer's turn; return the version of the category tree."""
    version: int = await tx.value("lock_catalogue")
    return version


# -- products


async def get_product(read: Read, product_id: UUID) -> Product | None:
    """Return a product."""
    found = await read.maybe("get_product", {"id": product_id}, row=_State)
    return found.product() if found else None


async def get_by_sku(read: Read, sku: str) -> Product | None:
    """Return the product with the variant."""
    found = await read.maybe("get_by_sku", {"sku": sku}, row=_State)
    return found.product() if found else None


async def products_by_ref(read: Read, refs: Collection[ExternalRef]) -> list[Product]:
    """Return the products that have one of the refs."""
    rows = await read.all("products_by_ref", _refs(refs), row=_State)
    return [row.product() for row in rows]


async def register_for(tx: Tx, drafts: Sequence[ProductDraft]) -> Register:
    """Return who has what the drafts may ask for."""
    skus = [variant.sku for draft in drafts for variant in draft.variants]
    refs = {ref for draft in drafts for ref in draft.external_refs}
    owners = await tx.tuples("ref_owners", _refs(refs))
    return Register(
        slugs=await slug_owners(tx, {slug for draft in drafts for slug in slugs_asked(draft)}),
        skus=dict(await tx.tuples("sku_owners", {"skus": skus})),
        refs={ExternalRef(system, ref): product_id for system, ref, product_id in owners},
        categories=frozenset(key for (key,) in await tx.tuples("category_keys")),
    )


async def slug_owners(tx: Tx, slugs: Collection[str]) -> Owners:
    """Return the owners of the slugs and of their numbered forms, in all languages."""
    rows = await tx.tuples("slug_owners", {"slugs": list(slugs)})
    return {(language, slug): owner for language, slug, owner in rows}


async def put_products(tx: Tx, products: Sequence[Product]) -> None:
    """Write whole products, and what is unique about them."""
    if not products:
        return
    ids = [product.id for product in products]
    await tx.run(
        "put_products",
        {
            "ids": ids,
            "versions": [product.version for product in products],
            "published": [product.published for product in products],
            "categories": [product.category for product in products],
            "searches": [_search_text(product) for product in products],
            "states": [msgspec.json.encode(product).decode() for product in products],
        },
    )
    await tx.run("drop_variants", {"ids": ids})
    variants = [(variant.sku, product.id) for product in products for variant in product.variants]
    await tx.run("put_variants", {"skus": [sku for sku, _ in variants], "ids": [owner for _, owner in variants]})
    await tx.run("drop_refs", {"ids": ids})
    refs = [(ref, product.id) for product in products for ref in product.external_refs]
    await tx.run("put_refs", {**_refs(ref for ref, _ in refs), "refs": [ref.id for ref, _ in refs], "ids": _ids(refs)})
    await put_slugs(
        tx,
        [(language, slug, owner_of(product.id)) for product in products for language, slug in product.slugs.items()],
    )


async def put_slugs(tx: Tx, slugs: Sequence[tuple[str, str, str]]) -> None:
    """Write down who has which slug: (language, slug, owner). What is known already stays."""
    await tx.run(
        "put_slugs",
        {
            "languages": [language for language, _, _ in slugs],
            "slugs": [slug for _, slug, _ in slugs],
            "stems": [stem(slug) for _, slug, _ in slugs],
            "owners": [owner for _, _, owner in slugs],
        },
    )


async def list_products(
    read: Read, *, text: str, category: str, published: bool | None, after: UUID | None, limit: int
) -> list[Product]:
    """Return products, newest first; a category stands for all below it too."""
    params = {"text": text.casefold(), "category": category, "published": published, "after": after, "limit": limit}
    return [row.product() for row in await read.all("list_products", params, row=_State)]


async def snapshot_page(read: Read, after: UUID | None, limit: int) -> list[Product]:
    """Return the next published products by id."""
    return [row.product() for row in await read.all("snapshot_page", {"after": after, "limit": limit}, row=_State)]


# -- categories


async def list_categories(read: Read) -> list[Category]:
    """Return all categories, by position."""
    return await read.all("list_categories", row=Category)


async def put_categories(tx: Tx, categories: Sequence[Category]) -> None:
    """Write categories by key; the tree's version rises by one."""
    await tx.run("raise_categories_version")
    await tx.run(
        "put_categories",
        {
            "keys": [category.key for category in categories],
            "parents": [category.parent for category in categories],
            "positions": [category.position for category in categories],
            "names": [msgspec.json.encode(category.names).decode() for category in categories],
            "slugs": [msgspec.json.encode(category.slugs).decode() for category in categories],
        },
    )


def _search_text(product: Product) -> str:
    words = [*product.names.values(), *(variant.sku for variant in product.variants)]
    return "\n".join(words).casefold()


def _refs(refs: Iterable[ExternalRef]) -> dict[str, Any]:
    known = list(refs)
    return {"systems": [ref.system for ref in known], "ids": [ref.id for ref in known]}


def _ids(refs: Iterable[tuple[ExternalRef, UUID]]) -> list[UUID]:
    return [product_id for _, product_id in refs]
