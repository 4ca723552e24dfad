"""Pulses: every process tells the others a few of its figures every five seconds, and nobody keeps them.

What watches the shop (alerts, a live page) needs figures of all processes without a Prometheus. They go over NATS as
they are: whoever listens hears them, a lost one is followed by the next. A process not heard for a while is gone.
"""

import asyncio
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from springtide.platform.errors import Unavailable
from springtide.platform.telemetry import REGISTRY, logger

SUBJECT = "pulse"
EVERY_S = 5.0
GONE_AFTER_S = 20.0
_KEPT = 130
"""Pulses of eleven minutes."""

TOLD = {
    "springtide_http_request_seconds_count": ("channel", "method", "status"),
    "springtide_http_requests_turned_away_total": ("lane",),
    "springtide_contract_call_seconds_count": ("context", "method", "outcome"),
    "springtide_contract_call_seconds_sum": ("context", "method", "outcome"),
    "springtide_db_pool_waiting": ("context",),
    "springtide_db_pool_errors_total": ("context",),
    "springtide_lane_waiting": ("lane",),
    "springtide_consumer_pending_events": ("consumer",),
    "springtide_jobs_waiting": ("context",),
    "springtide_outbox_lag_seconds": ("context",),
    "springtide_open_differences": ("context",),
    "springtide_gateway_start_seconds_count": ("gateway", "outcome"),
    "springtide_payment_attempts_total": ("gateway", "outcome"),
    "springtide_orders_placed_total": ("market",),
    "springtide_order_revenue_minor_total": ("currency",),
    "springtide_checkout_steps_total": ("step",),
    "springtide_stock_outs_total": ("market",),
    "springtide_event_loop_late_seconds": (),
    "springtide_contract_calls_refused_total": ("context", "method", "why"),
    "process_cpu_seconds_total": (),
    "springtide_disk_free_bytes": ("folder",),
    "springtide_disk_size_bytes": ("folder",),
}
"""What a pulse tells, by which labels; the others are summed up."""

log = logger(__name__)


class Figure(msgspec.Struct, frozen=True, array_like=True):
    """A metric's name, its labels in the order of `TOLD`, and its value."""

    name: str
    labels: tuple[str, ...]
    value: float


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """What one process says of itself."""

    process: str
    roles: tuple[str, ...]
    figures: tuple[Figure, ...]


class Air(Protocol):
    """The bus, as far as pulses need it."""

    async def tell(self, subject: str, body: bytes) -> None:
        """Tell whoever listens."""
        ...


def own_figures() -> tuple[Figure, ...]:
    """Return what this process tells of itself now."""
    sums: dict[tuple[str, tuple[str, ...]], float] = {}
    for family in REGISTRY.restricted_registry(list(TOLD)).collect():
        for sample in family.samples:
            labels = tuple(sample.labels.get(name, "") for name in TOLD[sample.name])
            sums[sample.name, labels] = sums.get((sample.name, labels), 0.0) + sample.value
    sums["process_cpu_seconds_total", ()] = time.process_time()  # prometheus_client does not find it by its name
    return tuple(Figure(name, labels, value) for (name, labels), value in sums.items())


async def beat(bus: Air, roles: Iterable[str]) -> None:
    """Tell for ever."""
    process, named = f"{socket.gethostname()}:{os.getpid()}", tuple(sorted(roles))
    while True:
        pulse = Pulse(process=process, roles=named, figures=own_figures())
        try:
            await bus.tell(SUBJECT, msgspec.msgpack.encode(pulse))
        except Unavailable as error:
            log.debug("pulse.unheard", error=error.detail)
        await asyncio.sleep(EVERY_S)


class _Heard(msgspec.Struct, frozen=True):
    at_s: float
    figures: dict[tuple[str, tuple[str, ...]], float]


class Pulses:
    """What was heard of all processes lately. `clock`: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, deque[_Heard]] = {}
        self._roles: dict[str, tuple[str, ...]] = {}

    def hear(self, body: bytes) -> None:
        """Take a pulse; what cannot be read comes from another release, and is left out."""
        try:
            pulse = msgspec.msgpack.decode(body, type=Pulse)
        except msgspec.DecodeError as error:
            log.debug("pulse.unreadable", error=str(error))
            return
        figures = {(figure.name, figure.labels): figure.value for figure in pulse.figures}
        self._heard.setdefault(pulse.process, deque(maxlen=_KEPT)).append(_Heard(self._clock(), figures))
        self._roles[pulse.process] = pulse.roles

    def roles(self) -> frozenset[str]:
        """Return the roles that some living process has."""
        return frozenset(role for process, _ in self._alive() for role in self._roles[process])

    def sums(self, name: str) -> dict[tuple[str, ...], float]:
        """Return a figure's newest values by labels, summed over the living processes."""
        return self._over_all(name, sum)

    def most(self, name: str) -> dict[tuple[str, ...], float]:
        """Return a figure's newest values by labels, the largest of the living processes."""
        return self._over_all(name, max)

    def rises(self, name: str, *, within_s: float) -> dict[tuple[str, ...], float]:
        """Return by labels how much a counter rose in the last seconds, in all processes, also those that died."""
        found: dict[tuple[str, ...], float] = {}
        since = self._clock() - within_s
        for heard in self._heard.values():
            recent = [pulse for pulse in heard if pulse.at_s >= since]
            before = [pulse for pulse in heard if pulse.at_s < since]
            start = before[-1].figures if before else recent[0].figures if recent else {}
            for (figure, labels), value in recent[-1].figures.items() if recent else ():
                if figure == name:
                    found[labels] = found.get(labels, 0.0) + value - start.get((figure, labels), 0.0)
        return found

    def heard_for_s(self) -> float:
        """Return for how long pulses have been heard without a pause."""
        oldest = min((heard[0].at_s for heard in self._heard.values() if heard), default=self._clock())
        return self._clock() - oldest

    def _alive(self) -> list[tuple[str, _Heard]]:
        since = self._clock() - GONE_AFTER_S
        return [(process, heard[-1]) for process, heard in self._heard.items() if heard and heard[-1].at_s >= since]

    def _over_all(self, name: str, by: Callable[[Sequence[float]], float]) -> dict[tuple[str, ...], float]:
        found: dict[tuple[str, ...], list[float]] = {}
        for _, pulse in self._alive():
            for (figure, labels), value in pulse.figures.items():
                if figure == name:
                    found.setdefault(labels, []).append(value)
        return {labels: by(values) for labels, values in found.items()}
