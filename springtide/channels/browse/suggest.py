"""Suggestions while typing, well under a millisecond: word beginnings first, then insides, products by popularity.

Per language one long string with a word a line (the most wanted first) is searched by str.find, and each
word leads to the products that have it.
"""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from springtide.channels.browse.words import fold, words

_WORDS_LIMIT = 8
_SHORTEST_INFIX = 3


class Named(msgspec.Struct, frozen=True):
    """A product's name in the suggester's language."""

    id: UUID
    name: str
    popularity: int


class Suggester:
    """The words and names of one language. Built whole (in a thread), then only read."""

    def __init__(self, products: Iterable[Named]) -> None:
        ranked = sorted(products, key=lambda product: (-product.popularity, str(product.id)))
        self._products = [product.id for product in ranked]
        postings: dict[str, list[int]] = {}
        self._shown: dict[str, str] = {}
        weights: dict[str, int] = {}
        for place, product in enumerate(ranked):
            for shown in product.name.replace("-", " ").split():
                word = "".join(words(shown))
                if not word:
                    continue
                looks = shown.strip("\"'(),.:;!?&").lower()
                if looks != word:
                    self._shown.setdefault(word, looks)
                postings.setdefault(word, []).append(place)
                weights[word] = weights.get(word, 0) + product.popularity + 1
        self._postings = {word: tuple(places) for word, places in postings.items()}  # a tuple is half a list
        self._text = "\n".join(["", *sorted(weights, key=lambda word: (-weights[word], word)), ""])

    def suggest(self, text: str, *, limit: int = 24) -> tuple[list[str], list[UUID]]:
        """Return (words that complete the last one, products by popularity, at most `limit`)."""
        asked = words(fold(text))
        if not asked:
            return [], []
        matching = [self._matching(word) for word in asked]
        places: set[int] | None = None
        for found in matching:
            having = {place for word in found for place in self._postings[word]}
            places = having if places is None else places & having
        head = [self._shown.get(word, word) for word in asked[:-1]]
        fitting = [
            word
            for word in matching[-1]
            if word != asked[-1] and not (places or set()).isdisjoint(self._postings[word])
        ]
        completed = [" ".join([*head, self._shown.get(word, word)]) for word in fitting]
        return completed, [self._products[place] for place in sorted(places or ())[:limit]]

    def _matching(self, word: str) -> list[str]:
        found = self._find(f"\n{word}", _WORDS_LIMIT)
        if len(found) < _WORDS_LIMIT and len(word) >= _SHORTEST_INFIX:
            inside = self._find(word, 2 * _WORDS_LIMIT)
            found.extend([other for other in inside if other not in found][: _WORDS_LIMIT - len(found)])
        return found

    def _find(self, piece: str, limit: int) -> list[str]:
        found: list[str] = []
        at = self._text.find(piece)
        while at >= 0 and len(found) < limit:
            start = self._text.rfind("\n", 0, at + 1) + 1
            end = self._text.find("\n", start)
            found.append(self._text[start:end])
            at = self._text.find(piece, end)
        return found
