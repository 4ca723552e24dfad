"""How deep queues are and how late the event loop is: asked every few seconds, not on anybody's path."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Protocol

from prometheus_client import Gauge

from springtide.platform.telemetry import REGISTRY

EVERY_S = 5.0
_LATE_EVERY_S = 0.5
_LOOKS = 10

CONSUMER_PENDING = Gauge(
    "springtide_consumer_pending_events", "Events a consumer has not taken yet", ["consumer"], registry=REGISTRY
)
JOBS_WAITING = Gauge("springtide_jobs_waiting", "Jobs that wait for a worker", ["context"], registry=REGISTRY)
LOOP_LATE_SECONDS = Gauge(
    "springtide_event_loop_late_seconds", "Most that this process woke up late in the last 5 s", registry=REGISTRY
)


class Lagging(Protocol):
    """The bus, as far as it is needed here."""

    async def consumer_lag(self, consumer: str) -> int:
        """Return how many events a durable consumer has not acked."""
        ...


class Queued(Protocol):
    """The jobs of a context."""

    async def waiting(self) -> int:
        """Return how many wait for a worker."""
        ...


async def measure(bus: Lagging, consumers: Iterable[str], jobs: Mapping[str, Queued]) -> None:
    """Set the gauges of the queues once."""
    for name in consumers:
        CONSUMER_PENDING.labels(name).set(await bus.consumer_lag(name))
    for context, queue in jobs.items():
        JOBS_WAITING.labels(context).set(await queue.waiting())


async def watch_the_loop() -> None:
    """Measure for ever how late this process wakes up: it is busy, or something blocks it."""
    clock = asyncio.get_running_loop().time
    while True:
        latest = 0.0
        for _ in range(_LOOKS):
            wanted = clock() + _LATE_EVERY_S
            await asyncio.sleep(_LATE_EVERY_S)
            latest = max(latest, clock() - wanted)
        LOOP_LATE_SECONDS.set(latest)
