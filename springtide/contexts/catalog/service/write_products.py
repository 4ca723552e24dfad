"""Create, change, show and hide products, one by one or by the hundred."""

from uuid import UUID

from springtide.contexts.catalog import store
from springtide.contexts.catalog.domain.products import changed_fields, decide, show
from springtide.contracts.catalog.api import (
    Imported,
    InvalidProduct,
    Product,
    ProductChanged,
    ProductDraft,
    ProductNotFound,
)
from springtide.contracts.catalog.events import ProductChangedEvent
from springtide.contracts.common import ExternalRef
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7

MOST_DRAFTS = 500


async def create_product(tx: Tx, *, draft: ProductDraft) -> Product:
    """Make an unpublished product."""
    await store.lock_catalogue(tx)
    register = await store.register_for(tx, [draft])
    product = decide(draft, None, product_id=uuid7(), register=register, publish=False)
    await _save(tx, product)
    tx.audit("product_created", product.id, skus=[variant.sku for variant in product.variants])
    return product


async def change_product(tx: Tx, *, product_id: UUID, expected_version: int, draft: ProductDraft) -> Product:
    """Replace what a product is made of; the same content again changes nothing."""
    await store.lock_catalogue(tx)
    known = await _known(tx, product_id)
    if known.version != expected_version:
        msg = "Somebody else changed the product meanwhile. Look at it again."
        raise ProductChanged(msg, product_id=str(product_id), version=known.version)
    register = await store.register_for(tx, [draft])
    product = decide(draft, known, product_id=product_id, register=register, publish=False)
    if product != known:
        await _save(tx, product)
        tx.audit("product_changed", product_id, fields=changed_fields(known, product))
    return product


async def set_published(tx: Tx, *, product_id: UUID, published: bool) -> Product:
    """Show or hide a product."""
    await store.lock_catalogue(tx)
    known = await _known(tx, product_id)
    product = show(known, published=published)
    if product != known:
        await _save(tx, product)
        tx.audit("product_published" if published else "product_hidden", product_id)
    return product


async def import_products(tx: Tx, *, batch: str, drafts: tuple[ProductDraft, ...], publish: bool) -> Imported:
    """Add or change products by their first external ref; all of them or none."""
    identities = _identities(drafts)
    await store.lock_catalogue(tx)
    wanted = set(identities)
    known = {
        ref: product
        for product in await store.products_by_ref(tx, identities)
        for ref in product.external_refs
        if ref in wanted
    }
    if len({product.id for product in known.values()}) != len(known):
        msg = "Two drafts of the call are one product."
        raise InvalidProduct(msg, field="external_refs")
    register = await store.register_for(tx, drafts)
    created, updated = [], []
    for ref, draft in zip(identities, drafts, strict=True):
        before = known.get(ref)
        product_id = before.id if before else uuid7()
        product = decide(draft, before, product_id=product_id, register=register, publish=publish)
        if before is None:
            created.append(product)
        elif product != before:
            updated.append(product)
    await _save(tx, *created, *updated)
    imported = Imported(created=len(created), updated=len(updated), unchanged=len(drafts) - len(created) - len(updated))
    tx.audit("products_imported", f"import:{batch}", created=imported.created, updated=imported.updated)
    return imported


async def _known(tx: Tx, product_id: UUID) -> Product:
    known = await store.get_product(tx, product_id)
    if known is None:
        msg = "There is no such product."
        raise ProductNotFound(msg, product_id=str(product_id))
    return known


async def _save(tx: Tx, *products: Product) -> None:
    await store.put_products(tx, products)
    for product in products:
        tx.emit(ProductChangedEvent(product=product), aggregate_id=product.id, aggregate_version=product.version)


def _identities(drafts: tuple[ProductDraft, ...]) -> list[ExternalRef]:
    if len(drafts) > MOST_DRAFTS:
        msg = f"At most {MOST_DRAFTS} products a call."
        raise InvalidProduct(msg, field="drafts")
    if not all(draft.external_refs for draft in drafts):
        msg = "An imported product needs an external ref: it is found again by the first one."
        raise InvalidProduct(msg, field="external_refs")
    identities = [draft.external_refs[0] for draft in drafts]
    if len(set(identities)) != len(identities):
        msg = "A product may be there once in a call."
        raise InvalidProduct(msg, field="external_refs")
    return identities
