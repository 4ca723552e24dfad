"""The catalogue's contract, delegated to one module per use case."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from springtide.contexts.catalog.service import read_products
from springtide.contexts.catalog.service.put_categories import put_categories
from springtide.contexts.catalog.service.write_products import (
    change_product,
    create_product,
    import_products,
    set_published,
)
from springtide.contracts.catalog.api import Category, Imported, Product, ProductDraft, ProductRow
from springtide.contracts.common import AuditEntry, Page, Snapshot
from springtide.platform.audit import audit_entries
from springtide.platform.caller import Caller
from springtide.platform.usecase import write
from springtide.platform.wiring import Needs

Reply = TypeVar("Reply")


class CatalogService:
    """Implements `contracts.catalog.api.CatalogApi`."""

    def __init__(self, needs: Needs) -> None:
        self._db = needs.db
        self._now_sequence = needs.now_sequence

    async def get_product(self, *, caller: Caller, product_id: UUID) -> Product:
        """See the contract."""
        del caller  # anybody may ask
        return await read_products.product(self._db, product_id)

    async def get_by_sku(self, *, caller: Caller, sku: str) -> Product:
        """See the contract."""
        del caller  # anybody may ask
        return await read_products.product_by_sku(self._db, sku)

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
        """See the contract."""
        del caller  # anybody may ask
        return await read_products.product_rows(
            self._db, text=text, category=category, published=published, after=after, limit=limit
        )

    async def list_categories(self, *, caller: Caller) -> tuple[Category, ...]:
        """See the contract."""
        del caller  # anybody may ask
        return await read_products.categories(self._db)

    async def snapshot(self, *, caller: Caller, after: str | None = None) -> Snapshot[Product]:
        """See the contract."""
        del caller  # anybody may ask
        sequence = await self._now_sequence()
        items, cursor = await read_products.snapshot_page(self._db, after)
        return Snapshot(items=items, sequence=sequence, after=cursor)

    async def create_product(self, *, caller: Caller, key: str, draft: ProductDraft) -> Product:
        """See the contract."""
        return await self._write(create_product, Product, caller=caller, key=key, arguments={"draft": draft})

    async def change_product(
        self, *, caller: Caller, key: str, product_id: UUID, expected_version: int, draft: ProductDraft
    ) -> Product:
        """See the contract."""
        arguments = {"product_id": product_id, "expected_version": expected_version, "draft": draft}
        return await self._write(change_product, Product, caller=caller, key=key, arguments=arguments)

    async def set_published(self, *, caller: Caller, key: str, product_id: UUID, published: bool) -> Product:
        """See the contract."""
        arguments = {"product_id": product_id, "published": published}
        return await self._write(set_published, Product, caller=caller, key=key, arguments=arguments)

    async def put_categories(
        self, *, caller: Caller, key: str, categories: tuple[Category, ...]
    ) -> tuple[Category, ...]:
        """See the contract."""
        arguments = {"categories": categories}
        return await self._write(put_categories, tuple[Category, ...], caller=caller, key=key, arguments=arguments)

    async def import_products(
        self, *, caller: Caller, key: str, batch: str, drafts: tuple[ProductDraft, ...], publish: bool
    ) -> Imported:
        """See the contract."""
        arguments = {"batch": batch, "drafts": drafts, "publish": publish}
        return await self._write(import_products, Imported, caller=caller, key=key, arguments=arguments)

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """See the contract."""
        return await audit_entries(self._db, caller, aggregate_id=aggregate_id, before=before, limit=limit)

    async def _write(
        self,
        use_case: Callable[..., Awaitable[Reply]],
        reply: type[Reply],
        *,
        caller: Caller,
        key: str,
        arguments: Mapping[str, Any],
    ) -> Reply:
        """Run a use case under its own name, with the arguments that are also its request."""
        caller.require("catalog.write")
        return await write(
            self._db,
            caller=caller,
            operation=use_case.__name__,
            key=key,
            request=arguments,
            reply=reply,
            work=lambda tx: use_case(tx, **arguments),
        )
