"""The words of pages: one flat JSON file per language in `texts/`, with the same keys and placeholders in each."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

FALLBACK = "en"
_FOLDER = Path(__file__).parent / "texts"


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return key -> text of a language; of English when the language has no file."""
    path = _FOLDER / f"{language}.json"
    if language != FALLBACK and not path.exists():
        return texts(FALLBACK)
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str])


def languages() -> tuple[str, ...]:
    """Return the languages that have a file, English first."""
    found = sorted(path.stem for path in _FOLDER.glob("*.json"))
    return (FALLBACK, *(language for language in found if language != FALLBACK))


def say(language: str, key: str, /, **facts: object) -> str:
    """Return a text with its placeholders filled. An unknown key or a missing fact is a bug: KeyError."""
    text = texts(language)[key]
    return text.format_map(facts) if facts or "{" in text else text
