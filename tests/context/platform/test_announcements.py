"""What is announced reaches everybody who listens, and nobody keeps it."""

import asyncio
from collections.abc import Callable

from springtide.platform.bus import Bus
from springtide.platform.pulse import SUBJECT, Pulses, beat
from springtide.platform.tasks import stopped
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


async def test_a_process_that_beats_is_known_by_its_roles(bus_with: BusWith) -> None:
    speaker, listener = await bus_with("speaker"), await bus_with("listener")
    pulses = Pulses()
    async with listener.hearing(SUBJECT, pulses.hear):
        beating = asyncio.create_task(beat(speaker, ("orders", "checkout")))
        await until(lambda: pulses.roles() == {"orders", "checkout"})
        await stopped([beating])
