"""One queue, caller by caller: what the closed forms are checked against.

First come, first served; agents come and go at the edges of intervals, and one who leaves finishes the call first.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.queues.delay import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """One entry per caller, in order of arrival: seconds, and whether somebody answered."""

    arrival_s: Floats
    wait_s: Floats
    answered: NDArray[np.bool_]

    def answered_within(self, within_s: float) -> float:
        """Return the share of all callers answered within a wait; 1 where nobody called."""
        if not self.wait_s.size:
            return 1.0
        return float((self.answered & (self.wait_s <= within_s)).mean())


def simulate(
    arrivals: NDArray[np.floating],
    agents: NDArray[np.integer],
    *,
    interval_s: float,
    service_s: float,
    patience_s: float,
    random: np.random.Generator,
) -> Callers:
    """Simulate Poisson arrivals with these means per interval, (intervals,), exponential service and patience.

    `agents`: how many work in each interval, (intervals,); for chat, how many conversations can be held at once.
    """
    counts = random.poisson(arrivals)
    starts = np.repeat(np.arange(len(counts)) * interval_s, counts)
    times = np.sort(starts + random.uniform(0.0, interval_s, starts.size))
    services = random.exponential(service_s, times.size)
    patience = random.exponential(patience_s, times.size) if np.isfinite(patience_s) else np.full(times.size, np.inf)
    changes = np.diff(np.concatenate([[0], agents]))
    staff = _Staff([(float(i * interval_s), int(change)) for i, change in enumerate(changes) if change])
    waits = np.empty(times.size)
    answered = np.zeros(times.size, dtype=np.bool_)
    rows = zip(times.tolist(), services.tolist(), patience.tolist(), strict=True)
    for caller, (arrival, service, patient) in enumerate(rows):
        begin = staff.next_free(arrival)
        answered[caller] = begin < np.inf and begin - arrival <= patient
        waits[caller] = min(begin - arrival, patient)
        if answered[caller]:
            staff.take(begin + service)
    return Callers(arrival_s=times, wait_s=waits, answered=answered)


class _Staff:
    """When each agent is free next."""

    def __init__(self, changes: list[tuple[float, int]]) -> None:
        self._changes = changes[::-1]
        self._free: list[float] = []
        self._leaving = 0

    def next_free(self, arrival: float) -> float:
        """Return when the caller who arrives now could be answered; inf if nobody comes any more."""
        while True:
            begin = max(arrival, self._free[0]) if self._free else np.inf
            if self._changes and self._changes[-1][0] <= begin:
                self._apply(*self._changes.pop())
            elif self._leaving and self._free:
                heappop(self._free)
                self._leaving -= 1
            else:
                return begin

    def take(self, until: float) -> None:
        """Give the caller to the agent who is free first."""
        heappop(self._free)
        heappush(self._free, until)

    def _apply(self, at: float, change: int) -> None:
        for _ in range(change):
            heappush(self._free, at)
        self._leaving += max(0, -change)
