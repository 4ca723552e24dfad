"""The peak desk's sentences in every language, one file for each step of a plan.

A file is a table of keys, each with `en`, `nl` and `sv`. The files of a folder share its name as their step: the pages'
own words are "desk", in `desk.toml` and `desk/`. Values stand in braces with what they are: `{sku}` a name or a
number as it is, `{units:number}`, `{cost:money}` (minor units), `{by:date}` (ISO), `{share:percent}` (0 to 1),
`{what:paid}` (ways to pay with their countries, "card in GB, invoice in GB"), `{who:team}` (a team of the
company's; those named like a department are called so), `{points:names}` (a list, days among it written out),
`{action:kept}` (words of a document). Words that depend on a count stand behind a question mark, those for one first:
`{days:number} {days:?day is|days are}`.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from string import Formatter

import msgspec

from springtide.contracts.peak.common import Phrase

LANGUAGES = ("en", "nl", "sv")
KINDS = ("number", "money", "date", "percent", "paid", "team", "names", "kept")
COUNTED = "?"

Value = str | int | float
Format = Callable[[str, Value], str]
"""How a value of a kind ("number", "money", "date", "percent") is written for the reader."""


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """Return every sentence by key ("servers.allow") and language."""
    found: dict[str, Mapping[str, str]] = {}
    for step, text in _files():
        tables = msgspec.toml.decode(text, type=dict[str, dict[str, str]])
        for key, texts in tables.items():
            if f"{step}.{key}" in found:
                message = f"{step}.{key} is said in two files"
                raise ValueError(message)
            found[f"{step}.{key}"] = texts
    return found


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield the text of each file with its step, by name."""
    for entry in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            yield entry.name.removesuffix(".toml"), entry.read_bytes()
        elif entry.is_dir():
            inside = sorted(entry.iterdir(), key=lambda file: file.name)
            yield from ((entry.name, file.read_bytes()) for file in inside if file.name.endswith(".toml"))


def say(phrase: Phrase, language: str, write: Format) -> str:
    """Return the phrase in a language, English where it is not known; raises KeyError for an unknown key or value."""
    texts = sentences()[phrase.key]
    return _Writer(write).vformat(texts.get(language, texts["en"]), (), phrase.values)


class _Writer(Formatter):
    """Writes values by their kind."""

    def __init__(self, write: Format) -> None:
        self._write = write

    def format_field(self, value: Value, format_spec: str) -> str:
        if format_spec.startswith(COUNTED):
            one, more = format_spec[len(COUNTED) :].split("|")
            return one if round(float(value), 2) == 1 else more
        return self._write(format_spec, value) if format_spec else str(value)
