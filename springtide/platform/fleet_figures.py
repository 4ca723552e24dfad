"""Figures of all processes: what was heard of everybody lately.

Nobody keeps them elsewhere: one that was lost is followed by the next, a process not heard for a while is gone.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from springtide.platform.telemetry import logger
from springtide.platform.vitals import MOST_BYTES, Snapshot

GONE_AFTER_S = 20.0
MOST_PROCESSES = 256
_KEPT = 130
"""Figures of eleven minutes."""

log = logger(__name__)


class _Heard(msgspec.Struct, frozen=True):
    at_s: float
    figures: dict[tuple[str, tuple[str, ...]], float]


class FleetFigures:
    """What was heard of all processes lately. `clock`: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, deque[_Heard]] = {}
        self._roles: dict[str, tuple[str, ...]] = {}

    def hear(self, body: bytes) -> None:
        """Take a snapshot, if it brings figures; what cannot be read comes from another release, and is left out."""
        if len(body) > MOST_BYTES:
            return
        try:
            snapshot = msgspec.msgpack.decode(body, type=Snapshot)
        except msgspec.DecodeError as error:
            log.debug("fleet_figures.unreadable", error=str(error))
            return
        if not snapshot.figures or not self._has_room_for(snapshot.process):
            return
        figures = {(figure.name, figure.labels): figure.value for figure in snapshot.figures}
        self._heard.setdefault(snapshot.process, deque(maxlen=_KEPT)).append(_Heard(self._clock(), figures))
        self._roles[snapshot.process] = snapshot.roles

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
            recent = [one for one in heard if one.at_s >= since]
            before = [one for one in heard if one.at_s < since]
            start = before[-1].figures if before else recent[0].figures if recent else {}
            for (figure, labels), value in recent[-1].figures.items() if recent else ():
                if figure == name:
                    found[labels] = found.get(labels, 0.0) + value - start.get((figure, labels), 0.0)
        return found

    def heard_for_s(self) -> float:
        """Return for how long figures have been heard."""
        oldest = min((heard[0].at_s for heard in self._heard.values() if heard), default=self._clock())
        return self._clock() - oldest

    def _has_room_for(self, process: str) -> bool:
        """Tell whether one more process fits; the one that has been silent for the longest time makes room."""
        if process in self._heard or len(self._heard) < MOST_PROCESSES:
            return True
        oldest = min(self._heard, key=lambda name: self._heard[name][-1].at_s)
        if self._clock() - self._heard[oldest][-1].at_s < GONE_AFTER_S:
            return False
        del self._heard[oldest], self._roles[oldest]
        return True

    def _alive(self) -> list[tuple[str, _Heard]]:
        since = self._clock() - GONE_AFTER_S
        return [(process, heard[-1]) for process, heard in self._heard.items() if heard and heard[-1].at_s >= since]

    def _over_all(self, name: str, by: Callable[[Sequence[float]], float]) -> dict[tuple[str, ...], float]:
        found: dict[tuple[str, ...], list[float]] = {}
        for _, heard in self._alive():
            for (figure, labels), value in heard.figures.items():
                if figure == name:
                    found.setdefault(labels, []).append(value)
        return {labels: by(values) for labels, values in found.items()}
