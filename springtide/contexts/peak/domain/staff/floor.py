"""Hours of the warehouse from work content, on every path."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.staff.opening import share, wait_until_open
from springtide.contracts.peak.company import Warehouse
from springtide.contracts.peak.staff_terms import WorkTerms

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorHours:
    """Hours of work (not of pay) per stage, path and day, (paths, days). `travel`: the part of `pick` spent walking."""

    pick: Floats
    travel: Floats
    pack: Floats
    receive: Floats

    @property
    def total(self) -> Floats:
        """Return all stages together."""
        return self.pick + self.pack + self.receive


def floor_hours(
    totals: PathTotals,
    warehouse: Warehouse,
    terms: WorkTerms,
    open_days: NDArray[np.bool_],
    *,
    cartons: NDArray[np.floating] | None = None,
) -> FloorHours:
    """Return the hours that the paths' orders ask for; what is ordered on closed days is worked on the next open one.

    A pick rate counts lines per hour of picking, walking included. `cartons`: what comes in by day, (days,) or
    (paths, days); not given: as much as goes out, evenly over the open days of each path's season.
    """
    pick = wait_until_open(totals.lines, open_days) / warehouse.pick_rate.value
    parcels = wait_until_open(totals.daily_orders * terms.parcels_per_order.value, open_days)
    if cartons is None:
        boxes = totals.units.sum(axis=1, keepdims=True, dtype=np.float64) / terms.units_per_carton.value
        cartons = boxes * open_days / max(int(open_days.sum()), 1)
    inbound = np.broadcast_to(np.asarray(cartons, dtype=np.float64), pick.shape)
    return FloorHours(
        pick=pick,
        travel=pick * share(warehouse.travel_share),
        pack=parcels / warehouse.pack_rate.value,
        receive=wait_until_open(inbound, open_days) / warehouse.receive_rate.value,
    )
