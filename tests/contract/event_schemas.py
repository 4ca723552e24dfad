"""What every event looks like, committed, so that a change is seen: fields are added, never changed or removed.

    python -m tests.contract.event_schemas      writes additions into event_schemas.json; refuses anything else

An old event lies in the stream for a week and an old process may run beside a new one, so a new field needs a default
and a field that is there keeps its type. Instead of a change: a new field beside the old one, or a new event.
"""

import inspect
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from springtide.platform.events import Envelope, Event
from springtide.settings import CONTEXTS

FILE = Path(__file__).with_suffix(".json")
_WORDS = frozenset({"title", "description"})

Schemas = dict[str, Any]


def events() -> list[type[Event]]:
    """Return every event class of the contracts."""
    return [
        value
        for context in CONTEXTS
        for _, value in inspect.getmembers(import_module(f"springtide.contracts.{context}.events"), inspect.isclass)
        if issubclass(value, Event) and "TYPE" in vars(value)
    ]


def current() -> Schemas:
    """Return `{"<type> v<version>": schema, "envelope": schema, "parts": {name: schema}}` of the code as it is."""
    classes = {f"{event.TYPE} v{event.VERSION}": event for event in events()}
    found, parts = msgspec.json.schema_components([*classes.values(), Envelope], ref_template="{name}")
    schemas = dict(zip([*classes, "envelope"], found, strict=True))
    return json.loads(json.dumps({**_plain(schemas), "parts": _plain(parts)}, sort_keys=True))  # type: ignore[no-any-return]


def breaks(before: Schemas, after: Schemas, at: str = "") -> list[str]:
    """Return what an older process or an older event would not survive."""
    found: list[str] = []
    for name, old in before.items():
        place = f"{at}/{name}"
        if name not in after:
            found.append(f"{place} is gone")
        elif name == "required":
            found += [f"{at}: the new field {field} has no default" for field in sorted(set(after[name]) - set(old))]
        elif isinstance(old, dict) and isinstance(after[name], dict):
            found += breaks(old, after[name], place)
        elif old != after[name]:
            found.append(f"{place} was {old} and is {after[name]}")
    if "properties" in before and "required" not in before:
        found += [f"{at}: the new field {field} has no default" for field in after.get("required", [])]
    return found


def committed() -> Schemas:
    """Return the schemas as they were committed."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def main() -> int:
    """Write additions."""
    now = current()
    broken = breaks(committed(), now)
    if broken:
        sys.stderr.write("\n".join(["Refused: events are only added to.", *broken, ""]))
        return 1
    FILE.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def _plain(schema: Any) -> Any:
    """Leave out names and descriptions of classes: words may change."""
    if isinstance(schema, dict):
        is_schema = "type" in schema or "$ref" in schema or "anyOf" in schema or "enum" in schema
        return {name: _plain(value) for name, value in schema.items() if not (is_schema and name in _WORDS)}
    return [_plain(value) for value in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    sys.exit(main())
