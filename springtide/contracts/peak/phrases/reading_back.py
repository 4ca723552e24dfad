"""English sentences of the desk, read back into the phrase and values that they were made of.

Refusals are made where something is wrong, in English, with what is wrong already in them; they cross processes, are
kept with plans and are printed by commands as they are. The files of `refusals/` have each of these sentences as a
template: what stands in its braces is taken from the sentence and put into the words of another language. A sentence
nobody has translated stays English. The same holds for words that are kept with documents and calibrations (`kept/`).
"""

import re
from functools import cache
from string import Formatter
from typing import NamedTuple

from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.phrases import Value, sentences

REFUSALS, KEPT = "refusals", "kept"
_ANYTHING = r".+?"
_KINDS = {"date": r"\d{4}-\d{2}-\d{2}", "number": r"-?\d+(?:\.\d+)?"}
"""What a value of a kind looks like in an English refusal; every other value is what stands there."""


class Template(NamedTuple):
    """An English sentence: its key, what it looks like, and how many of its letters are fixed."""

    key: str
    looks: re.Pattern[str]
    fixed: int


def phrase_of(sentence: str, step: str = REFUSALS) -> Phrase | None:
    """Return the phrase of an English sentence with the values that stand in it; None for an unknown one."""
    for template in _templates(step):
        found = template.looks.fullmatch(sentence)
        if found:
            values: dict[str, Value] = dict(found.groupdict())
            return Phrase(key=template.key, values=values)
    return None


@cache
def _templates(step: str) -> tuple[Template, ...]:
    """Return the templates, those with the most fixed letters first: they say the most about their sentence."""
    texts = {key: words["en"] for key, words in sentences().items() if key.startswith(f"{step}.")}
    return tuple(sorted((_template(key, text) for key, text in texts.items()), key=lambda one: -one.fixed))


def _template(key: str, text: str) -> Template:
    pattern, fixed, known = "", 0, set[str]()
    for words, name, kind, _ in Formatter().parse(text):
        pattern += re.escape(words)
        fixed += len(words)
        if name:
            look = _KINDS.get(kind or "", _ANYTHING)
            pattern += f"(?P={name})" if name in known else f"(?P<{name}>{look})"
            known.add(name)
    return Template(key, re.compile(pattern, re.DOTALL), fixed)
