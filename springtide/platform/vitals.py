"""Vitals: what a process tells of itself once a second, small enough to be sent whole each time.

Counts only ever rise while a process lives, so a snapshot that was lost costs nothing: the next one says it all. Times
to answer are counted in buckets that are the same in every process, so that those of several processes can be added up
and percentiles read from the sum. A percentile is never averaged. `platform.fleet_view` listens for the live page,
`platform.fleet_figures` for the watch, which needs figures that not every snapshot brings.
"""

import asyncio
import os
import resource
import secrets
import socket
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from springtide.platform import lateness
from springtide.platform.bus import Bus
from springtide.platform.db import Database
from springtide.platform.errors import Unavailable
from springtide.platform.figures import Figure, own_figures
from springtide.platform.tasks import patiently
from springtide.platform.telemetry import REGISTRY, logger

log = logger(__name__)

EVERY_S = 1.0
FIGURES_EVERY = 5
"""Snapshots from one that brings figures to the next."""
GOODBYE_WITHIN_S = 5.0

SUBJECT = "vitals"
EVERYBODY = f"{SUBJECT}.*"
MOST_BYTES = 256 * 1024
_FIRST_S, _FACTOR, _BUCKETS = 0.001, 1.2, 60
BOUNDS_S: tuple[float, ...] = tuple(_FIRST_S * _FACTOR**step for step in range(_BUCKETS))
"""Upper ends of the buckets in seconds, 1 ms to 47 s, each a fifth wider than the one before; one more counts the rest.
A percentile read from them is at most a fifth too high.
"""

MOST_CHANNELS = 12
MOST_QUEUES = 48
MOST_NAMES = 16
_MIB = 1024 * 1024
_QUEUES = {
    "springtide_lane_waiting": "lane",
    "springtide_http_requests_waiting": "http",
    "springtide_outbox_lag_seconds": "outbox",
}
_STATM = Path("/proc/self/statm")
_SERVER_ERROR = 500
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_SELLING = frozenset({"storefront", "shop_api"})


class Answers(msgspec.Struct, frozen=True, array_like=True):
    """What one channel has answered since its process started: how many, how many with 5xx, how fast (per bucket)."""

    channel: str
    answered: int
    failed: int
    buckets: tuple[int, ...]


class Queue(msgspec.Struct, frozen=True, array_like=True):
    """What waits in this process: `kind` is lane (contract calls), http (requests) or outbox (in seconds)."""

    kind: str
    name: str
    waiting: int


class PoolUse(msgspec.Struct, frozen=True, array_like=True):
    """Database connections of one context: how many are lent, how many there may be, who waits for one."""

    context: str
    lent: int
    most: int
    waiting: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One process, now. `process` is unique for each start; `lag_ms`: how late the event loop was, at worst, within the
    last second; `cpu_percent` of one core; `failing`: loops whose last turn failed; `figures`: empty where this one
    brings none; `leaving`: this is the last one.
    """

    process: str
    roles: tuple[str, ...]
    up_s: int
    answers: tuple[Answers, ...]
    queues: tuple[Queue, ...]
    pools: tuple[PoolUse, ...]
    failing: tuple[str, ...]
    lag_ms: int
    cpu_percent: int
    memory_mib: int
    figures: tuple[Figure, ...] = ()
    leaving: bool = False


class Sales(msgspec.Struct, frozen=True):
    """Answers to buyers' writes (carts, completions, accounts) since the process started; `bad`: with 5xx."""

    good: int
    bad: int


class _Counts:
    def __init__(self) -> None:
        self.answered = 0
        self.failed = 0
        self.buckets = [0] * (_BUCKETS + 1)


class Vitals:
    """The counts of this process."""

    def __init__(self) -> None:
        self._channels: dict[str, _Counts] = {}
        self._failing: dict[str, None] = {}
        self._good_sales = 0
        self._bad_sales = 0

    def answered(self, channel: str, method: str, status: int, seconds: float) -> None:
        """Count one answer; called for every request, so it does as little as can be."""
        counts = self._channels.get(channel)
        if counts is None:
            if len(self._channels) >= MOST_CHANNELS:
                return
            counts = self._channels[channel] = _Counts()
        counts.answered += 1
        counts.buckets[bisect_left(BOUNDS_S, seconds)] += 1
        is_bad = status >= _SERVER_ERROR
        if is_bad:
            counts.failed += 1
        if method in _WRITING and channel in _SELLING:
            if is_bad:
                self._bad_sales += 1
            else:
                self._good_sales += 1

    def turned(self, loop: str, *, failed: bool) -> None:
        """Note how the last turn of a background loop ended."""
        if not failed:
            self._failing.pop(loop, None)
        elif len(self._failing) < MOST_NAMES:
            self._failing[loop] = None

    def sales(self) -> Sales:
        """Return how buyers' writes were answered since the process started."""
        return Sales(self._good_sales, self._bad_sales)

    def answers(self) -> tuple[Answers, ...]:
        """Return the counts of every channel."""
        return tuple(
            Answers(channel, counts.answered, counts.failed, tuple(counts.buckets))
            for channel, counts in self._channels.items()
        )

    def failing(self) -> tuple[str, ...]:
        """Return the loops whose last turn failed."""
        return tuple(self._failing)


THIS = Vitals()


class Pulse:
    """Sends the snapshot of this process every second while it lives."""

    def __init__(
        self, bus: Bus, *, roles: Iterable[str], databases: Mapping[str, Database], vitals: Vitals = THIS
    ) -> None:
        self._bus = bus
        self._roles = tuple(sorted(roles))
        self._databases = databases
        self._vitals = vitals
        self._since = time.monotonic()
        self._cpu = (self._since, time.process_time())
        self._told = 0
        self.process = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(2)}"

    async def run(self) -> None:
        """Send until cancelled; the last snapshot says that this process leaves by its own will."""
        try:
            while True:
                await self._send(leaving=False)
                await asyncio.sleep(EVERY_S)
        finally:  # whoever stops us cancels again and again, and the figures may take longer than he waits
            await patiently(asyncio.create_task(self._send(leaving=True)), within_s=GOODBYE_WITHIN_S)

    async def _send(self, *, leaving: bool) -> None:
        brings_figures = leaving or self._told % FIGURES_EVERY == 0
        self._told += 1
        # Many routes and methods make it a tenth of a second: nobody waits for it.
        figures = await asyncio.to_thread(own_figures) if brings_figures else ()
        snapshot = self.snapshot(leaving=leaving, figures=figures)
        body = msgspec.msgpack.encode(snapshot)
        try:
            await self._bus.tell(f"{SUBJECT}.{self.process}", body)
        except Unavailable as error:  # whoever listens sees the silence
            log.debug("vitals.not_sent", error=error.detail)

    def snapshot(self, *, leaving: bool = False, figures: tuple[Figure, ...] = ()) -> Snapshot:
        """Return what there is to tell."""
        now, cpu = time.monotonic(), time.process_time()
        (before, cpu_before), self._cpu = self._cpu, (now, cpu)
        return Snapshot(
            process=self.process,
            roles=self._roles,
            up_s=int(now - self._since),
            answers=self._vitals.answers(),
            queues=_queues(),
            pools=tuple(_pool_use(name, database) for name, database in list(self._databases.items())[:MOST_NAMES]),
            failing=self._vitals.failing(),
            lag_ms=round(lateness.THIS.worst_s(1) * 1000),
            cpu_percent=round(100 * (cpu - cpu_before) / max(now - before, 0.001)),
            memory_mib=_memory_mib(),
            figures=figures,
            leaving=leaving,
        )


def _queues() -> tuple[Queue, ...]:
    found = [
        Queue(_QUEUES[sample.name], next(iter(sample.labels.values()), ""), round(sample.value))
        for family in REGISTRY.restricted_registry(list(_QUEUES)).collect()
        for sample in family.samples
    ]
    return tuple(sorted(found, key=lambda queue: -queue.waiting)[:MOST_QUEUES])


def _pool_use(context: str, database: Database) -> PoolUse:
    """Return the use of the pool for statements; batches have a connection of their own, and so have replicas."""
    figures = dict(database.pools())["statements"]
    made, free = figures.get("pool_size", 0), figures.get("pool_available", 0)
    return PoolUse(context, made - free, figures.get("pool_max", 0), figures.get("requests_waiting", 0))


def _memory_mib() -> int:
    """Return the memory that is in use; where the system does not say, the most that ever was."""
    if _STATM.exists():
        return int(_STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize() // _MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
