"""Derive a product's category from its name with the ordered word rules of `data/categories.json`.

A term of a rule is one word or a phrase of the tidied English name; a plural "s" or "es" is accepted at its end. A
`*` in front of a word lets other words stand before it: "christmas *bag" finds "Christmas jumbo bag". A rule
applies when one of its `words` occurs, none of its `unless` does, and, where it has `only`, one of those does too.
The first rule that applies decides; no rule means the catch-all.
"""

import json
import re
from pathlib import Path

import msgspec

DATA = Path(__file__).parent / "data"
CATEGORIES_FILE = DATA / "categories.json"


class Category(msgspec.Struct, frozen=True):
    """One node of the tree; `names` by language code."""

    slug: str
    names: dict[str, str]
    children: tuple["Category", ...] = ()


class Rule(msgspec.Struct, frozen=True):
    """Words that put a product into a category."""

    category: str
    words: tuple[str, ...]
    unless: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


class CategoryData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    about: str
    tree: tuple[Category, ...]
    catch_all: str
    rules: tuple[Rule, ...]


def load(path: Path = CATEGORIES_FILE) -> CategoryData:
    """Read tree and rules; raises ValueError for a rule that names no leaf of the tree."""
    data = msgspec.json.decode(path.read_bytes(), type=CategoryData)
    leaves = {leaf.slug for top in data.tree for leaf in top.children}
    unknown = sorted(({rule.category for rule in data.rules} | {data.catch_all}) - leaves)
    if unknown:
        message = f"rules name categories that are not in the tree: {', '.join(unknown)}"
        raise ValueError(message)
    return data


class Categoriser:
    """The compiled rules; a call gives the slug of the leaf for a tidied name."""

    def __init__(self, data: CategoryData) -> None:
        self._catch_all = data.catch_all
        self._rules = [
            (rule.category, _any_of(rule.words), _any_of(rule.unless), _any_of(rule.only)) for rule in data.rules
        ]

    def __call__(self, name: str) -> str:
        """Return the leaf's slug, the catch-all where no rule applies."""
        text = name.lower()
        for category, words, unless, only in self._rules:
            if words is None or not words.search(text):
                continue
            if (unless is None or not unless.search(text)) and (only is None or only.search(text)):
                return category
        return self._catch_all


def _any_of(terms: tuple[str, ...]) -> re.Pattern[str] | None:
    if not terms:
        return None
    return re.compile(rf"(?<![\w'])(?:{'|'.join(_pattern(term) for term in terms)})(?:s|es)?(?![\w'])")


def _pattern(term: str) -> str:
    parts = [
        (r"\b.*\b" if word.startswith("*") else r"[\s,]+") + re.escape(word.removeprefix("*")) for word in term.split()
    ]
    first = re.escape(term.split(maxsplit=1)[0].removeprefix("*"))
    return first + "".join(parts[1:])


def check_names(data: CategoryData, languages: tuple[str, ...] = ("en", "nl", "sv")) -> None:
    """Raise ValueError when a node lacks a name in one of the languages or a slug occurs twice."""
    nodes = [node for top in data.tree for node in (top, *top.children)]
    slugs = [node.slug for node in nodes]
    twice = sorted({slug for slug in slugs if slugs.count(slug) > 1})
    unnamed = [node.slug for node in nodes if any(not node.names.get(language) for language in languages)]
    if twice or unnamed:
        message = json.dumps({"slug used twice": twice, "name missing": unnamed})
        raise ValueError(message)
