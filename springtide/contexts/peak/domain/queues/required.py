"""How many agents a load needs, for millions of loads: the largest load each number of agents can carry, looked up.

Whether n agents meet a target depends on nothing but the load once service time, patience and target are given, and
more load is never easier. So the answer for every load is a search in one ascending table.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from springtide.contexts.peak.domain.queues.delay import Floats, service_level
from springtide.contexts.peak.domain.queues.patience import erlang_a

Agents = NDArray[np.int32]
_FIRST_PART = 64
_HALVINGS = 42
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class _Target:
    """What a queue is asked for. `patience_s`: infinity where nobody hangs up."""

    service_s: float
    patience_s: float
    share: float
    within_s: float
    max_occupancy: float

    def level(self, load: Floats, agents: Floats) -> Floats:
        """Return the share of all callers who are answered in time."""
        if self.patience_s == inf:
            return service_level(load, agents, self.service_s, self.within_s)
        met = erlang_a(load, agents, service_s=self.service_s, patience_s=self.patience_s, within_s=self.within_s)
        return met.answered_within


def required_erlang_c(
    load: ArrayLike, *, service_s: float, share: float, within_s: float, max_occupancy: float = 1.0
) -> Agents:
    """Return the least agents that answer `share` of the callers within `within_s`, nobody hanging up."""
    return _required(load, _Target(service_s, inf, share, within_s, max_occupancy))


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
    return _required(load, _Target(service_s, patience_s, share, within_s, max_occupancy))


def with_shrinkage(agents: ArrayLike, shrinkage: float) -> Agents:
    """Return how many to roster so that this many work: breaks, training and illness divide, they do not multiply."""
    if not 0 <= shrinkage < 1:
        message = f"shrinkage is a share from 0 up to 1, not {shrinkage}"
        raise ValueError(message)
    return np.ceil(np.asarray(agents) / (1.0 - shrinkage) - _ROUNDING).astype(np.int32)


def _required(load: ArrayLike, target: _Target) -> Agents:
    if not (0 < target.share < 1 and 0 < target.max_occupancy <= 1):
        message = "the share answered lies between 0 and 1, the occupancy above 0 and up to 1"
        raise ValueError(message)
    loads = np.asarray(load)
    largest = float(loads.max(initial=0.0))
    carried = np.zeros(1)
    for part in count():
        if carried[-1] >= largest:
            break
        carried = np.concatenate([carried, _largest_loads(target, part)])
    return np.searchsorted(carried, loads, side="left").astype(np.int32)


@lru_cache(maxsize=128)
def _largest_loads(target: _Target, part: int) -> Floats:
    """Return the largest load each number of agents meets the target at: no more than agents / share is ever served.

    `part`: 0 for 1 to 64 agents, each further one has as many as all before it. Parts are always the same and kept: a
    plan asks for the same targets again and again, a what-if for those of its plan.
    """
    first, last = (0 if part == 0 else _FIRST_PART << (part - 1)), _FIRST_PART << part
    agents = np.arange(first + 1, last + 1, dtype=np.float64)
    most = agents * target.max_occupancy if target.max_occupancy < 1 else inf
    low, high = np.zeros_like(agents), np.minimum(agents / target.share, most)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        met = target.level(middle, agents) >= target.share
        low, high = np.where(met, middle, low), np.where(met, high, middle)
    low.flags.writeable = False
    return low
