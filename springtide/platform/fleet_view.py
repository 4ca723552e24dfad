"""The fleet as one process sees it: every process's newest vitals, added up over the last seconds.

Bounded: at most `MOST_PROCESSES`, each with the snapshots of `WINDOW_S` seconds. A process that went without a word is
shown as silent until it is forgotten; one that said goodbye is gone at once.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import starmap

import msgspec

from springtide.platform.telemetry import logger
from springtide.platform.vitals import BOUNDS_S, MOST_BYTES, Answers, PoolUse, Queue, Snapshot

log = logger(__name__)

WINDOW_S = 10.0
SILENT_AFTER_S = 3.5
FORGOTTEN_AFTER_S = 600.0
MOST_PROCESSES = 256
_MOST_SNAPSHOTS = 16


class ProcessView(msgspec.Struct, frozen=True, kw_only=True):
    """One process; rates and percentiles over the last `WINDOW_S` seconds. `silent_s`: None while it speaks."""

    name: str
    roles: tuple[str, ...]
    up_s: int
    silent_s: int | None
    requests_per_s: float
    failed_per_s: float
    p50_ms: int | None
    p99_ms: int | None
    lag_ms: int
    cpu_percent: int
    memory_mib: int
    pools: tuple[PoolUse, ...]
    failing: tuple[str, ...]


class FleetView(msgspec.Struct, frozen=True, kw_only=True):
    """All processes together, and each; queues are sums of those that speak (outbox: the oldest)."""

    requests_per_s: float
    failed_per_s: float
    p50_ms: int | None
    p99_ms: int | None
    processes: tuple[ProcessView, ...]
    queues: tuple[Queue, ...]

    @property
    def silent(self) -> int:
        """Return how many processes went without a word."""
        return sum(process.silent_s is not None for process in self.processes)


class _Window(msgspec.Struct):
    """Differences of counts over a stretch of time."""

    seconds: float
    answered: int
    failed: int
    buckets: list[int]


class FleetHub:
    """Takes snapshots (`take`) and gives the view of now (`view`). `clock`: monotonic seconds.

    `channels`: whose answers count; None: everybody's.
    """

    def __init__(self, *, channels: Iterable[str] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._channels = frozenset(channels) if channels is not None else None
        self._clock = clock
        self._seen: dict[str, deque[tuple[float, Snapshot]]] = {}

    def take(self, body: bytes) -> None:
        """Take one message as it arrived; one that is none of ours is dropped."""
        if len(body) > MOST_BYTES:
            return
        try:
            snapshot = msgspec.msgpack.decode(body, type=Snapshot)
        except msgspec.DecodeError as error:  # another version during a rolling restart
            log.debug("fleet.unreadable", error=str(error))
            return
        self.add(snapshot)

    def add(self, snapshot: Snapshot) -> None:
        """Take one snapshot."""
        if snapshot.leaving:
            self._seen.pop(snapshot.process, None)
            return
        if snapshot.process not in self._seen and len(self._seen) >= MOST_PROCESSES:
            return
        known = self._seen.setdefault(snapshot.process, deque(maxlen=_MOST_SNAPSHOTS))
        known.append((self._clock(), msgspec.structs.replace(snapshot, figures=())))  # those are for the watch

    def view(self) -> FleetView:
        """Return everything that is known now."""
        now = self._clock()
        self._seen = {name: known for name, known in self._seen.items() if now - known[-1][0] < FORGOTTEN_AFTER_S}
        windows = {name: self._window(known, now) for name, known in self._seen.items()}
        total = _added(windows.values())
        return FleetView(
            requests_per_s=sum(window.answered / window.seconds for window in windows.values()),
            failed_per_s=sum(window.failed / window.seconds for window in windows.values()),
            p50_ms=percentile_ms(total, 0.50),
            p99_ms=percentile_ms(total, 0.99),
            processes=tuple(
                _process(known[-1][1], now - known[-1][0], windows[name])
                for name, known in sorted(self._seen.items(), key=lambda item: (item[1][-1][1].roles, item[0]))
            ),
            queues=_queues([known[-1][1] for known in self._seen.values() if now - known[-1][0] < SILENT_AFTER_S]),
        )

    def _window(self, known: Sequence[tuple[float, Snapshot]], now: float) -> _Window:
        """Return what was counted within the window; nothing for a process that is silent or was heard once."""
        recent = [(at, snapshot) for at, snapshot in known if now - at <= WINDOW_S]
        nothing = _Window(WINDOW_S, 0, 0, [0] * (len(BOUNDS_S) + 1))
        if len(recent) <= 1 or now - recent[-1][0] >= SILENT_AFTER_S:
            return nothing
        (first_at, first), (last_at, last) = recent[0], recent[-1]
        before = {answers.channel: answers for answers in self._counted(first.answers)}
        seconds = max(last_at - first_at, 0.001)
        grown = list(
            starmap(_grown, ((answers, before.get(answers.channel)) for answers in self._counted(last.answers)))
        )
        return _Window(
            seconds,
            sum(answered for answered, _, _ in grown),
            sum(failed for _, failed, _ in grown),
            [sum(column) for column in zip(nothing.buckets, *(buckets for _, _, buckets in grown), strict=True)],
        )

    def _counted(self, answers: Iterable[Answers]) -> list[Answers]:
        return [
            known
            for known in answers
            if (self._channels is None or known.channel in self._channels) and len(known.buckets) == len(BOUNDS_S) + 1
        ]


def percentile_ms(buckets: Sequence[int], share: float) -> int | None:
    """Return the time below which `share` of the answers were given: the upper end of its bucket, in whole ms.

    None when nothing was answered; the widest bound stands for everything beyond it.
    """
    total = sum(buckets)
    if not total:
        return None
    passed = 0
    for place, count in enumerate(buckets):
        passed += count
        if passed >= share * total:
            return max(1, round(1000 * BOUNDS_S[min(place, len(BOUNDS_S) - 1)]))
    return round(1000 * BOUNDS_S[-1])


def _grown(now: Answers, before: Answers | None) -> tuple[int, int, list[int]]:
    if before is None:
        return now.answered, now.failed, list(now.buckets)
    return (
        now.answered - before.answered,
        now.failed - before.failed,
        [new - old for new, old in zip(now.buckets, before.buckets, strict=True)],
    )


def _added(windows: Iterable[_Window]) -> list[int]:
    return [sum(column) for column in zip([0] * (len(BOUNDS_S) + 1), *(w.buckets for w in windows), strict=True)]


def _process(snapshot: Snapshot, silent_s: float, window: _Window) -> ProcessView:
    return ProcessView(
        name=snapshot.process,
        roles=snapshot.roles,
        up_s=snapshot.up_s,
        silent_s=int(silent_s) if silent_s >= SILENT_AFTER_S else None,
        requests_per_s=window.answered / window.seconds,
        failed_per_s=window.failed / window.seconds,
        p50_ms=percentile_ms(window.buckets, 0.50),
        p99_ms=percentile_ms(window.buckets, 0.99),
        lag_ms=snapshot.lag_ms,
        cpu_percent=snapshot.cpu_percent,
        memory_mib=snapshot.memory_mib,
        pools=snapshot.pools,
        failing=snapshot.failing,
    )


def _queues(snapshots: Iterable[Snapshot]) -> tuple[Queue, ...]:
    found: dict[tuple[str, str], int] = {}
    for snapshot in snapshots:
        for queue in snapshot.queues:
            place = (queue.kind, queue.name)
            known = found.get(place, 0)
            found[place] = max(known, queue.waiting) if queue.kind == "outbox" else known + queue.waiting
    return tuple(Queue(kind, name, waiting) for (kind, name), waiting in sorted(found.items()))
