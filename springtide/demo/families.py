"""Find the options of one product: stock codes with a common stem whose names share most words.

The source writes colours and sizes as letters behind a five-digit stem ("47590A Blue happy birthday bunting",
"47590B Pink happy birthday bunting"). The rule:

* only codes of one stem are looked at;
* the words shared by all names of a family are at least two and at least half of the longest name;
* what is left of each name is its option value; it must not be empty and no two may be equal.

The most ordered code starts a family; the others join it one by one while the rule holds. Codes that join nothing
stay products of their own.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

STEM_LENGTH = 5
_MIN_SHARED_WORDS = 2
_MIN_SHARED_PART = 0.5
_DANGLING = {"and", "with", "in", "of", "on", "the", "for", "a", "/", "-"}
_WORD = re.compile(r"[^\s,]+")


class Family(msgspec.Struct, frozen=True):
    """A product with options: `values` holds the option value of each stock code."""

    ref: str
    name: str
    values: dict[str, str]


def find_families(names: Mapping[str, str], orders: Mapping[str, int]) -> list[Family]:
    """Return the families among the stock codes.

    names: stock code -> tidied name; orders: stock code -> number of orders, decides who leads.
    """
    stems: dict[str, list[str]] = defaultdict(list)
    for sku in names:
        stems[sku[:STEM_LENGTH]].append(sku)
    families = []
    for stem in sorted(stems):
        left = sorted(stems[stem], key=lambda sku: (-orders.get(sku, 0), sku))
        while len(left) > 1:
            members = _grow(left, names)
            left = [sku for sku in left if sku not in members]
            if len(members) > 1:
                families.append(_family(stem, members, names))
    return families


def shared_name(names: Sequence[str]) -> str | None:
    """Return the words that all names share, in the order of the first name; None when they are too few."""
    split = _split(names)
    return None if split is None else split[0]


def _grow(candidates: Sequence[str], names: Mapping[str, str]) -> list[str]:
    members = [candidates[0]]
    for sku in candidates[1:]:
        if _split([names[member] for member in (*members, sku)]) is not None:
            members.append(sku)
    return members


def _family(stem: str, members: Sequence[str], names: Mapping[str, str]) -> Family:
    split = _split([names[sku] for sku in members])
    assert split is not None, members  # noqa: S101 - _grow only returns members that split
    name, values = split
    return Family(
        ref=f"{stem}-{min(members)[STEM_LENGTH:] or 0}", name=name, values=dict(zip(members, values, strict=True))
    )


def _split(names: Sequence[str]) -> tuple[str, list[str]] | None:
    words = [_WORD.findall(name) for name in names]
    counts = [Counter(_key(word) for word in part) for part in words]
    shared = counts[0].copy()
    for count in counts[1:]:
        shared &= count
    size = shared.total()
    if size < _MIN_SHARED_WORDS or size < _MIN_SHARED_PART * max(map(len, words)):
        return None
    pairs = [_divide(part, shared) for part in words]
    values = [_text(rest) for _, rest in pairs]
    name = _text(pairs[0][0])
    if (
        not all(values)
        or len({value.lower() for value in values}) < len(values)
        or len(name.split()) < _MIN_SHARED_WORDS
    ):
        return None
    return name, values


def _key(word: str) -> str:
    return word.lower().rstrip("s") or word


def _divide(words: Iterable[str], shared: Counter[str]) -> tuple[list[str], list[str]]:
    left = shared.copy()
    kept, rest = [], []
    for word in words:
        if left[_key(word)] > 0:
            left[_key(word)] -= 1
            kept.append(word)
        else:
            rest.append(word)
    return kept, rest


def _text(words: list[str]) -> str:
    while words and words[-1].lower() in _DANGLING:
        words = words[:-1]
    while words and words[0].lower() in _DANGLING - {"a", "the"}:
        words = words[1:]
    text = " ".join(words).strip(" ,")
    return text[:1].upper() + text[1:]
