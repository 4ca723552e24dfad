"""Slugs: the part of a web address that names a product or category in one language.

A slug belongs to its owner for ever: after a rename the old one redirects, so nobody else may have it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from springtide.contracts.catalog.api import InvalidProduct, SlugTaken
from springtide.contracts.common import Texts

LONGEST = 100
_GENERATED_LONGEST = 80
_FORM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NUMBER = re.compile(r"-[0-9]+$")
_BETWEEN = re.compile(r"[^a-z0-9]+")
_FOLDED = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "'": "", "’": ""}  # noqa: RUF001 - the apostrophe of printed texts
)

Owners = dict[tuple[str, str], str]
"""(language, slug) -> owner, for every slug that is or was somebody's."""


def slug_from(text: str, *, otherwise: str) -> str:
    """Return the text in lower-case ASCII letters, digits and hyphens; `otherwise` when nothing is left of it.

    >>> slug_from("Blåbärs-té: IJsvogel & crème 30%", otherwise="product")
    'blabars-te-ijsvogel-creme-30'
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    slug = _BETWEEN.sub("-", plain).strip("-")
    if len(slug) > _GENERATED_LONGEST:
        slug = slug[: _GENERATED_LONGEST + 1].rpartition("-")[0] or slug[:_GENERATED_LONGEST]
    return slug or otherwise


def stem(slug: str) -> str:
    """Return the slug without the number that made it unique."""
    return _NUMBER.sub("", slug)


def candidates(base: str) -> Iterator[str]:
    """Yield base, base-2, base-3, ..."""
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def choose_slugs(
    *, owner: str, names: Texts, given: Texts, current: Texts, current_names: Texts, owners: Owners
) -> Texts:
    """Return a slug per language of `names` or `given`, and note them in `owners`.

    A given slug is taken as it is or refused (`SlugTaken`). A name that did not change keeps its slug; a new name gets
    one made from it, with a number when others have it.
    """
    chosen: Texts = {}
    for language in sorted(names.keys() | given.keys()):
        if language in given:
            slug = _given(language, given[language], owner, owners)
        elif language in current and names[language] == current_names.get(language):
            slug = current[language]
        else:
            base = slug_from(names[language], otherwise=owner.partition(":")[0])
            slug = next(one for one in candidates(base) if owners.get((language, one), owner) == owner)
        owners[language, slug] = owner
        chosen[language] = slug
    return chosen


def retired(old: Mapping[str, tuple[str, ...]], before: Texts, now: Texts) -> dict[str, tuple[str, ...]]:
    """Return the slugs per language that redirect: all former ones, without those in use again."""
    redirecting: dict[str, tuple[str, ...]] = {}
    for language in sorted(old.keys() | before.keys()):
        former = dict.fromkeys([*old.get(language, ()), *([before[language]] if language in before else [])])
        slugs = tuple(slug for slug in former if slug != now.get(language))
        if slugs:
            redirecting[language] = slugs
    return redirecting


def _given(language: str, slug: str, owner: str, owners: Owners) -> str:
    if len(slug) > LONGEST or not _FORM.fullmatch(slug):
        msg = f"A slug has at most {LONGEST} lower-case letters and digits, with single hyphens between."
        raise InvalidProduct(msg, field="slugs", language=language)
    if owners.get((language, slug), owner) != owner:
        msg = f"The slug {slug} is taken in this language."
        raise SlugTaken(msg, language=language, slug=slug)
    return slug
