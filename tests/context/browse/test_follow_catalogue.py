"""The read side over a real stream and a real catalogue."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from springtide.bootstrap import Node
from springtide.channels.browse import Browse, ListQuery, Moved, browsing
from springtide.contracts.catalog.api import CatalogApi, ProductDraft, Variant
from springtide.contracts.inventory.api import Availability, Band, InventoryApi
from springtide.contracts.inventory.events import AvailabilityChanged
from springtide.contracts.pricing.api import Price, PricingApi
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from tests.unit.browse.goods import CATEGORIES, Contexts, FakeBus, looks, until

CALLER = system("test")
SEEN_WITHIN_S = 1.0


class Open:
    """A running read side next to a real catalogue."""

    def __init__(self, node: Node, browse: Browse) -> None:
        self.browse = browse
        self._catalog = node.ask(CatalogApi)

    async def publish(self, name: str, sku: str) -> UUID:
        draft = ProductDraft(names={"en": name}, category="home", variants=(Variant(sku=sku),))
        made = await self._catalog.create_product(caller=CALLER, key=new_key(), draft=draft)
        await self._catalog.set_published(caller=CALLER, key=new_key(), product_id=made.id, published=True)
        return made.id

    async def rename(self, product_id: UUID, name: str, sku: str, slug: str) -> None:
        known = await self._catalog.get_product(caller=CALLER, product_id=product_id)
        draft = ProductDraft(names={"en": name}, slugs={"en": slug}, category="home", variants=(Variant(sku=sku),))
        await self._catalog.change_product(
            caller=CALLER, key=new_key(), product_id=product_id, expected_version=known.version, draft=draft
        )

    async def hide(self, product_id: UUID) -> None:
        await self._catalog.set_published(caller=CALLER, key=new_key(), product_id=product_id, published=False)

    async def finds(self, text: str, expected: list[str], *, within_s: float = SEEN_WITHIN_S) -> None:
        query = ListQuery(market="GB", language="en", text=text)
        async for is_last in looks(within_s):
            found = [card.name for card in (await self.browse.products(query)).cards]
            if found == expected:
                return
            assert not is_last, found


@pytest.fixture
async def node(node_with: Callable[..., Awaitable[Node]]) -> Node:
    contexts = Contexts()
    contexts.prices.extend(Price(market="GB", sku=f"N{n}", gross_minor=500, version=1) for n in range(5))
    fakes = {PricingApi: contexts.ask(PricingApi), InventoryApi: contexts.ask(InventoryApi)}
    node = await node_with("catalog", fakes=fakes, background=True)
    await node.ask(CatalogApi).put_categories(caller=CALLER, key=new_key(), categories=CATEGORIES)
    return node


@asynccontextmanager
async def opened(node: Node, folder: Path | None = None) -> AsyncIterator[Open]:
    async with browsing(ask=node.ask, bus=node.bus, folder=folder) as browse:
        await until(lambda: browse.ready, within_s=15)
        yield Open(node, browse)


async def test_what_is_published_renamed_and_hidden_is_seen_within_a_second(node: Node) -> None:
    async with opened(node) as shop:
        product_id = await shop.publish("Brass lantern", "N0")
        await shop.finds("brass", ["Brass lantern"])
        await shop.rename(product_id, "Copper lantern", "N0", "copper-lantern")
        await shop.finds("copper", ["Copper lantern"])
        await shop.finds("brass", [])
        assert shop.browse.product_by_slug("en", "brass-lantern") == Moved("copper-lantern")
        await shop.hide(product_id)
        await shop.finds("copper", [])


async def test_a_process_that_starts_later_begins_with_a_snapshot_and_goes_on_with_events(node: Node) -> None:
    async with opened(node) as first:
        await first.publish("Brass lantern", "N0")
        await first.finds("lantern", ["Brass lantern"])
    async with opened(node) as second:
        await second.finds("lantern", ["Brass lantern"])
        await second.publish("Copper candle", "N1")
        await second.finds("candle", ["Copper candle"])


async def test_a_band_follows_its_event_from_the_stream(node: Node) -> None:
    async with opened(node) as shop:
        product_id = await shop.publish("Brass lantern", "N0")
        await shop.finds("brass", ["Brass lantern"])
        band = Availability(market="GB", sku="N0", band=Band.FEW_LEFT, version=3)
        written = FakeBus()
        written.emit(AvailabilityChanged(changed=(band,)))
        await node.bus.publish(written.events)
        await until(lambda: shop.browse.offers(product_id, "GB")[0].band is Band.FEW_LEFT)


async def test_a_process_started_while_everything_is_away_serves_what_it_kept(node: Node, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    async with opened(node, folder) as shop:
        await shop.publish("Brass lantern", "N0")
        await shop.finds("brass", ["Brass lantern"])
    for database in node.databases.values():
        await database.close()
    async with opened(node, folder) as again:
        await again.finds("bras", ["Brass lantern"])
