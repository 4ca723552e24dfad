"""One `[[table]]` of a document changed within its text: everything else stays as it was written, notes included."""

import re
from collections.abc import Mapping

import msgspec

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

_ANY = re.compile(r"^\s*\[")
Cells = Mapping[str, str | int | float | bool]


def with_block(text: str, table: str, place: int | None, block: str) -> str:
    """Return the text with the table at `place` (0 is the first) replaced by `block`; "" removes it.

    `place` None adds it at the end. Raises InvalidPeakInput where the document writes its tables in another way.
    """
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if re.match(rf"^\s*\[\[\s*{re.escape(table)}\s*\]\]", line)]
    if place is None:
        return text.rstrip("\n") + f"\n\n{block}" if text.strip() else block
    if not 0 <= place < len(starts):
        message = f"{table} cannot be changed by the form: change the document's text"
        raise InvalidPeakInput.of([Mistake(where=table, rule="text", message=message)])
    start = starts[place]
    stop = next((at for at in range(start + 1, len(lines)) if _ANY.match(lines[at])), len(lines))
    while stop > start + 1 and (not lines[stop - 1].strip() or lines[stop - 1].lstrip().startswith("#")):
        stop -= 1
    new = block.splitlines()
    rest = lines[stop:] if new else _without_first_blank(lines[stop:])
    return "\n".join([*lines[:start], *new, *rest]) + "\n"


def block_of(table: str, cells: Mapping[str, object]) -> str:
    """Return a table in TOML's words; what is None or empty is left out."""
    rows = (f"{name} = {_value(value)}\n" for name, value in cells.items() if value not in (None, ""))
    return f"[[{table}]]\n{''.join(rows)}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {_value(one)}' for name, one in value.items() if one not in (None, ''))} }}"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return msgspec.json.encode(value).decode()


def _without_first_blank(lines: list[str]) -> list[str]:
    return lines[1:] if lines and not lines[0].strip() else lines
