"""Agents per half hour: Erlang A on every path, the number that suffices on nine paths of ten.

Phone and chat have queues of their own; a chat agent's contacts take less time each, since several run at once. The
load of a half hour is the one that is really met (see `queues.lag`), not the one its rate would lead to in the end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import rank_of
from springtide.contexts.peak.domain.queues.lag import lagged_load
from springtide.contexts.peak.domain.queues.required import Agents, required_erlang_a, required_erlang_c
from springtide.contexts.peak.domain.staff.opening import HALF_HOUR_S
from springtide.contexts.peak.domain.staff.slots import Slots

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A channel that people wait in. `service_s` is what one contact costs an agent, in seconds."""

    id: str
    service_s: float
    patience_s: float
    share: float
    within_s: float
    max_occupancy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Agents at work per half hour, (days, 48), and the load of every path.

    `suffices`: on the asked share of the paths. `mean_rate`: what the mean rate would ask for, to see what the paths
    add. `bound`: Erlang C, nobody hanging up, on the same share of the paths. `load`: erlang, `agents`: on every path,
    (paths, slots) both.
    """

    queue: Queue
    suffices: Agents
    mean_rate: Agents
    bound: Agents
    load: NDArray[np.float32]
    agents: Agents


def effective_service_s(service_s: float, at_once: int, factors: tuple[float, ...]) -> float:
    """Return what one chat costs an agent who holds several; beyond the last factor nothing more is gained."""
    return service_s / factors[min(max(at_once, 1), len(factors)) - 1]


def profile_of(open_half_hours: NDArray[np.bool_], hourly: tuple[float, ...]) -> Floats:
    """Return each half hour's share of its day, (days, 48): rows of open days add up to 1.

    What would come before or after the opening hours comes in proportion within them.
    """
    weights = np.repeat(np.asarray(hourly, dtype=np.float64), 2)[None] * open_half_hours
    sums = weights.sum(axis=1, keepdims=True)
    flat = open_half_hours / np.maximum(open_half_hours.sum(axis=1, keepdims=True), 1)
    profile: Floats = np.divide(weights, sums, out=flat.astype(np.float64), where=sums > 0)
    return profile


def need_of(arrivals: NDArray[np.float32], slots: Slots, queue: Queue, *, path_share: float) -> Need:
    """Return the agents this queue needs. `arrivals`: contacts per slot, (paths, slots)."""
    load, _ = lagged_load(arrivals, service_s=queue.service_s, interval_s=HALF_HOUR_S, idle=slots.idle)
    load[arrivals <= 0] = 0.0  # closed: what is still being talked about is finished by those who are there
    agents = _agents(load, queue)
    rank = rank_of(path_share, load.shape[0])
    at_rank = np.partition(load, rank, axis=0)[rank]
    bound = required_erlang_c(
        at_rank,
        service_s=queue.service_s,
        share=queue.share,
        within_s=queue.within_s,
        max_occupancy=queue.max_occupancy,
    )
    return Need(
        queue=queue,
        suffices=slots.grid(enough(agents, path_share)),
        mean_rate=slots.grid(_agents(load.mean(axis=0), queue)),
        bound=slots.grid(bound),
        load=load.astype(np.float32),
        agents=agents,
    )


def enough(per_path: NDArray[np.integer], path_share: float) -> Agents:
    """Return the number that suffices on this share of the paths, (slots,), from (paths, slots)."""
    rank = rank_of(path_share, per_path.shape[0])
    return np.asarray(np.partition(per_path, rank, axis=0)[rank], dtype=np.int32)


def _agents(load: Floats, queue: Queue) -> Agents:
    return required_erlang_a(
        load,
        service_s=queue.service_s,
        patience_s=queue.patience_s,
        share=queue.share,
        within_s=queue.within_s,
        max_occupancy=queue.max_occupancy,
    )
