"""Phrases in English, for the terminal."""

from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.phrases import Value, say

_MINOR = 100.0


def words(phrase: Phrase) -> str:
    """Return the phrase with its values put in."""
    return say(phrase, "en", _written)


def _written(kind: str, value: Value) -> str:
    match kind, value:
        case "number", int() | float():
            return f"{value:,}"
        case "money", int() | float():
            return f"{value / _MINOR:,.2f}"
        case "percent", int() | float():
            return f"{value:.1%}"
        case _:
            return str(value)
