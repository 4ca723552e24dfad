"""The form of a product: what it asks for, and what it carries along untouched.

The contract replaces a whole product, the form shows a part of it. The rest travels in the field `kept`, so that saving
is one call whose content depends on nothing but the form: the same form sent twice is the same request.
"""

import msgspec

from springtide.channels.backoffice.forms import MAX_LONG_TEXT, Form
from springtide.channels.backoffice.words import LANGUAGES, TAX_CATEGORIES
from springtide.contracts.catalog.api import Media, Product, ProductDraft, Variant
from springtide.contracts.common import ExternalRef, Texts

KEPT_FIELD = "kept"
NEW_ROWS = 2


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a product has beside the fields of the form."""

    attributes: dict[str, Texts] = {}
    media: tuple[Media, ...] = ()
    popularity: int = 0
    external_refs: tuple[ExternalRef, ...] = ()


def kept_of(product: Product | None) -> str:
    """Return the rest of a product as the hidden field carries it."""
    if product is None:
        return msgspec.json.encode(Kept()).decode()
    rest = Kept(
        attributes=product.attributes,
        media=product.media,
        popularity=product.popularity,
        external_refs=product.external_refs,
    )
    return msgspec.json.encode(rest).decode()


def options_text(variant: Variant) -> str:
    """Return options as one line: "style: Red | Rood | Röd; size: Large"."""
    parts = []
    for name, texts in variant.options.items():
        values = [texts.get(language, "") for language in LANGUAGES]
        while values and not values[-1]:
            values.pop()
        parts.append(f"{name}: {' | '.join(values)}")
    return "; ".join(parts)


def read_options(line: str) -> dict[str, Texts]:
    """Read options from one line; `ValueError` when a part is not "name: English | Dutch | Swedish"."""
    options: dict[str, Texts] = {}
    for part in filter(None, (part.strip() for part in line.split(";"))):
        name, colon, values = part.partition(":")
        words = [word.strip() for word in values.split("|")]
        if not colon or not name.strip() or not words[0] or len(words) > len(LANGUAGES):
            raise ValueError(part)
        options[name.strip()] = {language: word for language, word in zip(LANGUAGES, words, strict=False) if word}
    return options


def read_draft(form: Form) -> ProductDraft:
    """Return the product a form describes; problems are collected in the form."""
    kept = _kept(form)
    return ProductDraft(
        names=_texts(form, "name", required_english=True),
        slugs=_texts(form, "slug"),
        descriptions=_texts(form, "description", longest=MAX_LONG_TEXT),
        category=form.text("category"),
        tax_category=form.one_of("tax_category", TAX_CATEGORIES),
        variants=_variants(form),
        attributes=kept.attributes,
        media=kept.media,
        popularity=kept.popularity,
        external_refs=kept.external_refs,
    )


def _kept(form: Form) -> Kept:
    try:
        return msgspec.json.decode(form.raw(KEPT_FIELD) or "{}", type=Kept)
    except (msgspec.DecodeError, RecursionError):
        form.problems[KEPT_FIELD] = "The page is damaged. Load it again."
        return Kept()


def _texts(form: Form, field: str, *, required_english: bool = False, longest: int = 200) -> Texts:
    texts = {
        language: form.text(f"{field}-{language}", required=required_english and language == "en", longest=longest)
        for language in LANGUAGES
    }
    return {language: text for language, text in texts.items() if text}


def _variants(form: Form) -> tuple[Variant, ...]:
    found = []
    for row in form.rows("sku"):
        sku = form.text(f"sku-{row}", longest=60)
        if not sku:
            if form.raw(f"barcode-{row}") or form.raw(f"options-{row}"):
                form.problems[f"sku-{row}"] = "A variant needs a SKU."
            continue
        found.append(
            Variant(
                sku=sku,
                options=_options(form, f"options-{row}"),
                barcode=form.text(f"barcode-{row}", longest=60),
                weight_g=form.whole(f"weight-{row}", blank=0),
            )
        )
    if not found:
        form.problems.setdefault("sku-0", "A product needs at least one variant with a SKU.")
    return tuple(found)


def _options(form: Form, name: str) -> dict[str, Texts]:
    try:
        return read_options(form.text(name, longest=500))
    except ValueError as error:
        form.problems[name] = f"Write options as “style: Red | Rood | Röd; size: Large”, not “{error}”."
        return {}
