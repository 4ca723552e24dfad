"""Words: how text is folded and cut, light stems for three languages, parts of compounds, synonyms.

PostgreSQL's and tantivy's stemmers keep fiets/fietsen and cykel/cyklarna apart, so the stems here are our own: a few
endings, applied to both sides. Compounds are split by a vocabulary (the catalogue's own words) and by known pairs.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "œ": "oe", "'": None, "\u2019": None, "`": None})
_WORD = re.compile(r"[0-9a-z]+")
_SHORTEST_PART = 3
_SHORTEST_COMPOUND = 7
_SHORTEST_STEM = 3
_LINKS = ("", "s", "e", "en", "n")
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "nl": ("etje", "je", "eren", "en", "e"),
    "sv": ("arnas", "arna", "orna", "erna", "ens", "ets", "ar", "or", "er", "en", "et", "na", "an", "a", "e", "s", "n"),
}
_HARDENED = {"z": "s", "v": "f"}
_VOWELS = "aeiouy"


def fold(text: str) -> str:
    """Return lower case without accents or apostrophes: å and a, ö and o are one, as on a keyboard without them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """Return the folded words of a text in order."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """Return the stem of a folded word: the same for singular, plural and (Swedish) definite forms."""
    if len(word) <= _SHORTEST_STEM or word.isdigit():
        return word
    if language == "nl":
        return _dutch(word)
    if language == "sv":
        return _swedish(word)
    return _english(word)


def _english(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties" is "tie"
        return word[:-3] + "y"
    if word.endswith("ves"):
        return word[:-3] + "f"
    if word.endswith(("xes", "ses", "zes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST_STEM else word


def _dutch(word: str) -> str:
    word = _without_ending(_without_s(word), "nl")
    word = _without_s(word[:-1] + _HARDENED.get(word[-1], word[-1]))
    if word[-1] == word[-2]:
        word = word[:-1]
    return re.sub(r"([aeou])\1(?=[^aeiouy]$)", r"\1", word)


def _without_s(word: str) -> str:
    """Drop a final s: a plural's, but also that of "fiets", so that "fietsen" comes out the same."""
    return word[:-1] if word.endswith("s") and len(word) > _SHORTEST_STEM else word


def _swedish(word: str) -> str:
    word = _without_ending(word, "sv")
    if len(word) > _SHORTEST_STEM and word[-1] in "lrn" and word[-2] == "e" and word[-3] not in _VOWELS:
        word = word[:-2] + word[-1]
    return word[:-1] if len(word) > _SHORTEST_STEM and word[-1] == word[-2] else word


def _without_ending(word: str, language: str) -> str:
    for ending in _ENDINGS[language]:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


class Lexicon(msgspec.Struct, frozen=True):
    """Data about a language: known compounds (word -> parts) and groups of synonyms (phrases of folded words)."""

    compounds: dict[str, tuple[str, ...]] = {}
    synonyms: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}


def load_lexicons(folder: Path | None) -> dict[str, Lexicon]:
    """Read compounds.csv (lang,compound,parts) and synonyms.csv (lang,term,synonyms) from `folder`, where they exist.

    Several parts or synonyms are separated by "|", ";" or, in parts, "+" or blanks.
    """
    compounds: dict[str, dict[str, tuple[str, ...]]] = {}
    synonyms: dict[str, dict[tuple[str, ...], set[tuple[str, ...]]]] = {}
    for row in _rows(folder, "compounds.csv"):
        for compound in words(row["compound"])[:1]:
            compounds.setdefault(row["lang"], {})[compound] = tuple(words(row["parts"]))
    for row in _rows(folder, "synonyms.csv"):
        group = {tuple(words(term)) for term in [row["term"], *re.split(r"[|;,]", row["synonyms"])]} - {()}
        table = synonyms.setdefault(row["lang"], {})
        for term in group:
            table.setdefault(term, set()).update(group - {term})
    return {
        language: Lexicon(
            compounds.get(language, {}),
            {term: tuple(sorted(others)) for term, others in synonyms.get(language, {}).items()},
        )
        for language in {*compounds, *synonyms}
    }


def _rows(folder: Path | None, name: str) -> Iterable[dict[str, str]]:
    path = None if folder is None else folder / name
    if path is None or not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Speech:
    """One language as the index and the queries use it. `vocabulary` grows with the catalogue."""

    def __init__(self, language: str, lexicon: Lexicon | None = None) -> None:
        self.language = language
        self._lexicon = lexicon or Lexicon()
        self.vocabulary: set[str] = {part for parts in self._lexicon.compounds.values() for part in parts}
        self._longest_synonym = max((len(term) for term in self._lexicon.synonyms), default=0)

    def learn(self, text: Iterable[str]) -> None:
        """Add folded words to the vocabulary."""
        self.vocabulary.update(word for word in text if len(word) >= _SHORTEST_PART and not word.isdigit())

    def stem(self, word: str) -> str:
        """Return the word's stem in this language."""
        return stem(word, self.language)

    def parts(self, word: str) -> tuple[str, ...]:
        """Return the parts of a compound, () when it is none. English compounds are only the known ones."""
        known = self._lexicon.compounds.get(word)
        if known is not None:
            return known
        if self.language not in _ENDINGS or len(word) < _SHORTEST_COMPOUND:
            return ()
        return self._split(word)

    def _split(self, word: str) -> tuple[str, ...]:
        """Split by the vocabulary, longest last part first: the last part says what the thing is."""
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            tail = self._known(word[cut:])
            if tail is None:
                continue
            for link in _LINKS:
                head = word[:cut].removesuffix(link) if word[:cut].endswith(link) else ""
                if len(head) < _SHORTEST_PART:
                    continue
                if head in self.vocabulary:
                    return (head, tail)
                if inner := self._inner(head):
                    return (*inner, tail)
        return ()

    def _inner(self, head: str) -> tuple[str, ...]:
        return self._split(head) if len(head) >= _SHORTEST_COMPOUND else ()

    def _known(self, tail: str) -> str | None:
        """Return the last part when it is a word we know, also in another form ("kaarten" for "kaart")."""
        if tail in self.vocabulary:
            return tail
        for ending in _ENDINGS[self.language]:
            root = tail.removesuffix(ending)
            if root != tail and len(root) >= _SHORTEST_PART and root in self.vocabulary:
                return root
        return None

    def related(self, text: list[str]) -> set[str]:
        """Return the stems of what a text also means: parts of its compounds, synonyms of its words and phrases."""
        found = {self.stem(part) for word in text for part in self.parts(word)}
        for start in range(len(text)):
            for length in range(1, min(self._longest_synonym, len(text) - start) + 1):
                for phrase in self._lexicon.synonyms.get(tuple(text[start : start + length]), ()):
                    found.update(self.stem(word) for word in phrase)
        return found
