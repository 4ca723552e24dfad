"""What pricing takes from the catalogue: tax categories, and categories that promotions select by."""

from typing import Any

import msgspec
import pytest

from springtide.contracts.catalog.api import Category, Product, Variant
from springtide.contracts.catalog.events import CategoriesChanged, ProductChangedEvent
from springtide.contracts.pricing.api import PriceMode, PriceNotFound
from springtide.platform.events import Envelope, Event
from springtide.platform.ids import uuid7
from springtide.platform.inbox import Consumer
from tests.context.pricing.shop import GB, NL, US, Shop, market, now

TREE = (("gifts", ""), ("cards", "gifts"), ("christmas", "cards"), ("mugs", ""))
PRODUCT = uuid7()


def envelope(event: Event, version: int, aggregate: object) -> Envelope:
    return Envelope(
        id=uuid7(),
        type=event.TYPE,
        version=1,
        aggregate_id=str(aggregate),
        aggregate_version=version,
        occurred_at=now(),
        actor="system:catalog",
        cause="",
        trace="",
        market="",
        payload=msgspec.Raw(msgspec.json.encode(event)),
    )


async def take(shop: Shop, event: Event, version: int, aggregate: object) -> str:
    node = shop.node
    by_type: dict[str, Any] = {one.event.TYPE: one for one in node.built["pricing"].subscriptions}
    consumer = Consumer(node.databases["pricing"], node.bus, by_type, name="pricing")
    outcome = await consumer.take(envelope(event, version, aggregate))
    await shop.loop("refresh_books")
    return outcome


async def say(
    shop: Shop, version: int, category: str, tax_category: str = "standard", *skus: str, published: bool = True
) -> str:
    product = Product(
        id=PRODUCT,
        version=version,
        names={"en": "Card"},
        slugs={"en": "card"},
        category=category,
        tax_category=tax_category,
        published=published,
        variants=tuple(Variant(sku=sku) for sku in skus or ("CARD",)),
    )
    return await take(shop, ProductChangedEvent(product=product), version, PRODUCT)


async def tree(shop: Shop, version: int, *nodes: tuple[str, str]) -> None:
    categories = tuple(
        Category(key=key, parent=parent, position=0, names={"en": key}, slugs={"en": key}) for key, parent in nodes
    )
    await take(shop, CategoriesChanged(categories=categories), version, "categories")


async def test_the_catalogues_tax_category_decides_the_rate(shop: Shop) -> None:
    await shop.price("CARD", 1090, at="NL")
    assert (await shop.quote(("CARD", 1), at="NL")).lines[0].money.rate_bp == 2100
    assert await say(shop, 2, "cards", "reduced") == "taken"
    money = (await shop.quote(("CARD", 1), at="NL")).lines[0].money
    assert (money.rate_bp, money.tax_minor, money.tax_category) == (900, 90, "reduced")
    await shop.price("CARD", 1090, at="NL", tax_category="standard")
    assert (await shop.quote(("CARD", 1), at="NL")).lines[0].money.rate_bp == 900
    assert await say(shop, 1, "cards", "zero") == "older"
    assert (await shop.quote(("CARD", 1), at="NL")).lines[0].money.rate_bp == 900


async def test_a_new_tax_category_moves_the_shown_price_of_a_net_market(shop: Shop) -> None:
    net = market("NET", "EUR", "NL", fx="0.86", mode=PriceMode.NET)
    await shop.open(GB, NL, net)
    await shop.price("CARD", 1000, at="NET")
    assert (await shop.current("CARD", "NET")).gross_minor == 1210
    await say(shop, 1, "cards", "reduced")
    assert (await shop.current("CARD", "NET")).gross_minor == 1090
    assert await shop.history("CARD", "NET") == [(1000, 1000)]
    await shop.assert_clean()


async def test_a_promotion_on_a_category_reaches_all_below_it(shop: Shop) -> None:
    await shop.price("CARD", 1000)
    await shop.price("MUG", 1000)
    await tree(shop, 1, *TREE)
    await say(shop, 1, "christmas")
    await shop.promote("sale", conditions={"categories": ("gifts",)})
    assert [(await shop.current(sku)).gross_minor for sku in ("CARD", "MUG")] == [900, 1000]
    assert (await shop.quote(("CARD", 1), ("MUG", 1))).total_minor == 1900


async def test_moving_a_product_or_a_category_moves_its_price(shop: Shop) -> None:
    await shop.price("CARD", 1000)
    await tree(shop, 1, *TREE)
    await say(shop, 1, "mugs")
    await shop.promote("sale", conditions={"categories": ("gifts",)})
    assert (await shop.current("CARD")).gross_minor == 1000
    await say(shop, 2, "christmas")
    assert (await shop.current("CARD")).gross_minor == 900
    await tree(shop, 2, ("gifts", ""), ("cards", ""), ("christmas", "cards"), ("mugs", ""))
    assert (await shop.current("CARD")).gross_minor == 1000
    assert (await shop.quote(("CARD", 1))).total_minor == 1000
    await shop.assert_clean()


async def test_a_product_without_prices_changes_none(shop: Shop) -> None:
    assert await say(shop, 1, "cards", "reduced", "A", "B") == "taken"
    page = await shop.api.snapshot(caller=US)
    assert page.items == ()


async def test_a_hidden_product_is_not_sold_and_a_published_one_is(shop: Shop) -> None:
    await shop.price("CARD", 1000)
    await say(shop, 1, "cards")
    assert (await shop.quote(("CARD", 1))).total_minor == 1000
    await say(shop, 2, "cards", published=False)
    with pytest.raises(PriceNotFound) as refused:
        await shop.quote(("CARD", 1))
    assert refused.value.facts == {"sku": "CARD", "market": "GB"}
    assert (await shop.current("CARD")).gross_minor == 1000
    await shop.price("CARD", 900)
    await shop.assert_clean()
    await say(shop, 3, "cards")
    assert (await shop.quote(("CARD", 1))).total_minor == 900
