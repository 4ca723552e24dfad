"""Processes of two releases beside each other on one bus: today's, one that is older, one that is newer.

The other release's language is made from today's by taking away and adding; it is rebuilt from data as a record is.
"""

import asyncio
import copy
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import msgspec
import pytest

from springtide.bootstrap.specs import contracts
from springtide.contracts.common import Page
from springtide.contracts.inventory.api import Availability, Band, InventoryApi
from springtide.contracts.inventory.events import AvailabilityChanged
from springtide.platform.bus import Bus
from springtide.platform.events import Envelope
from springtide.platform.rpc import Contract, Method, MethodUnknown, NotUnderstood, Server, remote
from tests.context.platform.probe import CALLER
from tests.contract.language import Rebuilt, described

BusWith = Callable[[str], "asyncio.Future[Bus]"]
TODAY = described()
BAND = Availability(market="NL", sku="mug", band=Band.FEW_LEFT, version=7)


class Inventory:
    """Answers whatever it was made for, in any release's words."""

    def __init__(self, answer: Any = (BAND,)) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = answer

    async def availability(self, **asked: Any) -> Any:
        self.asked.append(asked)
        return self._answer


def contract_of(said: Any, *, more: tuple[str, ...] = ()) -> Contract[Any]:
    """Return inventory's contract as another release has it."""
    rebuilt = Rebuilt(said)
    contract: Contract[Any] = Contract("inventory", InventoryApi)
    for name in ("availability", *more):
        contract.methods[name] = Method(name, *rebuilt.verb(f"inventory.{name}"))
    return contract


def older() -> Any:
    """A release before `version` and `expected_on` were added to a band."""
    said = copy.deepcopy(TODAY)
    for field in ("version", "expected_on"):
        del said["structs"]["inventory.api.Availability"][field]
    return said


def newer() -> Any:
    """A release that asks with one field more, answers with one more, has one verb and one band more."""
    said = copy.deepcopy(TODAY)
    said["structs"]["inventory.api.Availability"]["left"] = {"type": "int", "default": 0}
    said["verbs"]["inventory.availability"]["arguments"]["channel"] = {"type": "str", "default": ""}
    said["verbs"]["inventory.forecast"] = said["verbs"]["inventory.availability"]
    said["enums"]["inventory.api.Band"].append("reserved")
    return said


ASKED = {"caller": CALLER, "market": "NL", "skus": ("mug",)}
OTHERS = {"older": older, "newer": newer}


@pytest.mark.parametrize("age", OTHERS)
async def test_caller_of_another_release_is_answered_by_todays(bus: Bus, bus_with: BusWith, age: str) -> None:
    inventory, said = Inventory(), OTHERS[age]()
    api = remote(contract_of(said), await bus_with(age))
    more = {"channel": "web"} if age == "newer" else {}
    async with bus.serving("inventory", Server(contracts()["inventory"], inventory).handle):
        (band,) = await api.availability(**ASKED, **more)
    assert inventory.asked == [ASKED]
    assert (band.market, band.sku, band.band.value) == ("NL", "mug", "few_left")
    assert band.__struct_fields__ == tuple(said["structs"]["inventory.api.Availability"])


@pytest.mark.parametrize("age", OTHERS)
async def test_todays_caller_is_answered_by_another_release(bus: Bus, bus_with: BusWith, age: str) -> None:
    said = OTHERS[age]()
    rebuilt = Rebuilt(said)
    shape, bands = (
        rebuilt.type_of({"struct": "inventory.api.Availability"}),
        rebuilt.type_of({"enum": "inventory.api.Band"}),
    )
    more = {"left": 3, "version": 7} if age == "newer" else {}
    inventory = Inventory((shape(market="NL", sku="mug", band=bands("few_left"), **more),))
    async with (await bus_with(age)).serving("inventory", Server(contract_of(said), inventory).handle):
        (band,) = await remote(contracts()["inventory"], bus).availability(**ASKED)
    assert band == msgspec.structs.replace(BAND, version=7 if age == "newer" else 0)
    assert inventory.asked[0]["skus"] == ("mug",)


async def test_verb_that_todays_process_does_not_know_is_asked_for_later(bus: Bus, bus_with: BusWith) -> None:
    api = remote(contract_of(newer(), more=("forecast",)), await bus_with("newer"))
    async with bus.serving("inventory", Server(contracts()["inventory"], Inventory()).handle):
        with pytest.raises(MethodUnknown) as told:
            await api.forecast(**ASKED)
    assert (told.value.status, told.value.code) == (503, "method_unknown")
    assert told.value.facts == {"method": "inventory.forecast"}


async def test_word_that_is_not_known_yet_is_never_taken_for_another(bus: Bus, bus_with: BusWith) -> None:
    """A member sent a release too early: nobody guesses, and whoever asked may ask again."""
    said = newer()
    rebuilt = Rebuilt(said)
    shape, bands = (
        rebuilt.type_of({"struct": "inventory.api.Availability"}),
        rebuilt.type_of({"enum": "inventory.api.Band"}),
    )
    inventory = Inventory((shape(market="NL", sku="mug", band=bands("reserved")),))
    async with (await bus_with("newer")).serving("inventory", Server(contract_of(said), inventory).handle):
        with pytest.raises(NotUnderstood) as told:
            await remote(contracts()["inventory"], bus).availability(**ASKED)
    assert (told.value.status, told.value.facts) == (503, {"method": "inventory.availability"})


async def test_argument_that_todays_process_cannot_read_is_not_refused_for_good(bus: Bus, bus_with: BusWith) -> None:
    said, inventory = copy.deepcopy(TODAY), Inventory()
    said["verbs"]["inventory.availability"]["arguments"]["skus"] = {"type": {"list": "int"}}
    api = remote(contract_of(said), await bus_with("newer"))
    async with bus.serving("inventory", Server(contracts()["inventory"], inventory).handle):
        with pytest.raises(NotUnderstood):
            await api.availability(caller=CALLER, market="NL", skus=[1])
    assert inventory.asked == []


@pytest.mark.parametrize("age", OTHERS)
async def test_event_of_another_release_is_heard(bus: Bus, bus_with: BusWith, age: str) -> None:
    said = OTHERS[age]()
    rebuilt = Rebuilt(said)
    event_type, shape, bands = (
        rebuilt.event(f"{AvailabilityChanged.TYPE} v1"),
        rebuilt.type_of({"struct": "inventory.api.Availability"}),
        rebuilt.type_of({"enum": "inventory.api.Band"}),
    )
    told = event_type(changed=(shape(market="NL", sku="mug", band=bands("few_left")),))
    await (await bus_with(age)).publish([enveloped(told)])
    async with asyncio.timeout(20), aclosing(bus.follow([AvailabilityChanged.TYPE], after_sequence=0)) as batches:  # type: ignore[type-var]
        (delivery,) = await anext(batches)
    (heard,) = delivery.envelope.read(AvailabilityChanged).changed
    assert heard == msgspec.structs.replace(BAND, version=0)


def enveloped(event: Any) -> Envelope:
    said = {
        "id": "0198f0a0-0000-7000-8000-000000000001", "type": AvailabilityChanged.TYPE, "version": 1,
        "aggregate_id": "mug", "aggregate_version": 1, "occurred_at": "2026-11-22T10:00:00Z",
        "actor": "system:inventory", "cause": "", "trace": "", "market": "NL", "payload": event,
    }  # fmt: skip
    return msgspec.json.decode(msgspec.json.encode(said), type=Envelope)


def test_a_page_of_another_release_is_a_page() -> None:
    _, old = Rebuilt(older()).verb("inventory.stock")
    page = Page[Any](items=(), after="x")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(page), type=old).after == "x"
