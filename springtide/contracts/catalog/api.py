"""What the catalogue promises: products, variants, categories, media, in several languages. No prices, no stock."""

from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import AuditEntry, ExternalRef, Page, Snapshot, Texts
from springtide.platform.caller import Caller
from springtide.platform.errors import BadInput, Conflict, NotFound, Unprocessable


class ProductNotFound(NotFound):
    """There is no such product."""

    code = "product_not_found"


class CategoryNotFound(NotFound):
    """There is no such category."""

    code = "category_not_found"


class SlugTaken(Conflict):
    """Another product or category of this language has the slug now, or had it and redirects."""

    code = "slug_taken"


class SkuTaken(Conflict):
    """Another variant has the SKU."""

    code = "sku_taken"


class ProductChanged(Conflict):
    """Somebody else changed the product since it was read (`expected_version`)."""

    code = "product_changed"


class ProductNotReady(Unprocessable):
    """A product without an English name, slug or variant cannot be published."""

    code = "product_not_ready"


class InvalidProduct(BadInput):
    """A field is missing, too long or of the wrong form; facts name it."""

    code = "invalid_product"


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold. `options` maps option name to value ("style" -> "red"); names and values are texts per language."""

    sku: str
    options: dict[str, Texts] = {}
    barcode: str = ""
    weight_g: int = 0


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A picture by content hash (SHA-256, hex) in the blob port. `alt` is required in English."""

    hash: str
    content_type: str
    alt: Texts


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product as its owner knows it. `version` rises by one with every change.

    `slugs`: current slug per language. `tax_category`: "standard", "reduced", "super_reduced", "zero".
    `popularity`: units sold in the last year, for sorting; set by imports and later by insight.
    """

    id: UUID
    version: int
    names: Texts
    slugs: Texts
    descriptions: Texts = {}
    category: str = ""
    attributes: dict[str, Texts] = {}
    tax_category: str = "standard"
    variants: tuple[Variant, ...] = ()
    media: tuple[Media, ...] = ()
    published: bool = False
    popularity: int = 0
    old_slugs: dict[str, tuple[str, ...]] = {}
    external_refs: tuple[ExternalRef, ...] = ()


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the category tree. `key` is its stable name; `slugs` and `names` are per language."""

    key: str
    parent: str
    position: int
    names: Texts
    slugs: Texts


class ProductDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a product is made of or changed to. Missing slugs are made from the names."""

    names: Texts
    slugs: Texts = {}
    descriptions: Texts = {}
    category: str = ""
    attributes: dict[str, Texts] = {}
    tax_category: str = "standard"
    variants: tuple[Variant, ...] = ()
    media: tuple[Media, ...] = ()
    popularity: int = 0
    external_refs: tuple[ExternalRef, ...] = ()


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the back office's product list."""

    id: UUID
    name: str
    skus: tuple[str, ...]
    category: str
    published: bool
    popularity: int


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulk import did."""

    created: int
    updated: int
    unchanged: int


class CatalogApi(Protocol):
    """The catalogue's verbs. Writing needs the scope "catalog.write"; `key` makes a write repeatable."""

    async def get_product(self, *, caller: Caller, product_id: UUID) -> Product:
        """Return one product; `ProductNotFound`."""
        ...

    async def get_by_sku(self, *, caller: Caller, sku: str) -> Product:
        """Return the product that has the variant; `ProductNotFound`."""
        ...

    async def list_products(
        self,
        *,
        caller: Caller,
        text: str = "",
        category: str = "",
        published: bool | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[ProductRow]:
        """Return products by id, newest first, filtered by a part of name or SKU. `limit` is at most 200."""
        ...

    async def list_categories(self, *, caller: Caller) -> tuple[Category, ...]:
        """Return the whole tree, parents before children, each level by position."""
        ...

    async def snapshot(self, *, caller: Caller, after: str | None = None) -> Snapshot[Product]:
        """Return one page of all published products for read models."""
        ...

    async def create_product(self, *, caller: Caller, key: str, draft: ProductDraft) -> Product:
        """Make an unpublished product; `SkuTaken`, `SlugTaken`, `CategoryNotFound`, `InvalidProduct`."""
        ...

    async def change_product(
        self, *, caller: Caller, key: str, product_id: UUID, expected_version: int, draft: ProductDraft
    ) -> Product:
        """Replace what a product is made of; a changed slug goes on redirecting. `ProductChanged` and as create."""
        ...

    async def set_published(self, *, caller: Caller, key: str, product_id: UUID, published: bool) -> Product:
        """Show or hide a product; `ProductNotReady`."""
        ...

    async def put_categories(
        self, *, caller: Caller, key: str, categories: tuple[Category, ...]
    ) -> tuple[Category, ...]:
        """Add or replace categories (by key); a parent must exist in the result; no cycles (`InvalidProduct`)."""
        ...

    async def import_products(
        self, *, caller: Caller, key: str, batch: str, drafts: tuple[ProductDraft, ...], publish: bool
    ) -> Imported:
        """Add or change many products by their first external ref (at most 500 a call); one event per product."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...
