"""Product documents: one product in one language as encoded JSON bytes of at most 4 KB.

Lists, suggestions and cards read nothing else. A product with more to say (the catalogue takes up to 200 KB: 200
variants, 10,000 characters of description) has two forms: the document then holds only what those read, and the whole
text lies compressed beside it, for the product's own page and for the index. So nothing is lost, nothing is cut in the
middle, and what a list touches stays small.
"""

import zlib
from collections.abc import Mapping

import msgspec

from springtide.channels.browse.views import Picture, ProductDocument, ProductVariant
from springtide.contracts.catalog.api import Product
from springtide.contracts.common import Texts

DOCUMENT_LIMIT_BYTES = 4 * 1024
FALLBACK = "en"
_QUICK = 1  # zlib's level: a product is compressed in the event loop


def text_in(texts: Mapping[str, str], language: str) -> str:
    """Return the text in `language`, else in English, else ""."""
    return texts.get(language) or texts.get(FALLBACK, "")


def languages_of(product: Product) -> list[str]:
    """Return the languages in which anything of the product is written; English always."""
    groups: list[Texts] = [product.names, product.slugs, product.descriptions, *product.attributes.values()]
    groups.extend(texts for variant in product.variants for texts in variant.options.values())
    return sorted({FALLBACK, *(language for texts in groups for language, text in texts.items() if text)})


class Documents(msgspec.Struct, frozen=True):
    """A product's documents by language, each at most `DOCUMENT_LIMIT_BYTES`; `whole`: only where that is not all."""

    short: dict[str, bytes]
    whole: dict[str, bytes]


def encode_documents(product: Product) -> Documents:
    """Return the encoded documents of every language in which something of the product is written."""
    made = Documents({}, {})
    for language in languages_of(product):
        document = document_of(product, language)
        encoded = msgspec.json.encode(document)
        if len(encoded) > DOCUMENT_LIMIT_BYTES:
            made.whole[language] = zlib.compress(encoded, _QUICK)
            encoded = msgspec.json.encode(_for_lists(document))
        made.short[language] = encoded
    return made


def document_of(product: Product, language: str) -> ProductDocument:
    """Return the product in one language, falling back to English text by text."""
    return ProductDocument(
        id=product.id,
        version=product.version,
        language=language,
        slug=text_in(product.slugs, language),
        name=text_in(product.names, language),
        description=text_in(product.descriptions, language),
        category=product.category,
        attributes={key: text_in(texts, language) for key, texts in product.attributes.items()},
        variants=tuple(
            ProductVariant(
                sku=variant.sku, options={key: text_in(texts, language) for key, texts in variant.options.items()}
            )
            for variant in product.variants
        ),
        media=tuple(
            Picture(hash=media.hash, content_type=media.content_type, alt=text_in(media.alt, language))
            for media in product.media
        ),
        slugs=dict(product.slugs),
    )


def decode_document(encoded: bytes) -> ProductDocument:
    """Return the document behind the bytes."""
    return _DECODER.decode(encoded)


def unpacked(whole: bytes) -> bytes:
    """Return the encoded document behind what was kept compressed."""
    return zlib.decompress(whole)


def _for_lists(document: ProductDocument) -> ProductDocument:
    """Return what lists, cards and suggestions read. By the catalogue's limits that is less than 3 KB."""
    return msgspec.structs.replace(
        document,
        description="",
        attributes={},
        variants=(),
        media=tuple(msgspec.structs.replace(picture, alt="") for picture in document.media[:1]),
        slugs={},
    )


_DECODER = msgspec.json.Decoder(ProductDocument)
