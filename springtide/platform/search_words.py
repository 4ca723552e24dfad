"""Search columns of lists: words typed by people become a tsquery of word beginnings (configuration "simple")."""

import re

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 8


def all_of(text: str) -> str:
    """Return a tsquery that wants every word of `text` as the beginning of some word; "" when there is none."""
    words = _WORD.findall(text.lower())[:_MOST_WORDS]
    return " & ".join(f"'{word}':*" for word in words)
