from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from springtide.channels.browse import Browse, Found, ListQuery, Moved, browsing
from springtide.contracts.catalog.api import CategoryNotFound, ProductNotFound
from springtide.contracts.catalog.events import CategoriesChanged, ProductChangedEvent
from springtide.contracts.inventory.api import Availability, Band
from springtide.contracts.inventory.events import AvailabilityChanged
from springtide.contracts.pricing.api import MarketNotFound, Price
from springtide.contracts.pricing.events import PricesChanged
from springtide.platform.errors import Unavailable
from springtide.platform.ids import uuid7
from tests.unit.browse.goods import CARD, CATEGORIES, LANTERN, MUG, Contexts, FakeBus, looks, product, until


class Running:
    def __init__(self, browse: Browse, contexts: Contexts, bus: FakeBus) -> None:
        self.browse, self.contexts, self.bus = browse, contexts, bus

    async def names(self, text: str = "", **query: object) -> list[str]:
        asked = ListQuery(**{"market": "GB", "language": "en", "text": text, **query})  # type: ignore[arg-type]
        return [card.name for card in (await self.browse.products(asked)).cards]

    async def finds(self, text: str, expected: list[str], *, within_s: float = 1.0) -> None:
        """A change must be seen within a second."""
        async for is_last in looks(within_s):
            found = await self.names(text)
            if found == expected:
                return
            assert not is_last, found


@asynccontextmanager
async def opened(folder: Path | None = None, contexts: Contexts | None = None) -> AsyncIterator[Running]:
    contexts, bus = contexts or Contexts(), FakeBus()
    async with browsing(ask=contexts.ask, bus=bus, folder=folder) as browse:  # type: ignore[arg-type]
        yield Running(browse, contexts, bus)


@asynccontextmanager
async def ready(folder: Path | None = None, contexts: Contexts | None = None) -> AsyncIterator[Running]:
    async with opened(folder, contexts) as running:
        await until(lambda: running.browse.ready)
        yield running


async def test_pages_wait_for_the_snapshot_with_a_clear_answer() -> None:
    contexts = Contexts()
    contexts.away = Unavailable("away")
    async with opened(contexts=contexts) as running:
        assert not running.browse.ready
        with pytest.raises(Unavailable):
            await running.names()
        with pytest.raises(Unavailable):
            running.browse.markets()
        contexts.away = None
        await until(lambda: running.browse.ready)
        assert await running.names("lantern") == ["Hanging heart lantern", "White metal lantern"]


async def test_products_are_found_by_slug_and_shown_with_price_and_band() -> None:
    async with ready() as running:
        browse = running.browse
        assert browse.product_by_slug("nl", "kerstkaart") == Found(str(CARD.id))
        assert browse.product(CARD.id, "nl").name == "Kerstkaart"
        offers = browse.offers(MUG.id, "NL")
        assert [(offer.sku, offer.price_minor, offer.band) for offer in offers] == [
            ("M-RED", 495, Band.SOLD_OUT),
            ("M-BLUE", 595, Band.FEW_LEFT),
        ]
        assert browse.line_name("M-BLUE", "nl") == "Spotty mug, Blauw"
        assert [view.key for view in browse.category_path("lanterns", "en")] == ["home", "lanterns"]
        assert [(view.key, view.products) for view in browse.categories("en")] == [
            ("home", 3),
            ("lanterns", 2),
            ("cards", 1),
        ]


async def test_unknown_things_are_refused_by_name() -> None:
    async with ready() as running:
        with pytest.raises(MarketNotFound):
            await running.names(market="XX")
        with pytest.raises(CategoryNotFound):
            await running.names(category="nothing")
        with pytest.raises(ProductNotFound):
            running.browse.product(uuid7(), "en")


async def test_a_rename_is_seen_in_search_suggestions_and_addresses() -> None:
    async with ready() as running:
        renamed = msgspec.structs.replace(
            LANTERN,
            version=2,
            names={"en": "Ivory storm light"},
            slugs={"en": "ivory-storm-light"},
            old_slugs={"en": ("white-metal-lantern",)},
        )
        running.bus.emit(ProductChangedEvent(product=renamed))
        await until(lambda: running.browse.product_by_slug("en", "white-metal-lantern") == Moved("ivory-storm-light"))
        await running.finds("storm", ["Ivory storm light"])
        await running.finds("metal", [])
        await until(lambda: running.browse.suggest("stor", market="GB", language="en").products != ())


async def test_prices_bands_and_categories_follow_events() -> None:
    async with ready() as running:
        running.bus.emit(PricesChanged(prices=(Price(market="GB", sku="C1", gross_minor=99, version=2),)))
        band = Availability(market="GB", sku="C1", band=Band.SOLD_OUT, version=2)
        running.bus.emit(AvailabilityChanged(changed=(band,)))
        running.bus.emit(CategoriesChanged(categories=CATEGORIES[:2]))
        await until(lambda: len(running.browse.categories("en")) == 2)
        card = running.browse.card(CARD.id, "GB", "en")
        assert card is not None
        assert (card.price_minor, card.band) == (99, Band.SOLD_OUT)


async def test_a_hidden_product_is_gone_everywhere() -> None:
    async with ready() as running:
        running.bus.emit(ProductChangedEvent(product=msgspec.structs.replace(CARD, version=2, published=False)))
        await until(lambda: running.browse.product_by_slug("en", "christmas-card") is None)
        await running.finds("christmas", [])
        assert running.browse.card(CARD.id, "GB", "en") is None


async def test_events_missed_while_the_follower_was_away_are_healed_by_a_snapshot() -> None:
    async with ready() as running:
        running.contexts.products = [
            msgspec.structs.replace(LANTERN, version=4, names={"en": "Ship's lantern"}),
            product("New bell", "B1"),
        ]
        running.contexts.prices.append(Price(market="GB", sku="B1", gross_minor=700, version=1))
        running.contexts.sequence = 0
        running.bus.cut()
        await until(lambda: len(running.browse._shelf.products) == 2)
        await running.finds("", ["Ship's lantern", "New bell"])
        await running.finds("christmas", [])
        await running.finds("ship", ["Ship's lantern"])


async def test_following_starts_after_the_smallest_sequence_of_the_snapshot() -> None:
    contexts = Contexts()
    contexts.sequence = 17
    async with ready(contexts=contexts) as running:
        await until(lambda: running.bus.followed_from == [17])


async def test_a_failed_snapshot_leaves_the_shelf_as_it_is() -> None:
    async with ready() as running:
        running.contexts.away = Unavailable("the database is away")
        running.bus.cut()
        asked = running.contexts.asked
        await until(lambda: running.contexts.asked > asked)
        assert len(await running.names()) == 4


async def test_a_process_that_starts_while_everything_is_away_serves_what_it_kept(tmp_path: Path) -> None:
    async with ready(tmp_path):
        pass
    away = Contexts()
    away.away = Unavailable("the database is away")
    async with ready(tmp_path, away) as running:
        assert await running.names("kerstkaart", language="nl", market="NL") == ["Kerstkaart"]
        assert running.browse.offers(CARD.id, "GB")[0].price_minor == 195


async def test_what_was_kept_is_corrected_by_the_snapshot(tmp_path: Path) -> None:
    async with ready(tmp_path):
        pass
    contexts = Contexts()
    contexts.products = [CARD]
    contexts.prices = [Price(market="GB", sku="C1", gross_minor=42, version=0)]
    async with opened(tmp_path, contexts) as running:
        await until(lambda: len(running.browse._shelf.products) == 1)
        await until(lambda: running.browse.ready)
        assert running.browse.offers(CARD.id, "GB")[0].price_minor == 42
