"""Parts that more processes do not help: the database, the bus, interfaces of others."""

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.servers.law import fit
from springtide.contracts.peak.company import Hosting
from springtide.contracts.peak.servers import Shared

PLANNED = 0.7
"""Plan for at most this part of what a shared part can do."""


def shared_of(orders: NDArray[np.float64], visits: NDArray[np.float64], hosting: Hosting) -> tuple[Shared, ...]:
    """Return every shared part; `orders` and `visits`: in the busiest second of each path, (paths,)."""
    law = fit(
        np.array([seen.at_once for seen in hosting.observations]),
        np.array([seen.per_second for seen in hosting.observations]),
    )
    parts = [
        _part("rehearsed", "orders/s", orders, law.most * PLANNED),
        _part(
            "database",
            "cores",
            orders * float(hosting.database_cpu.value) / 1000.0,
            float(hosting.database_cores.value) * PLANNED,
        ),
        _part("bus", "messages/s", orders * float(hosting.bus_messages.value), float(hosting.bus_limit.value)),
    ]
    for party in hosting.third_parties:
        need = orders * float(party.per_order.value) + visits * float(party.per_visit.value)
        parts.append(_part(party.id, "requests/s", need, float(party.limit.value)))
    return tuple(parts)


def _part(name: str, unit: str, need: NDArray[np.float64], limit: float) -> Shared:
    band = band_of(need)
    return Shared(name=name, unit=unit, need=band, limit=limit, used=band.p90 / limit)
