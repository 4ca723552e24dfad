"""The peak desk's sentences in every language, one file for each step of a plan.

A file is a table of keys, each with `en`, `nl` and `sv`. Values stand in braces with what they are: `{sku}` a name or a
number as it is, `{units:number}`, `{cost:money}` (minor units), `{by:date}` (ISO), `{share:percent}` (0 to 1).
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from string import Formatter

import msgspec

from springtide.contracts.peak.common import Phrase

LANGUAGES = ("en", "nl", "sv")
KINDS = ("number", "money", "date", "percent")

Value = str | int | float
Format = Callable[[str, Value], str]
"""How a value of a kind ("number", "money", "date", "percent") is written for the reader."""


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """Return every sentence by key ("servers.allow") and language."""
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            step = file.name.removesuffix(".toml")
            tables = msgspec.toml.decode(file.read_bytes(), type=dict[str, dict[str, str]])
            found |= {f"{step}.{key}": texts for key, texts in tables.items()}
    return found


def say(phrase: Phrase, language: str, write: Format) -> str:
    """Return the phrase in a language, English where it is not known; raises KeyError for an unknown key or value."""
    texts = sentences()[phrase.key]
    return _Writer(write).vformat(texts.get(language, texts["en"]), (), phrase.values)


class _Writer(Formatter):
    """Writes values by their kind."""

    def __init__(self, write: Format) -> None:
        self._write = write

    def format_field(self, value: Value, format_spec: str) -> str:
        return self._write(format_spec, value) if format_spec else str(value)
