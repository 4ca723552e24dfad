"""How many agents a load needs, for millions of loads: the largest load each number of agents can carry, looked up.

Whether n agents meet a target depends on nothing but the load once service time, patience and target are given, and
more load is never easier. So the answer for every load is a search in one ascending table.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from springtide.contexts.peak.domain.queues.delay import Floats, service_level
from springtide.contexts.peak.domain.queues.patience import erlang_a

Agents = NDArray[np.int32]
_HALVINGS = 42
_ROUNDING = 1e-9


def required_erlang_c(
    load: ArrayLike, *, service_s: float, share: float, within_s: float, max_occupancy: float = 1.0
) -> Agents:
    """Return the least agents that answer `share` of the callers within `within_s`, nobody hanging up."""

    def level(a: Floats, n: Floats) -> Floats:
        return service_level(a, n, service_s, within_s)

    return _required(load, level, share, max_occupancy)


def required_erlang_a(
    load: ArrayLike,
    *,
    service_s: float,
    patience_s: float,
    share: float,
    within_s: float,
    max_occupancy: float = 1.0,
) -> Agents:
    """Return the least agents that answer `share` of all callers within `within_s`; callers hang up."""

    def level(a: Floats, n: Floats) -> Floats:
        return erlang_a(a, n, service_s=service_s, patience_s=patience_s, within_s=within_s).answered_within

    return _required(load, level, share, max_occupancy)


def with_shrinkage(agents: ArrayLike, shrinkage: float) -> Agents:
    """Return how many to roster so that this many work: breaks, training and illness divide, they do not multiply."""
    if not 0 <= shrinkage < 1:
        message = f"shrinkage is a share from 0 up to 1, not {shrinkage}"
        raise ValueError(message)
    return np.ceil(np.asarray(agents) / (1.0 - shrinkage) - _ROUNDING).astype(np.int32)


def _required(load: ArrayLike, level: Callable[[Floats, Floats], Floats], share: float, max_occupancy: float) -> Agents:
    if not (0 < share < 1 and 0 < max_occupancy <= 1):
        message = "the share answered lies between 0 and 1, the occupancy above 0 and up to 1"
        raise ValueError(message)
    loads = np.asarray(load)
    largest = float(loads.max(initial=0.0))
    carried = np.zeros(1)
    while carried[-1] < largest:
        more = max(64, int(largest - carried[-1]) + 1)
        agents = np.arange(carried.size, carried.size + more, dtype=np.float64)
        carried = np.concatenate([carried, _largest_loads(agents, level, share, max_occupancy)])
    return np.searchsorted(carried, loads, side="left").astype(np.int32)


def _largest_loads(
    agents: Floats, level: Callable[[Floats, Floats], Floats], share: float, max_occupancy: float
) -> Floats:
    """Return the largest load each number of agents meets the target at: no more than agents / share is ever served."""
    low, high = (
        np.zeros_like(agents),
        np.minimum(agents / share, agents * max_occupancy if max_occupancy < 1 else np.inf),
    )
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        met = level(middle, agents) >= share
        low, high = np.where(met, middle, low), np.where(met, high, middle)
    return low
