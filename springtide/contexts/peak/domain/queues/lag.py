"""The load an interval really meets: work that arrived before is still being done (modified offered load).

Staffing each interval as if its rate had lasted for ever (SIPP) comes too early on the way up and leaves too soon on
the way down when a contact takes long. m' = rate - m / service, solved for a rate that is constant per interval; the
mean of m over the interval is what its agents are staffed for.
"""

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.queues.delay import Floats


def lagged_load(
    arrivals: NDArray[np.floating],
    *,
    service_s: float,
    interval_s: float,
    start: NDArray[np.floating] | None = None,
    idle: NDArray[np.integer] | None = None,
) -> tuple[Floats, Floats]:
    """Return the mean load of each interval in erlang, and the load at the end of the last one.

    `arrivals`: contacts per interval, (..., intervals). `start`: load at the beginning, (...), 0 where not given.
    `idle`: how many intervals without any contact lie before each, (intervals,): they are not looked at.
    """
    steady = np.asarray(arrivals, dtype=np.float64) * (service_s / interval_s)
    ratio = interval_s / service_s
    kept = float(np.exp(-ratio))
    mean_kept = (1.0 - kept) / ratio
    load = np.empty_like(steady)
    now = np.zeros(steady.shape[:-1]) if start is None else np.asarray(start, dtype=np.float64)
    for interval in range(steady.shape[-1]):
        for _ in range(0 if idle is None else int(idle[interval])):
            now = now * kept
        towards = steady[..., interval]
        load[..., interval] = towards + (now - towards) * mean_kept
        now = towards + (now - towards) * kept
    return load, now
