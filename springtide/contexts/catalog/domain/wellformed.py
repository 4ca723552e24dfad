"""What a well-formed product or category looks like. Every refusal names the field."""

import re
from collections.abc import Iterable
from typing import NoReturn

import msgspec

from springtide.contracts.catalog.api import Category, InvalidProduct, ProductDraft, Variant
from springtide.contracts.common import Texts

TAX_CATEGORIES = frozenset({"standard", "reduced", "super_reduced", "zero"})
_LANGUAGE = re.compile(r"[a-z]{2}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PICTURE = re.compile(r"image/[a-z0-9.+-]{1,40}")
_CATEGORY_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")

_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 10_000
_LONGEST_WORD = 100
_MOST_VARIANTS = 200
_MOST_MEDIA = 50
_MOST_ATTRIBUTES = 100
_MOST_REFS = 20
_HEAVIEST_G = 10_000_000
_LARGEST_COUNT = 2_000_000_000
# A product travels whole in one event next to its envelope; the bus takes 512 KB.
_LARGEST_BYTES = 200 * 1024


def check_draft(draft: ProductDraft) -> None:
    """`InvalidProduct` unless every field is of the documented form and size."""
    _texts("names", draft.names, _LONGEST_NAME, is_filled=True)
    _texts("descriptions", draft.descriptions, _LONGEST_DESCRIPTION)
    _count("attributes", draft.attributes, _MOST_ATTRIBUTES)
    for name, values in draft.attributes.items():
        _word("attributes", name)
        _texts("attributes", values, _LONGEST_NAME)
    if draft.tax_category not in TAX_CATEGORIES:
        _refuse("tax_category", f"one of {', '.join(sorted(TAX_CATEGORIES))}")
    if not 0 <= draft.popularity <= _LARGEST_COUNT:
        _refuse("popularity", f"0 to {_LARGEST_COUNT:,}")
    _check_variants(draft.variants)
    _check_media(draft)
    _check_refs(draft)
    if len(msgspec.json.encode(draft)) > _LARGEST_BYTES:
        _refuse("draft", f"at most {_LARGEST_BYTES // 1024} KB in all")


def check_category(category: Category) -> None:
    """`InvalidProduct` unless key, names and position are of the documented form."""
    if not _CATEGORY_KEY.fullmatch(category.key):
        _refuse("key", "1 to 100 lower-case letters, digits, dots, hyphens or underscores")
    _texts("names", category.names, _LONGEST_NAME, is_filled=True)
    if "en" not in category.names:
        _refuse("names", "there in English")
    if not 0 <= category.position <= _LARGEST_COUNT:
        _refuse("position", f"0 to {_LARGEST_COUNT:,}")


def check_tree(categories: Iterable[Category]) -> None:
    """`InvalidProduct` unless every parent exists and nobody is an ancestor of itself."""
    parents = {category.key: category.parent for category in categories}
    for key, parent in parents.items():
        above, seen = parent, {key}
        while above:
            if above not in parents:
                _refuse("parent", f"a category that exists: {above} does not")
            if above in seen:
                _refuse("parent", f"not below the category itself: {key} is")
            seen.add(above)
            above = parents[above]


def _check_variants(variants: tuple[Variant, ...]) -> None:
    _count("variants", variants, _MOST_VARIANTS)
    if len({variant.sku for variant in variants}) != len(variants):
        _refuse("variants", "without a SKU that is there twice")
    for variant in variants:
        _word("sku", variant.sku)
        if not 0 <= variant.weight_g <= _HEAVIEST_G:
            _refuse("weight_g", f"0 to {_HEAVIEST_G:,}")
        if variant.barcode:
            _word("barcode", variant.barcode)
        _count("options", variant.options, _MOST_ATTRIBUTES)
        for name, values in variant.options.items():
            _word("options", name)
            _texts("options", values, _LONGEST_NAME)


def _check_media(draft: ProductDraft) -> None:
    _count("media", draft.media, _MOST_MEDIA)
    for media in draft.media:
        if not _HASH.fullmatch(media.hash):
            _refuse("media", "named by a SHA-256 of 64 hex digits")
        if not _PICTURE.fullmatch(media.content_type):
            _refuse("media", "a picture (image/...)")
        _texts("media", media.alt, _LONGEST_NAME)
        if not media.alt.get("en", "").strip():
            _refuse("media", "described in English (alt)")


def _check_refs(draft: ProductDraft) -> None:
    _count("external_refs", draft.external_refs, _MOST_REFS)
    if len(set(draft.external_refs)) != len(draft.external_refs):
        _refuse("external_refs", "there once each")
    for ref in draft.external_refs:
        _word("external_refs", ref.system)
        _word("external_refs", ref.id)


def _texts(field: str, texts: Texts, longest: int, *, is_filled: bool = False) -> None:
    for language, text in texts.items():
        if not _LANGUAGE.fullmatch(language):
            _refuse(field, "given per language of two letters", language=language)
        if len(text) > longest or (is_filled and not text.strip()) or "\x00" in text:
            _refuse(field, f"{int(is_filled)} to {longest:,} characters", language=language)


def _word(field: str, word: str) -> None:
    if not 1 <= len(word) <= _LONGEST_WORD or word != word.strip() or not word.isprintable():
        _refuse(field, f"1 to {_LONGEST_WORD} printable characters without space around them")


def _count(field: str, things: tuple[object, ...] | dict[str, object] | dict[str, Texts], most: int) -> None:
    if len(things) > most:
        _refuse(field, f"at most {most}")


def _refuse(field: str, rule: str, **facts: object) -> NoReturn:
    msg = f"{field}: has to be {rule}."
    raise InvalidProduct(msg, field=field, **facts)
