"""E-mail waits, so it is a backlog: work flows in, capacity drains it, and no message may be older than promised."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def hours_in_time(work: NDArray[np.floating], open_days: NDArray[np.bool_], answer_days: int) -> Floats:
    """Return hours per path and day that answer everything in time, as even as the promise allows, (paths, days).

    `work`: hours that come in. Each day's work is spread over that day (if open) and the next `answer_days` open days,
    so nothing is ever late and a rush is not staffed for in one day.
    """
    done = np.zeros(work.shape)
    open_indices = np.flatnonzero(open_days)
    for day in range(work.shape[1]):
        window = open_indices[np.searchsorted(open_indices, day) :][: answer_days + int(open_days[day])]
        if not window.size:
            window = np.array([day])
        done[:, window] += np.asarray(work[:, day : day + 1], dtype=np.float64) / window.size
    return done


def backlog(work: NDArray[np.floating], capacity: NDArray[np.floating]) -> Floats:
    """Return the hours of work left at the end of each day, (paths, days). `capacity`: hours a day, (days,)."""
    left = np.empty(work.shape)
    now = np.zeros(work.shape[0])
    for day in range(work.shape[1]):
        now = np.maximum(now + work[:, day] - capacity[day], 0.0)
        left[:, day] = now
    return left
