"""How late this process wakes up: it is busy, or something blocks it. One watch; metrics and vitals read it."""

import asyncio
from collections import deque

from prometheus_client import Gauge

from springtide.platform.telemetry import REGISTRY

KEPT_S = 5
_LOOKS = 10
"""In a second."""

LOOP_LATE_SECONDS = Gauge(
    "springtide_event_loop_late_seconds",
    f"Most that this process woke up late in the last {KEPT_S} s",
    registry=REGISTRY,
)


class Lateness:
    """The latest awakening of each of the last seconds."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=KEPT_S)

    async def watch(self) -> None:
        """Measure for ever."""
        while True:
            self._seconds.append(await _worst_of_a_second())

    def worst_s(self, within_s: int = KEPT_S) -> float:
        """Return by how many seconds the latest awakening was late, at worst, in the last `within_s` seconds."""
        return max(list(self._seconds)[-within_s:], default=0.0)


THIS = Lateness()
LOOP_LATE_SECONDS.set_function(THIS.worst_s)


async def _worst_of_a_second() -> float:
    clock = asyncio.get_running_loop().time
    worst = 0.0
    for _ in range(_LOOKS):
        due = clock() + 1 / _LOOKS
        await asyncio.sleep(1 / _LOOKS)
        worst = max(worst, clock() - due)
    return worst
