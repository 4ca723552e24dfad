from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from springtide.channels.browse.search import Indexed, SearchIndex, Text
from springtide.channels.browse.words import load_lexicons
from springtide.platform.ids import uuid7


class Shop:
    """An index over names per language; `find` answers with English names."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index
        self._names: dict[UUID, str] = {}

    async def put(self, *products: dict[str, str], popularity: int = 1, body: str = "", sku: str = "X1") -> list[UUID]:
        batch = [
            Indexed(uuid7(), (sku,), popularity, {language: Text(name, "", body) for language, name in names.items()})
            for names in products
        ]
        self._names.update({item.id: item.texts["en"].name for item in batch})
        await self._index.apply(batch)
        return [item.id for item in batch]

    async def drop(self, *products: UUID) -> None:
        await self._index.apply([], products)

    async def find(self, text: str, language: str = "en") -> list[str]:
        return [self._names[product] for product in (await self._index.search(text, language)).products]

    async def corrected(self, text: str, language: str = "en") -> bool:
        return (await self._index.search(text, language)).corrected


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    index = SearchIndex(("en", "nl", "sv"), load_lexicons(Path("springtide/demo/data/translations")))
    yield Shop(index)
    index.close()


async def test_words_are_found_in_any_order_and_form(shop: Shop) -> None:
    await shop.put({"en": "White hanging lantern"}, {"en": "Red mug"})
    assert await shop.find("lanterns white") == ["White hanging lantern"]
    assert await shop.find("blue lantern mug") == []


@pytest.mark.parametrize("typo", ["lantren", "lantrn", "laantern", "lentern", "umbrela", "umrbella"])
async def test_typos_are_forgiven(shop: Shop, typo: str) -> None:
    await shop.put({"en": "White lantern"}, {"en": "Red umbrella"})
    expected = ["White lantern"] if typo.startswith("l") else ["Red umbrella"]
    assert await shop.find(typo) == expected
    assert await shop.corrected(typo)


async def test_long_words_may_be_wrong_twice_short_ones_not_at_all(shop: Shop) -> None:
    await shop.put({"en": "Decorations"}, {"en": "Mug"})
    assert await shop.find("decoratoin") == ["Decorations"]
    assert await shop.find("dekoratons") == ["Decorations"]
    assert await shop.find("mag") == []


async def test_exact_matches_come_before_similar_ones(shop: Shop) -> None:
    await shop.put({"en": "Hart"}, popularity=100_000)
    await shop.put({"en": "Heart"}, {"en": "Heart of gold"})
    assert (await shop.find("heart"))[:2] == ["Heart", "Heart of gold"]
    assert not await shop.corrected("heart")


async def test_parts_of_dutch_and_swedish_compounds_find_the_whole(shop: Shop) -> None:
    await shop.put(
        {"en": "Christmas card", "nl": "Kerstkaart", "sv": "Julkort"},
        {"en": "Tealight holder", "nl": "Theelichthouder", "sv": "Ljuslykta"},
    )
    for text in ("kaart", "kaarten", "kerst", "kerst kaart"):
        assert await shop.find(text, "nl") == ["Christmas card"]
    for text in ("kort", "jul kort"):
        assert await shop.find(text, "sv") == ["Christmas card"]
    assert await shop.find("houder", "nl") == ["Tealight holder"]


async def test_compounds_are_split_by_the_catalogues_own_words_without_any_data() -> None:
    index = SearchIndex(("en", "nl"))
    shop = Shop(index)
    await shop.put(
        {"en": "Mirror", "nl": "Spiegel"}, {"en": "Wall", "nl": "Muur"}, {"en": "Wall mirror", "nl": "Muurspiegels"}
    )
    assert set(await shop.find("spiegel", "nl")) == {"Mirror", "Wall mirror"}
    assert not await shop.corrected("spiegel", "nl")
    index.close()


async def test_words_written_apart_find_the_compound(shop: Shop) -> None:
    await shop.put({"en": "Regency teapot"}, {"en": "Tea towel"})
    assert await shop.find("tea pot") == ["Regency teapot"]


async def test_synonyms_find_each_other(shop: Shop) -> None:
    await shop.put({"en": "Christmas garland"})
    assert await shop.find("xmas") == ["Christmas garland"]


async def test_the_last_word_may_be_unfinished(shop: Shop) -> None:
    await shop.put({"en": "Hanging lantern"})
    assert await shop.find("hanging lan") == ["Hanging lantern"]
    assert await shop.find("") == []


async def test_skus_and_descriptions_are_searched_too(shop: Shop) -> None:
    await shop.put({"en": "Mug"}, sku="85123A", body="made of porcelain")
    assert await shop.find("85123a") == ["Mug"]
    assert await shop.find("porcelain") == ["Mug"]


async def test_names_come_before_descriptions_and_popularity_decides_between_equals(shop: Shop) -> None:
    await shop.put({"en": "Vase"}, body="goes well with a lantern", popularity=100_000)
    await shop.put({"en": "Blue lantern"}, popularity=1)
    await shop.put({"en": "Grey lantern"}, popularity=5_000)
    assert await shop.find("lantern") == ["Grey lantern", "Blue lantern", "Vase"]


async def test_a_changed_product_is_found_by_its_new_name_only_and_a_dropped_one_not_at_all(shop: Shop) -> None:
    (product,) = await shop.put({"en": "Old lantern"})
    await shop._index.apply([Indexed(product, ("X1",), 1, {"en": Text("New candle", "", "")})])
    shop._names[product] = "New candle"
    assert await shop.find("candle") == ["New candle"]
    assert await shop.find("lantern") == []
    await shop.drop(product)
    assert await shop.find("candle") == []


@pytest.mark.parametrize(
    "text", ["x" * 5_000, "a b c d e f g h i j k l", '"', "AND OR NOT", "name_en:x~2^", "日本", "%", "-1"]
)
async def test_any_text_is_answered(shop: Shop, text: str) -> None:
    await shop.put({"en": "Mug"})
    assert isinstance(await shop.find(text), list)
