"""The web role over a real catalogue and stream: what a shop sees over HTTP, also without its database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from springtide.bootstrap import Node
from springtide.channels.web import web
from springtide.contracts.catalog.api import CatalogApi, ProductDraft, Variant
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from tests.unit.browse.goods import CATEGORIES, Contexts

CALLER = system("test")


@pytest.fixture
async def node(node_with: Callable[..., Awaitable[Node]]) -> Node:
    contexts = Contexts()
    fakes = {PricingApi: contexts.ask(PricingApi), InventoryApi: contexts.ask(InventoryApi)}
    node = await node_with("catalog", fakes=fakes, background=True)
    catalog = node.ask(CatalogApi)
    await catalog.put_categories(caller=CALLER, key=new_key(), categories=CATEGORIES)
    draft = ProductDraft(
        names={"en": "Brass lantern", "nl": "Messing lantaarn"}, category="lanterns", variants=(Variant(sku="L1"),)
    )
    made = await catalog.create_product(caller=CALLER, key=new_key(), draft=draft)
    await catalog.set_published(caller=CALLER, key=new_key(), product_id=made.id, published=True)
    return node


@asynccontextmanager
async def opened(node: Node, folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with (
        web(ask=node.ask, bus=node.bus, public_url="http://shop", default_market="GB", data_dir=folder) as app,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://shop") as http,  # type: ignore[arg-type]
    ):
        deadline = asyncio.get_running_loop().time() + 15
        while (await http.get("/readyz")).status_code != 200:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.02)
        yield http


async def test_a_published_product_is_found_and_shown_in_the_markets_language(node: Node, tmp_path: Path) -> None:
    async with opened(node, tmp_path) as http:
        found = (await http.get("/api/products?market=NL&q=lantarn")).json()
        assert [card["name"] for card in found["cards"]] == ["Messing lantaarn"]
        shown = (await http.get(f"/api/products/{found['cards'][0]['slug']}?market=NL")).json()
        assert shown["product"]["slugs"] == {"en": "brass-lantern", "nl": "messing-lantaarn"}
        assert [(offer["sku"], offer["price_minor"], offer["currency"]) for offer in shown["offers"]] == [
            ("L1", 1295, "EUR")
        ]


async def test_a_process_started_while_the_database_is_down_serves_products_and_says_503_to_writes(
    node: Node, tmp_path: Path
) -> None:
    async with opened(node, tmp_path):
        pass
    for database in node.databases.values():
        await database.close()
    async with opened(node, tmp_path) as http:
        assert (await http.get("/api/products/brass-lantern")).json()["product"]["name"] == "Brass lantern"
        body = {"market": "GB", "locale": "en", "lines": [{"sku": "L1", "quantity": 1}]}
        refused = await http.post("/api/carts", json=body, headers={"Idempotency-Key": new_key()})
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert int(refused.headers["retry-after"]) >= 1
