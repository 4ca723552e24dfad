"""Being there before the crowd: floors by the clock, from what the hour needs at P90."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import rank_of
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Hosting, Service
from springtide.contracts.peak.servers import Early

_PLANNED_AT = 0.9
_WARM_UP_S = 300.0
_MOST_WINDOWS = 8  # a trigger each: more than a season has events
_TEN_MINUTES_S = 600.0


class _Window(NamedTuple):
    first: int
    after: int
    processes: int


def early_of(processes: NDArray[np.float64], service: Service, hosting: Hosting, season: Season) -> tuple[Early, ...]:
    """Return the windows with more than runs always; `processes`: needed at P90, (hours,), fractions allowed.

    Each begins as much earlier as a node, a process and a warm cache take, in whole ten minutes. Of more windows than
    a service should have triggers, those stay that need most.
    """
    least = int(service.least.value)
    needed = np.ceil(processes - 1e-9).astype(int)
    windows = sorted(_windows(needed, least), key=lambda window: -window.processes * (window.after - window.first))
    wait_s = float(service.ready_after.value) + float(hosting.node_after.value) + _WARM_UP_S
    ahead = timedelta(seconds=np.ceil(wait_s / _TEN_MINUTES_S) * _TEN_MINUTES_S)
    start = datetime.combine(season.first, time.min)
    return tuple(
        Early(
            start=start + timedelta(hours=window.first) - ahead,
            end=start + timedelta(hours=window.after),
            processes=window.processes,
        )
        for window in sorted(windows[:_MOST_WINDOWS])
    )


def at_p90(per_hour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rate of each hour at P90, (hours,), from (paths, days, 24)."""
    rank = rank_of(_PLANNED_AT, per_hour.shape[0])
    ranked: NDArray[np.float64] = np.partition(per_hour.reshape(per_hour.shape[0], -1), rank, axis=0)[rank]
    return ranked


def _windows(needed: NDArray[np.int_], least: int) -> Iterator[_Window]:
    """Yield runs of hours that need more than `least`."""
    above = np.concatenate(([False], needed > least, [False]))
    edges = np.flatnonzero(above[1:] != above[:-1])
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        yield _Window(int(first), int(after), int(needed[first:after].max()))


def floor_by_hour(early: Sequence[Early], least: int, season: Season) -> NDArray[np.int_]:
    """Return the processes that run because the clock says so, (days, 24); an hour begun counts as a whole one."""
    floor = np.full(season.days * 24, least)
    start = datetime.combine(season.first, time.min)
    for window in early:
        first = int((window.start - start).total_seconds() // 3600)
        after = int(-((start - window.end).total_seconds() // 3600))
        floor[max(0, first) : after] = np.maximum(floor[max(0, first) : after], window.processes)
    return floor.reshape(season.days, 24)
