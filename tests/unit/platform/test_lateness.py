"""A loop that was blocked is seen, by how much, and forgotten after a while."""

import asyncio
import time

from springtide.platform.lateness import KEPT_S, Lateness
from springtide.platform.telemetry import REGISTRY


async def test_a_blocked_loop_is_seen() -> None:
    lateness = Lateness()
    assert lateness.worst_s() == 0.0
    watching = asyncio.create_task(lateness.watch())
    await asyncio.sleep(0.05)
    time.sleep(0.4)  # noqa: ASYNC251 - this is what is looked for
    async with asyncio.timeout(10):
        while lateness.worst_s() < 0.3:  # noqa: ASYNC110 - the watch tells nobody
            await asyncio.sleep(0.02)
    watching.cancel()
    assert lateness.worst_s() < 5


def test_only_the_last_seconds_count() -> None:
    lateness = Lateness()
    for second in (0.9, 0.1, 0.2, 0.1, 0.1, 0.05):
        lateness._seconds.append(second)  # what `watch` does, without its seconds
    assert lateness.worst_s() == 0.2
    assert lateness.worst_s(1) == 0.05
    assert KEPT_S == 5


def test_it_is_among_the_metrics() -> None:
    assert REGISTRY.get_sample_value("springtide_event_loop_late_seconds") is not None
