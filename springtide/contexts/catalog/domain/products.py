"""How a draft becomes a product. Pure, over a register of what is taken, so that one call decides a whole import."""

from uuid import UUID

import msgspec

from springtide.contexts.catalog.domain.slugs import Owners, choose_slugs, retired, slug_from
from springtide.contexts.catalog.domain.wellformed import check_draft
from springtide.contracts.catalog.api import (
    Category,
    CategoryNotFound,
    InvalidProduct,
    Product,
    ProductDraft,
    ProductNotReady,
    SkuTaken,
)
from springtide.contracts.common import ExternalRef


class Register(msgspec.Struct, kw_only=True):
    """Who has which slug, SKU and external ref, as far as the drafts at hand ask; grows with every decision."""

    slugs: Owners
    skus: dict[str, UUID]
    refs: dict[ExternalRef, UUID]
    categories: frozenset[str]


def owner_of(product_id: UUID) -> str:
    """Return the product as an owner of slugs."""
    return f"product:{product_id}"


def slugs_asked(thing: ProductDraft | Category, kind: str = "product") -> set[str]:
    """Return the slugs a draft or category may want: given ones, and the bases made from names."""
    return {*thing.slugs.values(), *(slug_from(name, otherwise=kind) for name in thing.names.values())}


def decide(
    draft: ProductDraft, known: Product | None, *, product_id: UUID, register: Register, publish: bool
) -> Product:
    """Return the product that a draft makes of `known` (None: a new one). The same draft again gives `known` itself.

    `publish` True shows it; False leaves it as it is. `InvalidProduct`, `CategoryNotFound`, `SkuTaken`, `SlugTaken`,
    `ProductNotReady`.
    """
    check_draft(draft)
    if draft.category and draft.category not in register.categories:
        msg = f"There is no category {draft.category}."
        raise CategoryNotFound(msg, category=draft.category)
    _take_skus(draft, product_id, register)
    _take_refs(draft, product_id, register)
    slugs = choose_slugs(
        owner=owner_of(product_id),
        names=draft.names,
        given=draft.slugs,
        current=known.slugs if known else {},
        current_names=known.names if known else {},
        owners=register.slugs,
    )
    content = {**msgspec.structs.asdict(draft), "slugs": slugs}
    product = Product(
        id=product_id,
        version=known.version if known else 0,
        published=publish or bool(known and known.published),
        old_slugs=retired(known.old_slugs, known.slugs, slugs) if known else {},
        **content,
    )
    if product.published:
        require_ready(product)
    return product if product == known else msgspec.structs.replace(product, version=product.version + 1)


def show(known: Product, *, published: bool) -> Product:
    """Return the product shown or hidden; `ProductNotReady`."""
    if known.published == published:
        return known
    if published:
        require_ready(known)
    return msgspec.structs.replace(known, published=published, version=known.version + 1)


def require_ready(product: Product) -> None:
    """`ProductNotReady` unless there is an English name, an English slug and a variant."""
    missing = [
        name
        for name, found in (
            ("names.en", product.names.get("en")),
            ("slugs.en", product.slugs.get("en")),
            ("variants", product.variants),
        )
        if not found
    ]
    if missing:
        msg = f"The product cannot be shown yet: {', '.join(missing)} missing."
        raise ProductNotReady(msg, missing=missing)


def changed_fields(before: Product, after: Product) -> list[str]:
    """Return the names of the fields that differ, for the audit row."""
    return [
        name
        for name in Product.__struct_fields__
        if name != "version" and getattr(before, name) != getattr(after, name)
    ]


def _take_skus(draft: ProductDraft, product_id: UUID, register: Register) -> None:
    for variant in draft.variants:
        if register.skus.get(variant.sku, product_id) != product_id:
            msg = f"The SKU {variant.sku} belongs to another product."
            raise SkuTaken(msg, sku=variant.sku)
    for sku in [sku for sku, owner in register.skus.items() if owner == product_id]:
        del register.skus[sku]
    register.skus.update({variant.sku: product_id for variant in draft.variants})


def _take_refs(draft: ProductDraft, product_id: UUID, register: Register) -> None:
    for ref in draft.external_refs:
        if register.refs.setdefault(ref, product_id) != product_id:
            msg = f"{ref.system} {ref.id} belongs to another product."
            raise InvalidProduct(msg, field="external_refs", system=ref.system, id=ref.id)
