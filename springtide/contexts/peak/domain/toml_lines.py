"""Where a mistake stands in a document: a decoder knows the key, a person looks for the line.

Keys are written as decoders name them: `$.people[2].wage`. Only the shapes documents of the desk have are told apart:
tables, lists of tables, a key and its value beginning on one line.
"""

import re
from collections.abc import Iterator

import msgspec

from springtide.contracts.peak.errors import Mistake

_SYNTAX = re.compile(r"at line (\d+)")
_PLACE = re.compile(r"at `(\$[^`]*)`")
_UNKNOWN = re.compile(r"(?:unknown|no) field `([^`]+)`")
_LIST = re.compile(r"^\s*\[\[\s*([\w.\-]+)\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*([\w.\-]+)\s*\]")
_KEY = re.compile(r"^\s*([\w\-]+)\s*=")


def located(mistake: Mistake, text: str) -> Mistake:
    """Return the mistake with the line it stands on, if its message says where."""
    if mistake.row:
        return mistake
    syntax = _SYNTAX.search(mistake.message)
    row = int(syntax[1]) if syntax else _row_of(mistake.message, text)
    return msgspec.structs.replace(mistake, row=row)


def line_of(text: str, key: str) -> int:
    """Return the line (from 1) on which a key stands, or the nearest thing that it is in; 0 for none."""
    best, found = "", 0
    for number, known in _keys(text):
        if _is_in(key, known) and len(known) > len(best):
            best, found = known, number
    return found


def _row_of(message: str, text: str) -> int:
    place, unknown = _PLACE.search(message), _UNKNOWN.search(message)
    if not place and not unknown:
        return 0
    key = place[1] if place else "$"
    return line_of(text, f"{key}.{unknown[1]}" if unknown else key)


def _is_in(key: str, known: str) -> bool:
    return key.startswith(known) and key[len(known) : len(known) + 1] in {"", ".", "["}


def _keys(text: str) -> Iterator[tuple[int, str]]:
    counts: dict[str, int] = {}
    table = "$"
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _LIST.match(line):
            name = _resolved(header[1], counts)
            counts[name] = counts.get(name, -1) + 1
            table = f"{name}[{counts[name]}]"
            yield number, table
        elif header := _TABLE.match(line):
            table = _resolved(header[1], counts)
            yield number, table
        elif pair := _KEY.match(line):
            yield number, f"{table}.{pair[1]}"


def _resolved(dotted: str, counts: dict[str, int]) -> str:
    """Return a header's name with the place in every list it goes through."""
    *outer, last = dotted.split(".")
    name = "$"
    for part in outer:
        name = f"{name}.{part}"
        name = f"{name}[{counts[name]}]" if name in counts else name
    return f"{name}.{last}"
