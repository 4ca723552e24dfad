"""Requests a second of each service on every path, and the processes they take."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contracts.peak.company import Hosting, Service

_SECONDS_PER_HOUR = 3600.0
_PER_CENT = 100.0


def processes_for(per_second: float, *, latency_s: float, at_once: float, used: float) -> int:
    """Return ceil(requests a second x latency / (work at once x share used)); 0 for no requests."""
    return math.ceil(per_second * latency_s / (at_once * used) - 1e-9)


def with_a_zone_gone(processes: int, zones: int) -> int:
    """Return how many have to run so that `processes` are left when one of the zones is gone."""
    return processes if zones <= 1 else math.ceil(processes * zones / (zones - 1) - 1e-9)


def target_of(service: Service) -> float:
    """Return requests a second a process is scaled to: its cores as far as they may be used, over the CPU of one."""
    return float(service.cores.value) * float(service.used.value) / _PER_CENT / (float(service.cpu.value) / 1000.0)


def hourly(totals: PathTotals, hosting: Hosting) -> Iterator[NDArray[np.float64]]:
    """Yield each service's mean requests a second of each hour, (paths, days, 24); the edge cache's are left out."""
    visits, orders = totals.visits.astype(np.float64), totals.orders.astype(np.float64)
    for service in hosting.services:
        views = float(service.per_visit.value)
        if service.id == EDGE:
            views *= 1.0 - float(hosting.edge_share.value) / _PER_CENT
        rate = visits * views
        rate += orders * float(service.per_order.value)
        rate /= _SECONDS_PER_HOUR
        yield rate


def busiest(per_hour: NDArray[np.float64], totals: PathTotals) -> NDArray[np.float64]:
    """Return the busiest second of each path, (paths,): its fullest hour, in the peak minute."""
    most: NDArray[np.float64] = per_hour.max(axis=(1, 2))
    return most * totals.peak_minute


EDGE = "web"
"""The service with an edge cache in front."""
