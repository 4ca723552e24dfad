"""Product documents: one product in one language as encoded JSON bytes of at most 4 KB."""

from collections.abc import Mapping

import msgspec

from springtide.channels.browse.views import Picture, ProductDocument, ProductVariant
from springtide.contracts.catalog.api import Product
from springtide.contracts.common import Texts
from springtide.platform.telemetry import logger

DOCUMENT_LIMIT_BYTES = 4 * 1024
_SHORTEST_DESCRIPTION = 200
FALLBACK = "en"

log = logger(__name__)


def text_in(texts: Mapping[str, str], language: str) -> str:
    """Return the text in `language`, else in English, else ""."""
    return texts.get(language) or texts.get(FALLBACK, "")


def languages_of(product: Product) -> list[str]:
    """Return the languages in which anything of the product is written; English always."""
    groups: list[Texts] = [product.names, product.slugs, product.descriptions, *product.attributes.values()]
    groups.extend(texts for variant in product.variants for texts in variant.options.values())
    return sorted({FALLBACK, *(language for texts in groups for language, text in texts.items() if text)})


def encode_documents(product: Product) -> dict[str, bytes]:
    """Return language -> encoded `ProductDocument`, each at most `DOCUMENT_LIMIT_BYTES`."""
    return {language: _fitting(document_of(product, language)) for language in languages_of(product)}


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


def _fitting(document: ProductDocument) -> bytes:
    """Encode within the limit. Too much text is cut at a word; variants are never dropped silently: that is logged."""
    encoded = msgspec.json.encode(document)
    while len(encoded) > DOCUMENT_LIMIT_BYTES:
        smaller = _smaller(document)
        if smaller is None:
            log.warning("browse.document_too_large", product=str(document.id), bytes=len(encoded))
            break
        document, encoded = smaller, msgspec.json.encode(smaller)
    return encoded


def _smaller(document: ProductDocument) -> ProductDocument | None:
    if len(document.description) > _SHORTEST_DESCRIPTION:
        cut = max(_SHORTEST_DESCRIPTION, len(document.description) * 3 // 4)
        head = document.description[: cut - 1].rpartition(" ")[0] or document.description[: cut - 1]
        return msgspec.structs.replace(document, description=f"{head}…")
    if len(document.media) > 1:
        return msgspec.structs.replace(document, media=document.media[:-1])
    if document.attributes:
        return msgspec.structs.replace(document, attributes=dict(list(document.attributes.items())[:-1]))
    return None


_DECODER = msgspec.json.Decoder(ProductDocument)
