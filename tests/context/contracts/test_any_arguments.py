"""Whatever a verb is asked, it answers or refuses by name: an engine's own complaint is nobody's answer."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from springtide.bootstrap import Node
from springtide.bootstrap.specs import contracts, spec_of
from springtide.platform.caller import system
from springtide.platform.errors import Refusal
from springtide.platform.rpc import Method
from springtide.platform.usecase import new_key
from springtide.settings import CONTEXTS
from tests.conftest import NodeWith
from tests.contract.examples import values_of, verbs

CALLER = system("test")
SEED = 20_111_209
MANY = 25
SIZES = ("limit", "most")
CURSORS = ("after", "before")
NO_CURSORS = ("", "x", "é" * 200, "00000000-0000-0000-0000-00000000000x")
NO_SIZES = (-1, 0, 10**6, 2**62)
COUNTED = {"peak.list_plans"}
"""Lists whose cursor is a number."""

# Only checkout places, with a quote that pricing made and nobody changed: its exchange rate is a number.
TRUSTED = {"orders.place"}


def examples(method: Method, number: int) -> list[dict[str, Any]]:
    """Return so many made-up arguments, the same ones at every call."""
    made: list[msgspec.Struct] = []

    @seed(SEED)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(values_of(method.arguments))
    def collect(arguments: msgspec.Struct) -> None:
        made.append(arguments)

    collect()
    return [asked(arguments) for arguments in made]


def asked(arguments: msgspec.Struct) -> dict[str, Any]:
    found = {name: getattr(arguments, name) for name in arguments.__struct_fields__}
    return found | {"caller": CALLER} | ({"key": new_key()} if "key" in found else {})


def has_null(value: object) -> bool:
    """Tell whether a text with U+0000 is in it: channels refuse that before they ask anybody."""
    return b"\\u0000" in msgspec.json.encode(value)


async def complaint(node: Node, name: str, arguments: dict[str, Any]) -> str:
    """Ask a verb; return what was raised that is no refusal, "" when it answered or refused by name."""
    context, _, verb = name.partition(".")
    try:
        await getattr(node.ask(contracts()[context].api), verb)(**arguments)
    except Refusal:
        return ""
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what this test looks for
        return f"{name}: {error!r} of {arguments}"[:500]
    return ""


def listing(*names: str) -> list[tuple[str, Method]]:
    """Return the verbs with one of these arguments."""
    found = verbs([spec_of(context).contract for context in CONTEXTS])
    return [(name, method) for name, method in found if set(names) & set(method.arguments.__struct_fields__)]


async def test_lists_take_only_cursors_they_gave_and_sizes_they_allow(node_with: NodeWith) -> None:
    node = await node_with(*CONTEXTS)
    complaints = []
    for name, method in listing(*CURSORS, *SIZES):
        (plain,) = examples(method, 1)
        fields = set(plain)
        wrong = [{field: value} for field in fields.intersection(SIZES) for value in NO_SIZES]
        texts = [field for field in fields.intersection(CURSORS) if name not in COUNTED]
        wrong += [{field: value} for field in texts for value in NO_CURSORS]
        fine = dict.fromkeys(fields.intersection(SIZES), 1)
        complaints += [await complaint(node, name, plain | fine | one) for one in wrong]
    assert len(complaints) > 200
    assert [one for one in complaints if one] == []


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_any_verb_answers_or_refuses_by_name(node_with: NodeWith) -> None:
    node = await node_with(*CONTEXTS)
    complaints = []
    for name, method in verbs([spec_of(context).contract for context in CONTEXTS]):
        if name in TRUSTED:
            continue
        complaints += [await complaint(node, name, one) for one in examples(method, MANY) if not has_null(one)]
    assert [one for one in complaints if one] == []
