"""A change where it belongs is seen on the pages within a second: real contexts, relay, stream and web role."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from springtide.bootstrap import Node
from springtide.channels.storefront import create_app
from springtide.channels.web import web
from springtide.contracts.catalog.api import CatalogApi, Product, ProductDraft, Variant
from springtide.contracts.inventory.api import InventoryApi, Location, StockLevel
from springtide.contracts.pricing.api import PriceChange, PricingApi
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.pricing.shop import GB, SELLER
from tests.unit.browse.goods import CATEGORIES, looks

SEEN_WITHIN_S = 1.0
US = system("test")
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
SKU = "LAMP"
PRODUCT, LIST, SEARCH = "/en-gb/p/brass-lantern", "/en-gb/c/home", "/en-gb/search?q=lantern"


class Merchant:
    """Changes things through the contracts, and looks at the pages a buyer looks at."""

    def __init__(self, node: Node, http: httpx2.AsyncClient, product: Product) -> None:
        self._catalog, self._pricing = node.ask(CatalogApi), node.ask(PricingApi)
        self._inventory, self._http, self._product = node.ask(InventoryApi), http, product

    async def price(self, amount_minor: int) -> None:
        change = PriceChange(market="GB", sku=SKU, amount_minor=amount_minor)
        await self._pricing.set_prices(caller=US, key=new_key(), changes=(change,))

    async def rename(self, name: str) -> None:
        fields = {field: getattr(self._product, field) for field in ProductDraft.__struct_fields__}
        self._product = await self._catalog.change_product(
            caller=US,
            key=new_key(),
            product_id=self._product.id,
            expected_version=self._product.version,
            draft=ProductDraft(**{**fields, "names": {"en": name}, "slugs": {}}),
        )

    async def count(self, quantity: int) -> None:
        await self._inventory.adjust(
            caller=US, key=new_key(), sku=SKU, location="own", quantity=quantity, reason="counted"
        )

    async def sees(self, path: str, text: str, *, within_s: float = SEEN_WITHIN_S) -> None:
        """Look until `text` is on the page."""
        async for is_last in looks(within_s):
            answer = await self._http.get(path)
            if answer.status_code == 200 and text in answer.text:
                return
            assert not is_last, f"not seen at {path} within {within_s} s: {answer.status_code}"


async def filled(node: Node) -> Product:
    """Put one product on sale in one market."""
    catalog, pricing, inventory = node.ask(CatalogApi), node.ask(PricingApi), node.ask(InventoryApi)
    await pricing.put_market(caller=US, key=new_key(), seller=SELLER, market=GB)
    change = PriceChange(market="GB", sku=SKU, amount_minor=1_295)
    await pricing.import_prices(caller=US, key=new_key(), batch="b", changes=(change,), at=LONG_AGO)
    await catalog.put_categories(caller=US, key=new_key(), categories=CATEGORIES)
    draft = ProductDraft(names={"en": "Brass lantern"}, category="home", variants=(Variant(sku=SKU),))
    made = await catalog.create_product(caller=US, key=new_key(), draft=draft)
    shop = Location(key="own", name="Own", external=False, ranks={"GB": 0})
    await inventory.put_location(caller=US, key=new_key(), location=shop)
    level = StockLevel(sku=SKU, location="own", quantity=50, low_stock_at=3)
    await inventory.import_stock(caller=US, key=new_key(), batch="b", levels=(level,), at=LONG_AGO)
    return await catalog.set_published(caller=US, key=new_key(), product_id=made.id, published=True)


@pytest.fixture
async def merchant(node_with: NodeWith, tmp_path: Path) -> AsyncIterator[Merchant]:
    node = await node_with("catalog", "pricing", "inventory", background=True)
    product = await filled(node)
    async with (
        web(
            ask=node.ask,
            bus=node.bus,
            public_url="http://shop",
            default_market="GB",
            data_dir=tmp_path,
            storefront=create_app,
        ) as app,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://shop") as http,  # type: ignore[arg-type]
    ):
        opened = Merchant(node, http, product)
        clock = asyncio.get_running_loop().time
        deadline = clock() + 15
        while "12.95" not in (await http.get(LIST)).text:
            assert clock() < deadline, "the shop did not open"
            await asyncio.sleep(0.02)
        await opened.sees(PRODUCT, "In stock", within_s=10)
        yield opened


async def test_a_new_price_is_on_product_list_and_search_page(merchant: Merchant) -> None:
    await merchant.price(2_345)
    await asyncio.gather(*(merchant.sees(path, "23.45") for path in (PRODUCT, LIST, SEARCH)))


async def test_a_new_name_is_on_product_list_and_search_page(merchant: Merchant) -> None:
    await merchant.rename("Copper lantern")
    moved = PRODUCT.replace("brass", "copper")
    await asyncio.gather(*(merchant.sees(path, "Copper lantern") for path in (moved, LIST, SEARCH)))


async def test_a_band_is_on_product_and_list_page(merchant: Merchant) -> None:
    await merchant.count(-50)
    await asyncio.gather(*(merchant.sees(path, "Sold out") for path in (PRODUCT, LIST)))
