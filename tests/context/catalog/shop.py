"""Shorthand for the catalogue's contract."""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from springtide.bootstrap import Node
from springtide.contracts.catalog.api import CatalogApi, Imported, Product, ProductDraft, Variant
from springtide.contracts.common import ExternalRef
from springtide.platform.caller import Caller, system
from springtide.platform.usecase import new_key

TABLES = ("product", "variant", "external_ref", "slug", "category", "catalogue", "outbox", "audit")


def draft(name: str = "Red mug", **changes: Any) -> ProductDraft:
    values = {"names": {"en": name}, "variants": (Variant(sku=f"{name.upper()}-1"),), **changes}
    return ProductDraft(**values)


def imported_draft(number: int, name: str = "", **changes: Any) -> ProductDraft:
    return draft(
        name or f"Product {number}",
        variants=(Variant(sku=f"S{number}", options={"style": {"en": "red", "nl": "rood"}}),),
        external_refs=(ExternalRef("old-shop", str(number)),),
        **changes,
    )


@dataclass
class Shop:
    """What a test does not talk about is filled in."""

    node: Node
    caller: Caller = field(default_factory=lambda: system("test"))

    @property
    def api(self) -> CatalogApi:
        return self.node.ask(CatalogApi)

    async def create(self, made_of: ProductDraft) -> Product:
        return await self.api.create_product(caller=self.caller, key=new_key(), draft=made_of)

    async def change(self, product: Product, made_of: ProductDraft, version: int | None = None) -> Product:
        return await self.api.change_product(
            caller=self.caller,
            key=new_key(),
            product_id=product.id,
            expected_version=product.version if version is None else version,
            draft=made_of,
        )

    async def show(self, product: Product, *, published: bool = True) -> Product:
        return await self.api.set_published(
            caller=self.caller, key=new_key(), product_id=product.id, published=published
        )

    async def bring_in(self, *drafts: ProductDraft, publish: bool = True) -> Imported:
        return await self.api.import_products(
            caller=self.caller, key=new_key(), batch="first", drafts=drafts, publish=publish
        )

    async def names(self, **filters: Any) -> list[str]:
        page = await self.api.list_products(caller=self.caller, **filters)
        return [row.name for row in page.items]

    async def sql(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """Run a statement as the administrator, in the catalogue's schema."""
        async with await psycopg.AsyncConnection.connect(
            self.node.settings.database_url, autocommit=True, options="-c search_path=catalog"
        ) as connection:
            return await (await connection.execute(statement, params)).fetchall()

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all facts: a refusal must leave them as they were."""
        return {table: await self.sql(f"select * from {table} order by 1, 2") for table in TABLES}  # noqa: S608 - our own names

    async def events(self, kind: str) -> list[tuple[Any, ...]]:
        return await self.sql(
            "select aggregate_id, aggregate_version, convert_from(payload, 'UTF8')::jsonb from outbox"
            " where type = %s order by seq",
            f"catalog.{kind}",
        )
