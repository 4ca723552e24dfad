import msgspec

from springtide.channels.browse.documents import DOCUMENT_LIMIT_BYTES, decode_document, encode_documents
from springtide.contracts.catalog.api import Media
from tests.unit.browse.goods import CARD, LANTERN, MUG, product


def test_there_is_a_document_for_every_language_something_is_written_in() -> None:
    assert set(encode_documents(CARD)) == {"en", "nl", "sv"}
    assert set(encode_documents(LANTERN)) == {"en", "nl"}


def test_texts_fall_back_to_english_one_by_one() -> None:
    dutch = decode_document(encode_documents(MUG)["nl"])
    assert dutch.name == "Spotty mug"
    assert [variant.options for variant in dutch.variants] == [{"style": "Rood"}, {"style": "Blauw"}]


def test_a_document_never_takes_more_than_its_limit() -> None:
    media = tuple(Media(hash=f"{n:064x}", content_type="image/jpeg", alt={"en": "Picture " * 12}) for n in range(12))
    large = product("Large", "X", descriptions={"en": "woorden " * 5_000}, media=media)
    encoded = encode_documents(large)["en"]
    assert len(encoded) <= DOCUMENT_LIMIT_BYTES
    document = decode_document(encoded)
    assert document.description.endswith("…")
    assert document.media


def test_a_document_that_fits_is_not_touched() -> None:
    whole = msgspec.structs.replace(LANTERN, descriptions={"en": "A lantern of white metal. " * 60})
    assert decode_document(encode_documents(whole)["en"]).description == whole.descriptions["en"]
