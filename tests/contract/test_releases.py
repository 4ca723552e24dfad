"""This code and the newest recorded release understand each other, in both directions: every verb, every event.

Read `docs/guides/processes.md` on what one release may change.
"""

import copy
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from springtide.bootstrap.specs import contracts
from springtide.platform.events import Envelope
from tests.contract.event_schemas import events
from tests.contract.examples import values_of
from tests.contract.language import Rebuilt, described
from tests.contract.releases import NO_LONGER_CALLED, NOT_SENT_YET, newest, recorded

NEWEST = newest()
OLDER = Rebuilt(NEWEST)
NOW = {
    f"{context}.{name}": (method.arguments, method.reply)
    for context, contract in contracts().items()
    for name, method in contract.methods.items()
}
EVENTS = {f"{event.TYPE} v{event.VERSION}": event for event in events()}
VERBS = sorted(set(NEWEST["verbs"]) - NO_LONGER_CALLED)
TOLD = sorted(set(NEWEST["events"]) - {"envelope"})
TRIED = settings(
    max_examples=4, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
UNSENT = {member for _, member in NOT_SENT_YET}


def lost(sent: Any, read: Any, at: str = "$") -> list[str]:
    """Return what was sent and is not in what was read: a field that was renamed reads well and says nothing."""
    if isinstance(sent, dict):
        assert isinstance(read, dict), at
        return [
            problem
            for name, value in sent.items()
            for problem in (lost(value, read[name], f"{at}.{name}") if name in read else [f"{at}.{name}"])
        ]
    if isinstance(sent, list | tuple) and isinstance(read, list | tuple):
        pairs = zip(sent, read, strict=True)
        return [problem for number, pair in enumerate(pairs) for problem in lost(*pair, f"{at}[{number}]")]
    return [] if sent == read else [f"{at}: {sent} became {read}"]


def travels(data: st.DataObject, sent_as: Any, read_as: Any, *, codec: Any = msgspec.msgpack) -> tuple[Any, Any]:
    """Send a made-up value as one release encodes it, read it as the other one does; return both as plain values."""
    value = data.draw(values_of(sent_as))
    if _says_what_is_not_sent_yet(value):
        return {}, {}
    read = codec.decode(codec.encode(value), type=read_as)
    return _plain(value), _plain(read)


def _plain(value: Any) -> Any:
    """Return plain values with all fields: what was left out because it is the default was not lost."""
    if isinstance(value, msgspec.Struct):
        return {field.encode_name: _plain(getattr(value, field.name)) for field in msgspec.structs.fields(value)}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in zip(_plain_keys(value), value.values(), strict=True)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return msgspec.to_builtins(value, str_keys=True, order="sorted")


def _plain_keys(value: dict[Any, Any]) -> list[Any]:
    return list(msgspec.to_builtins(dict.fromkeys(value), str_keys=True))


def _says_what_is_not_sent_yet(value: Any) -> bool:
    return bool(UNSENT) and any(f'"{member}"'.encode() in msgspec.json.encode(value) for member in UNSENT)


@pytest.mark.parametrize("verb", VERBS)
@TRIED
@given(data=st.data())
def test_verb_is_understood_between_an_older_and_a_newer_neighbour(verb: str, data: st.DataObject) -> None:
    arguments, reply = NOW[verb]
    old_arguments, old_reply = OLDER.verb(verb)
    assert lost(*travels(data, old_arguments, arguments)) == []  # an older caller asks
    travels(data, reply, old_reply)  # and reads the answer
    travels(data, arguments, old_arguments)  # an older answerer is asked
    assert lost(*travels(data, old_reply, reply)) == []  # and its answer is read


@pytest.mark.parametrize("name", TOLD)
@TRIED
@given(data=st.data())
def test_event_is_understood_by_older_and_newer_listeners(name: str, data: st.DataObject) -> None:
    old = OLDER.event(name)
    assert lost(*travels(data, old, EVENTS[name], codec=msgspec.json)) == []
    travels(data, EVENTS[name], old, codec=msgspec.json)


def test_envelope_is_the_same_in_both_directions() -> None:
    old = OLDER.event("envelope")
    envelope = Envelope(
        id=uuid4(), type="a.b", version=1, aggregate_id="x", aggregate_version=3, occurred_at=datetime.now(UTC),
        actor="system:a", cause="", trace="", market="NL", payload=msgspec.Raw(b'{"n":1}'),
    )  # fmt: skip
    there = msgspec.json.decode(msgspec.json.encode(envelope), type=old)
    assert msgspec.json.decode(msgspec.json.encode(there), type=Envelope) == envelope


def test_what_may_not_be_sent_yet_is_unknown_to_the_newest_release() -> None:
    enums = described()["enums"]
    for name, member in NOT_SENT_YET:
        assert member in enums[name], f"{name} has no {member}"
        assert member not in NEWEST["enums"].get(name, []), f"{name} {member} can be sent: the last release reads it"


def test_a_verb_that_is_gone_was_not_called_any_more() -> None:
    assert set(NEWEST["verbs"]) - set(NOW) <= NO_LONGER_CALLED
    assert set(NEWEST["events"]) - set(EVENTS) == {"envelope"}


def test_every_record_can_be_spoken_again() -> None:
    for release in recorded().values():
        rebuilt = Rebuilt(release)
        for verb in release["verbs"]:
            arguments, _ = rebuilt.verb(verb)
            assert "caller" in arguments.__struct_fields__


def test_the_description_is_exact() -> None:
    """Described, rebuilt and described again, nothing is different."""
    again = described()
    rebuilt = Rebuilt(again)
    for verb, (arguments, reply) in NOW.items():
        old_arguments, old_reply = rebuilt.verb(verb)
        assert _shape(old_arguments) == _shape(arguments), verb
        assert _shape(old_reply) == _shape(reply), verb


def _shape(annotation: Any) -> Any:
    """Return msgspec's own schema of a type without the names of its parts."""
    (schema,), parts = msgspec.json.schema_components([annotation], ref_template="{name}")
    return _without_names(schema, parts)


def _without_names(schema: Any, parts: Any) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _without_names(parts[schema["$ref"]], parts)
        kept = {
            name: _without_names(value, parts)
            for name, value in schema.items()
            if name not in {"title", "description", "default"}
        }
        return {name: sorted(value) if name == "required" else value for name, value in kept.items()}
    return [_without_names(value, parts) for value in schema] if isinstance(schema, list) else schema


def _spoiled(change: Any) -> Any:
    """Return what a release could have said whose distance to this code is more than one release may change."""
    said = copy.deepcopy(NEWEST)
    change(said)
    return Rebuilt(said)


def _field_was_required(said: Any) -> None:
    del said["structs"]["inventory.api.Availability"]["band"]


def _field_had_another_name(said: Any) -> None:
    fields = said["structs"]["inventory.api.Availability"]
    fields["expected_at"] = fields.pop("expected_on")


def _field_had_another_type(said: Any) -> None:
    said["structs"]["inventory.api.Availability"]["version"] = {"type": "str", "default": ""}


def _member_was_unknown(said: Any) -> None:
    said["enums"]["inventory.api.Band"] = ["in_stock", "few_left", "inbound"]


def _member_is_gone(said: Any) -> None:
    said["enums"]["inventory.api.Band"].append("reserved")


@pytest.mark.parametrize(
    "change",
    [_field_was_required, _field_had_another_name, _field_had_another_type, _member_was_unknown, _member_is_gone],
)
def test_planted_break_is_found(change: Any) -> None:
    """In one direction or the other, somewhere among a few dozen made-up values."""
    verb = "inventory.availability"
    _, old_reply = _spoiled(change).verb(verb)

    @settings(max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def tried(data: st.DataObject) -> None:
        assert lost(*travels(data, old_reply, NOW[verb][1])) == []
        travels(data, NOW[verb][1], old_reply)

    with pytest.raises((msgspec.ValidationError, AssertionError, ExceptionGroup)):
        tried()


def test_rebuilt_enums_are_enums() -> None:
    (member, *_) = OLDER.type_of({"enum": "inventory.api.Band"})
    assert isinstance(member, Enum)
