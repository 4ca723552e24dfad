"""How deep queues are: asked every few seconds, not on anybody's path."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from prometheus_client import Gauge

from springtide.platform.telemetry import REGISTRY

EVERY_S = 5.0

CONSUMER_PENDING = Gauge(
    "springtide_consumer_pending_events", "Events a consumer has not taken yet", ["consumer"], registry=REGISTRY
)
JOBS_WAITING = Gauge("springtide_jobs_waiting", "Jobs that wait for a worker", ["context"], registry=REGISTRY)


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
