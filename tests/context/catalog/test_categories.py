"""The category tree."""

import asyncio

import pytest

from springtide.contracts.catalog.api import Category, InvalidProduct, SlugTaken
from springtide.platform.usecase import new_key
from tests.context.catalog.shop import Shop, draft


async def put(shop: Shop, *categories: Category) -> tuple[Category, ...]:
    return await shop.api.put_categories(caller=shop.caller, key=new_key(), categories=categories)


def category(key: str, parent: str = "", position: int = 0, **slugs: str) -> Category:
    return Category(key=key, parent=parent, position=position, names={"en": key.title()}, slugs=slugs)


async def test_tree_comes_parents_first_by_position(shop: Shop) -> None:
    tree = await put(shop, category("first", position=0), category("deep", "mugs"))
    assert [one.key for one in tree] == ["first", "home", "cards", "mugs", "deep"]
    assert await shop.api.list_categories(caller=shop.caller) == tree
    assert tree[1].slugs == {"en": "home", "nl": "wonen"}
    events = await shop.events("categories_changed")
    assert [version for _, version, _ in events] == [1, 2]
    assert len(events[-1][2]["categories"]) == 5


async def test_same_tree_again_tells_nothing(shop: Shop) -> None:
    tree = await shop.api.list_categories(caller=shop.caller)
    assert await put(shop, *tree) == tree
    assert len(await shop.events("categories_changed")) == 1


async def test_renamed_category_keeps_its_old_slug_from_others(shop: Shop) -> None:
    await put(shop, Category(key="cards", parent="", position=1, names={"en": "Greetings"}, slugs={}))
    assert (await shop.create(draft("Cards"))).slugs["en"] == "cards-2"


@pytest.mark.parametrize(
    ("categories", "refusal"),
    [
        ((category("x", "nowhere"),), InvalidProduct),
        ((category("home", "mugs"),), InvalidProduct),
        ((category("x", "x"),), InvalidProduct),
        ((category("x", en="mugs"),), SlugTaken),
        ((category("x"), category("x")), InvalidProduct),
        ((category("Bad Key"),), InvalidProduct),
        ((Category(key="x", parent="", position=0, names={"nl": "X"}, slugs={}),), InvalidProduct),
    ],
)
async def test_refused_categories_change_nothing(
    shop: Shop, categories: tuple[Category, ...], refusal: type[Exception]
) -> None:
    before = await shop.everything()
    with pytest.raises(refusal):
        await put(shop, *categories)
    assert await shop.everything() == before


async def test_writers_at_once_take_turns(shop: Shop) -> None:
    made = await asyncio.gather(
        *(shop.create(draft("Same name", variants=())) for _ in range(12)), put(shop, category("same-name"))
    )
    slugs = {product.slugs["en"] for product in made[:12]} | {made[12][0].slugs["en"]}
    assert len({product.slugs["en"] for product in made[:12]}) == 12
    assert "same-name" in slugs | {one.slugs["en"] for one in made[12]}
