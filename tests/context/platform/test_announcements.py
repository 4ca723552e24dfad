"""What is announced reaches everybody who listens, and nobody keeps it."""

import asyncio
import time
from collections.abc import Callable

import pytest

from springtide.platform import vitals
from springtide.platform.bus import Bus
from springtide.platform.figures import Figure
from springtide.platform.fleet_figures import FleetFigures
from springtide.platform.fleet_view import FleetHub
from springtide.platform.tasks import stopped
from springtide.platform.vitals import EVERYBODY, Pulse
from tests.context.platform.probe import until

BusWith = Callable[[str], "asyncio.Future[Bus]"]


async def test_everybody_hears_it_and_nobody_who_comes_later(bus_with: BusWith) -> None:
    speaker, listener = await bus_with("speaker"), await bus_with("listener")
    heard: list[bytes] = []

    async def is_heard_by_both() -> bool:
        await speaker.tell("news", b"news")
        return len(heard) >= 2

    async with listener.hearing("news", heard.append), speaker.hearing("news", heard.append):
        await until(is_heard_by_both)
        before = len(heard)
    await speaker.tell("news", b"after everybody left")
    await speaker.last_sequence()  # a round trip to the server and back
    assert heard == [b"news"] * before


async def test_one_message_serves_the_watch_and_the_live_page(bus_with: BusWith) -> None:
    speaker, listener = await bus_with("speaker"), await bus_with("listener")
    figures, hub = FleetFigures(), FleetHub()
    async with listener.hearing(EVERYBODY, figures.hear), listener.hearing(EVERYBODY, hub.take):
        telling = asyncio.create_task(Pulse(speaker, roles=("orders", "checkout"), databases={}).run())
        await until(lambda: figures.roles() == {"orders", "checkout"})
        await until(lambda: [process.roles for process in hub.view().processes] == [("checkout", "orders")])
        await stopped([telling])
        await until(lambda: not hub.view().processes)  # it said goodbye


async def test_a_process_says_goodbye_also_when_its_figures_take_longer_than_one_cancellation(
    bus_with: BusWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker, listener = await bus_with("speaker"), await bus_with("listener")
    hub = FleetHub()
    async with listener.hearing(EVERYBODY, hub.take):
        telling = asyncio.create_task(Pulse(speaker, roles=("orders",), databases={}).run())
        await until(lambda: bool(hub.view().processes))
        monkeypatch.setattr(vitals, "own_figures", _figures_that_take_a_second)
        await stopped([telling])
        await until(lambda: not hub.view().processes)


def _figures_that_take_a_second() -> tuple[Figure, ...]:
    time.sleep(1.2)  # what is tested: `stopped` cancels twice a second
    return ()
