from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from springtide.channels.browse.documents import (
    DOCUMENT_LIMIT_BYTES,
    Documents,
    decode_document,
    encode_documents,
    unpacked,
)
from springtide.channels.browse.indexer import indexed
from springtide.channels.browse.listing import ListQuery, listing, rows, whole_in_language
from springtide.channels.browse.shelf import Shelf, entry_of
from springtide.channels.browse.views import ProductDocument
from springtide.contexts.catalog.domain.wellformed import check_draft
from springtide.contracts.catalog.api import Media, Product, ProductDraft, Variant
from springtide.contracts.pricing.api import Price
from springtide.demo.products import drafts
from springtide.platform.ids import uuid7
from tests.unit.browse.goods import CARD, FRONT, LANTERN, MUG, product

WIDE = "\U0001f30a"  # four bytes
ESCAPED = "\x01"  # six bytes once it is JSON
LANGUAGES = [first + second for first in "abcdefghijklmnopqrstuvwxyz" for second in "anrsu"]
PICTURES = tuple(
    Media(hash=f"{n:064x}", content_type=f"image/{'x' * 40}", alt={"en": ESCAPED * 200}) for n in range(50)
)


def whole(made: Documents, language: str) -> ProductDocument:
    packed = made.whole.get(language)
    return decode_document(made.short[language] if packed is None else unpacked(packed))


def draft(**values: Any) -> ProductDraft:
    plain: dict[str, Any] = {
        "names": {"en": "Large"},
        "slugs": {"en": "l" * 100},
        "category": "c" * 100,
        "variants": (Variant(sku=WIDE * 100),),
        **values,
    }
    return ProductDraft(**plain)


def published(made: ProductDraft) -> Product:
    check_draft(made)  # a product the catalogue would take
    content = {"slugs": {"en": "product"}, **msgspec.structs.asdict(made)}
    return Product(id=uuid7(), version=2**60, published=True, **content)


WORST: dict[str, Callable[[], ProductDraft]] = {
    "long description": lambda: draft(descriptions={"en": WIDE * 10_000}),
    "control characters": lambda: draft(names={"en": ESCAPED * 200}, descriptions={"en": ESCAPED * 10_000}),
    "many variants": lambda: draft(
        variants=tuple(
            Variant(sku=f"{number:x>100}", options={"size": {"en": f"{number}", "nl": f"{number}"}})
            for number in range(200)
        )
    ),
    "many options": lambda: draft(
        variants=tuple(
            Variant(sku=f"V{number}", options={f"o{option}": {"en": "v" * 200} for option in range(20)})
            for number in range(40)
        )
    ),
    "many attributes": lambda: draft(attributes={f"{n:a>100}": {"en": ESCAPED * 200} for n in range(100)}),
    "many pictures": lambda: draft(media=PICTURES),
    "many languages": lambda: draft(
        names=dict.fromkeys(["en", *LANGUAGES], ESCAPED * 100),
        slugs={language: f"{language}-{'s' * 90}" for language in ["en", *LANGUAGES]},
    ),
}


def test_there_is_a_document_for_every_language_something_is_written_in() -> None:
    assert set(encode_documents(CARD).short) == {"en", "nl", "sv"}
    assert set(encode_documents(LANTERN).short) == {"en", "nl"}


def test_texts_fall_back_to_english_one_by_one() -> None:
    dutch = decode_document(encode_documents(MUG).short["nl"])
    assert dutch.name == "Spotty mug"
    assert [variant.options for variant in dutch.variants] == [{"style": "Rood"}, {"style": "Blauw"}]


@pytest.mark.parametrize("worst", WORST)
def test_no_product_the_catalogue_takes_makes_a_document_above_the_limit_and_nothing_of_it_is_lost(worst: str) -> None:
    large = published(WORST[worst]())
    made = encode_documents(large)
    assert max(map(len, made.short.values())) <= DOCUMENT_LIMIT_BYTES
    assert "en" in made.whole
    for language in ("en", list(made.short)[-1]):
        full = whole(made, language)
        assert full.name == large.names.get(language, large.names["en"])
        assert full.description == large.descriptions.get("en", "")
        assert [variant.sku for variant in full.variants] == [variant.sku for variant in large.variants]
        assert [picture.hash for picture in full.media] == [media.hash for media in large.media]
        assert full.attributes == {key: texts["en"] for key, texts in large.attributes.items()}
        assert full.slugs == large.slugs


def test_a_document_that_fits_is_kept_once_and_as_it_is() -> None:
    written = msgspec.structs.replace(LANTERN, descriptions={"en": "A lantern of white metal. " * 60})
    made = encode_documents(written)
    assert made.whole == {}
    assert decode_document(made.short["en"]).description == written.descriptions["en"]


def test_the_whole_demo_catalogue_fits_without_a_second_form() -> None:
    made = [encode_documents(published(one)) for one in drafts()]
    largest = max(len(document) for one in made for document in one.short.values())
    assert len(made) > 3_000
    assert largest <= DOCUMENT_LIMIT_BYTES
    assert not any(one.whole for one in made)


def test_a_list_shows_a_product_that_does_not_fit_and_the_index_knows_all_its_words() -> None:
    sizes = tuple(Variant(sku=f"S{n}", options={"size": {"en": f"Size {n}"}}) for n in range(200))
    large = product(
        "Great coat",
        "S0",
        variants=sizes,
        descriptions={"en": "warm " * 1_500 + "sealskin"},
        media=(Media(hash="ab" * 32, content_type="image/png", alt={"en": "A coat"}),),
    )
    shelf, entry = Shelf(), entry_of(large)
    shelf.put_front(FRONT)
    shelf.put_product(large)
    shelf.put_price(Price(market="GB", sku="S0", gross_minor=4_900, version=1))
    shown = listing(shelf, ListQuery(market="GB", language="en"), rows(shelf, "GB", [entry])).cards[0]
    assert (shown.name, shown.slug, shown.picture) == ("Great coat", "great-coat", "ab" * 32)
    text = indexed(shelf, entry, ["en"]).texts["en"].body
    assert "sealskin" in text
    assert "Size 199" in text
    assert decode_document(whole_in_language(entry, "sv")).variants[199].options == {"size": "Size 199"}
