"""Events are only added to."""

import copy
from collections.abc import Callable

import pytest

from springtide.settings import CONTEXTS
from tests.contract.event_schemas import Schemas, breaks, committed, current, events

HOW = "Added a field with a default, or an event? Run .venv/bin/python -m tests.contract.event_schemas and commit."


def test_no_committed_event_was_changed() -> None:
    assert breaks(committed(), current()) == [], "Events are only added to: add a field or an event instead."


def test_every_addition_is_committed() -> None:
    assert current() == committed(), HOW


def test_type_names_its_context_and_is_one_of_a_kind() -> None:
    types = [(event.TYPE, event.VERSION) for event in events()]
    assert len(set(types)) == len(types)
    for event in events():
        context, _, what = event.TYPE.partition(".")
        assert context in CONTEXTS
        assert event.__module__ == f"springtide.contracts.{context}.events"
        assert what.replace("_", "").isalpha()


SCHEMAS: Schemas = {
    "shop.opened v1": {
        "type": "object",
        "properties": {"at": {"type": "integer"}, "by": {"$ref": "Person"}},
        "required": ["at", "by"],
    },
    "parts": {"Person": {"type": "object", "properties": {"name": {"type": "string", "default": ""}}}},
}


def _drop_event(schemas: Schemas) -> None:
    del schemas["shop.opened v1"]


def _drop_field(schemas: Schemas) -> None:
    del schemas["parts"]["Person"]["properties"]["name"]


def _change_type(schemas: Schemas) -> None:
    schemas["shop.opened v1"]["properties"]["at"]["type"] = "string"


def _require_new_field(schemas: Schemas) -> None:
    schemas["shop.opened v1"]["properties"]["why"] = {"type": "string"}
    schemas["shop.opened v1"]["required"].append("why")


def _require_first_field(schemas: Schemas) -> None:
    schemas["parts"]["Person"]["properties"]["why"] = {"type": "string"}
    schemas["parts"]["Person"]["required"] = ["why"]


@pytest.mark.parametrize("spoil", [_drop_event, _drop_field, _change_type, _require_new_field, _require_first_field])
def test_planted_change_is_refused(spoil: Callable[[Schemas], None]) -> None:
    after = copy.deepcopy(SCHEMAS)
    spoil(after)
    assert len(breaks(SCHEMAS, after)) == 1


def test_additions_are_welcome() -> None:
    after = copy.deepcopy(SCHEMAS)
    after["shop.closed v1"] = {"type": "object", "properties": {}}
    after["shop.opened v1"]["properties"]["why"] = {"type": "string", "default": ""}
    after["parts"]["Person"]["properties"]["age"] = {"type": "integer", "default": 0}
    assert breaks(SCHEMAS, after) == []
