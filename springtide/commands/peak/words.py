"""Phrases in English, for the terminal."""

from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.phrases import Value, say
from springtide.platform.money import written


def words(phrase: Phrase, currency: str) -> str:
    """Return the phrase with its values put in; money has the digits of the currency."""
    return say(phrase, "en", lambda kind, value: _written(kind, value, currency))


def _written(kind: str, value: Value, currency: str) -> str:
    match kind, value:
        case "number", int() | float():
            return f"{value:,}"
        case "money", int() | float():
            return written(value, currency)
        case "percent", int() | float():
            return f"{value:.1%}"
        case _:
            return str(value)
