"""A small shop for the read side: products, prices, bands, markets, and contracts that serve them page by page."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from springtide.channels.browse.shelf import Shelf
from springtide.contracts.catalog.api import CatalogApi, Category, Product, Variant
from springtide.contracts.common import Address, Snapshot
from springtide.contracts.inventory.api import Availability, Band, InventoryApi
from springtide.contracts.pricing.api import Market, Price, PriceMode, PricingApi, Seller, ShippingMethod, ShopFront
from springtide.platform.events import Envelope, Event
from springtide.platform.ids import uuid7


def market(key: str, currency: str, *languages: str) -> Market:
    standard = ShippingMethod(
        key="standard",
        names={"en": "Standard", "nl": "Standaard"},
        carrier="post",
        countries=(key,),
        price_minor=495,
        free_from_minor=5000,
        days_min=1,
        days_max=3,
        cut_off_local="16:00",
    )
    return Market(
        key=key,
        seller="springtide",
        currency=currency,
        price_mode=PriceMode.GROSS,
        countries=(key,),
        languages=languages,
        time_zone="Europe/London",
        shipping_methods=(standard,),
    )


SELLER = Seller(
    key="springtide",
    name="Springtide Gifts Ltd",
    country="GB",
    base_currency="GBP",
    vat_numbers={"GB": "GB123"},
    address=Address(name="Springtide", line1="1 Quay", city="Leeds", postcode="LS1 1AA", country="GB"),
    number_prefix="ST",
)
FRONT = ShopFront(
    sellers=(SELLER,), markets=(market("GB", "GBP", "en"), market("NL", "EUR", "nl"), market("SE", "SEK", "sv"))
)
CATEGORIES = (
    Category(
        key="home", parent="", position=0, names={"en": "Home", "nl": "Wonen"}, slugs={"en": "home", "nl": "wonen"}
    ),
    Category(key="lanterns", parent="home", position=0, names={"en": "Lanterns"}, slugs={"en": "lanterns"}),
    Category(
        key="cards",
        parent="",
        position=1,
        names={"en": "Cards", "nl": "Kaarten"},
        slugs={"en": "cards", "nl": "kaarten"},
    ),
)


def product(
    name: str, sku: str, *, category: str = "home", popularity: int = 1, version: int = 1, **more: Any
) -> Product:
    slug = name.lower().replace(" ", "-").replace("'", "")
    values: dict[str, Any] = {
        "id": uuid7(),
        "version": version,
        "names": {"en": name},
        "slugs": {"en": slug},
        "category": category,
        "variants": (Variant(sku=sku),),
        "published": True,
        "popularity": popularity,
    }
    return Product(**{**values, **more})


LANTERN = product(
    "White metal lantern", "L1", category="lanterns", popularity=50, attributes={"colour": {"en": "White", "nl": "Wit"}}
)
HEART = product(
    "Hanging heart lantern",
    "L2",
    category="lanterns",
    popularity=90,
    attributes={"colour": {"en": "Red", "nl": "Rood"}},
)
CARD = product(
    "Christmas card",
    "C1",
    category="cards",
    popularity=20,
    names={"en": "Christmas card", "nl": "Kerstkaart", "sv": "Julkort"},
    slugs={"en": "christmas-card", "nl": "kerstkaart", "sv": "julkort"},
)
MUG = product(
    "Spotty mug",
    "M-RED",
    popularity=10,
    variants=(
        Variant(sku="M-RED", options={"style": {"en": "Red", "nl": "Rood"}}),
        Variant(sku="M-BLUE", options={"style": {"en": "Blue", "nl": "Blauw"}}),
    ),
)
PRODUCTS = (LANTERN, HEART, CARD, MUG)
PRICES = tuple(
    Price(market=key, sku=sku, gross_minor=amount, version=1)
    for key in ("GB", "NL", "SE")
    for sku, amount in (("L1", 1295), ("L2", 895), ("C1", 195), ("M-RED", 495), ("M-BLUE", 595))
)
BANDS = tuple(
    Availability(market=key, sku=sku, band=band, version=1)
    for key in ("GB", "NL", "SE")
    for sku, band in (
        ("L1", Band.SOLD_OUT),
        ("L2", Band.IN_STOCK),
        ("C1", Band.IN_STOCK),
        ("M-RED", Band.SOLD_OUT),
        ("M-BLUE", Band.FEW_LEFT),
    )
)


def filled_shelf() -> Shelf:
    shelf = Shelf()
    shelf.put_front(FRONT)
    shelf.put_categories(CATEGORIES)
    for price in PRICES:
        shelf.put_price(price)
    for band in BANDS:
        shelf.put_band(band)
    for item in PRODUCTS:
        shelf.put_product(item)
    return shelf


class Contexts:
    """catalog, pricing and inventory in one: what they hold can be changed, and all of them can be away."""

    def __init__(self) -> None:
        self.products: list[Product] = list(PRODUCTS)
        self.prices: list[Price] = list(PRICES)
        self.bands: list[Availability] = list(BANDS)
        self.categories = CATEGORIES
        self.sequence = 0
        self.away: Exception | None = None
        self.asked = 0

    def ask(self, api: type[Any]) -> Any:
        self.asked += 1
        if self.away is not None:
            raise self.away
        return {
            CatalogApi: _Serves(self, "products"),
            PricingApi: _Serves(self, "prices"),
            InventoryApi: _Serves(self, "bands"),
        }[api]


class _Serves:
    def __init__(self, contexts: Contexts, what: str) -> None:
        self._contexts = contexts
        self._what = what

    async def snapshot(self, *, caller: Any, after: str | None = None) -> Snapshot[Any]:
        items: Sequence[Any] = getattr(self._contexts, self._what)
        at = int(after or 0)
        end = at + 2
        return Snapshot(
            items=tuple(items[at:end]), sequence=self._contexts.sequence, after=str(end) if end < len(items) else None
        )

    async def list_categories(self, *, caller: Any) -> tuple[Category, ...]:
        return self._contexts.categories

    async def shop_front(self, *, caller: Any) -> ShopFront:
        return FRONT


class _Arrived(msgspec.Struct):
    """What the follower looks at of a delivery."""

    envelope: Envelope


class FakeBus:
    """A stream in memory; `cut` makes every follower fail once."""

    def __init__(self) -> None:
        self.events: list[Envelope] = []
        self._happened = asyncio.Event()
        self._cut = 0
        self.followed_from: list[int | None] = []

    def emit(self, event: Event, *, aggregate: str = "x") -> None:
        self.events.append(
            Envelope(
                id=uuid7(),
                type=event.TYPE,
                version=1,
                aggregate_id=aggregate,
                aggregate_version=len(self.events) + 1,
                occurred_at=datetime.now(UTC),
                actor="",
                cause="",
                trace="",
                market="",
                payload=msgspec.Raw(msgspec.json.encode(event)),
            )
        )
        self._happened.set()

    def cut(self) -> None:
        self._cut += 1
        self._happened.set()

    async def follow(self, types: Sequence[str], *, after_sequence: int | None) -> AsyncIterator[list[_Arrived]]:
        self.followed_from.append(after_sequence)
        at, cut = after_sequence or 0, self._cut
        while True:
            if self._cut != cut:
                msg = "the bus is away"
                raise ConnectionError(msg)
            fresh = self.events[at:]
            yield [_Arrived(envelope) for envelope in fresh]
            at += len(fresh)
            self._happened.clear()
            await self._happened.wait()


async def looks(within_s: float) -> AsyncIterator[bool]:
    """Give chances to look, ten milliseconds apart, and tell of each whether it is the last.

    Time in which this process gets no turn counts as one look: a slow machine does not break a promise of a second, a
    pause of ours does. Three times as many looks as fit into the time, for engines that get fewer turns than we do.
    """
    for left in reversed(range(round(within_s * 300))):
        yield left == 0
        await asyncio.sleep(0.01)


async def until(condition: Any, *, within_s: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)
