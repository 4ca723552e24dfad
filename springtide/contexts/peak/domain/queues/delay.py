"""Queues whose callers never hang up, and trunks that turn callers away.

Overload (load >= agents) has no steady state: everybody waits (1.0), waits and queues are infinite, the service level
is 0. Nothing is refused, since one path of many may be overloaded while the others are not.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]


def erlang_b(load: ArrayLike, agents: ArrayLike) -> Floats:
    """Return the share of callers turned away when nobody can wait; 1 where there are no agents and some load."""
    a, n = _pair(load, agents)
    inverse = np.ones_like(a)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for k in range(1, int(n.max(initial=0)) + 1):
            inverse = np.where(k <= n, 1.0 + k * inverse / a, inverse)
        blocked: Floats = np.where(a > 0, 1.0 / inverse, np.where(n > 0, 0.0, 1.0))
    return blocked


def erlang_c(load: ArrayLike, agents: ArrayLike) -> Floats:
    """Return the share of callers who wait; 1 in overload."""
    a, n = _pair(load, agents)
    blocked = erlang_b(a, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        waiting: Floats = np.where(a < n, n * blocked / (n - a * (1.0 - blocked)), 1.0)
    return waiting


def mean_wait(load: ArrayLike, agents: ArrayLike, service_s: ArrayLike) -> Floats:
    """Return the mean wait over all callers in seconds (ASA; Wq of M/M/c); inf in overload."""
    a, n = _pair(load, agents)
    with np.errstate(divide="ignore", invalid="ignore"):
        wait: Floats = np.where(a < n, erlang_c(a, n) * np.asarray(service_s) / (n - a), np.inf)
    return wait


def mean_queue(load: ArrayLike, agents: ArrayLike) -> Floats:
    """Return how many wait on average (Lq of M/M/c); inf in overload."""
    a, n = _pair(load, agents)
    with np.errstate(divide="ignore", invalid="ignore"):
        queue: Floats = np.where(a < n, erlang_c(a, n) * a / (n - a), np.inf)
    return queue


def service_level(load: ArrayLike, agents: ArrayLike, service_s: ArrayLike, within_s: ArrayLike) -> Floats:
    """Return the share of callers answered within a wait; 0 in overload."""
    a, n = _pair(load, agents)
    spare = np.maximum(n - a, 0.0)
    level: Floats = 1.0 - erlang_c(a, n) * np.exp(-spare * np.asarray(within_s) / np.asarray(service_s))
    return np.where(a < n, level, 0.0)


def occupancy(load: ArrayLike, agents: ArrayLike) -> Floats:
    """Return which share of their time agents are busy; 1 in overload, 0 where there are none."""
    a, n = _pair(load, agents)
    with np.errstate(divide="ignore", invalid="ignore"):
        busy: Floats = np.where(n > 0, np.minimum(a / n, 1.0), 0.0)
    return busy


def md1_wait(load: ArrayLike, service_s: ArrayLike) -> Floats:
    """Return the mean wait before one server with constant service times; inf in overload."""
    return allen_cunneen(load, 1, service_s, arrival_cv2=1.0, service_cv2=0.0)


def allen_cunneen(
    load: ArrayLike, agents: ArrayLike, service_s: ArrayLike, *, arrival_cv2: float, service_cv2: float
) -> Floats:
    """Return the mean wait for other than exponential times, from their squared coefficients of variation.

    An approximation; exact for one server with Poisson arrivals. Infinite in overload.
    """
    wait: Floats = mean_wait(load, agents, service_s) * ((arrival_cv2 + service_cv2) / 2.0)
    return wait


def halfin_whitt(beta: ArrayLike) -> Floats:
    """Return the share who wait when agents = load + beta x sqrt(load), for large loads; beta above 0."""
    b = np.asarray(beta, dtype=np.float64)
    density = np.exp(-0.5 * b * b) / np.sqrt(2.0 * np.pi)
    waiting: Floats = 1.0 / (1.0 + b * ndtr(b) / density)
    return waiting


def _pair(load: ArrayLike, agents: ArrayLike) -> tuple[Floats, Floats]:
    a, n = np.broadcast_arrays(np.asarray(load, dtype=np.float64), np.asarray(agents, dtype=np.float64))
    if (a < 0).any() or (n < 0).any() or (n % 1 != 0).any():
        message = "loads are 0 or more, agents whole numbers from 0"
        raise ValueError(message)
    return a, n
