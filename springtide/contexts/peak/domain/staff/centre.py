"""The external call centre takes what our own people cannot: how many seats, when to ask for them, what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.desk import Need, enough
from springtide.contexts.peak.domain.staff.opening import HALF_HOUR_S
from springtide.contexts.peak.domain.staff.slots import Slots
from springtide.contracts.peak.company import CallCentre

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outsourced:
    """What the centre is asked for.

    `seats`: people per half hour, (days, 48), on the asked share of the paths. `short`: those beyond its peak seats.
    `minutes`: talk and wrap-up it handles per path and day, (paths, days). `cost_minor`: per path, with the minimum of
    every month that has a day in the season.
    """

    seats: NDArray[np.int32]
    short: NDArray[np.int32]
    minutes: Floats
    cost_minor: Floats


def outsource(
    season: Season,
    slots: Slots,
    needs: Sequence[Need],
    own: NDArray[np.floating],
    centre: CallCentre,
    *,
    path_share: float,
) -> Outsourced:
    """Return what is left for the centre. `own`: our people at phone and chat per half hour, (days, 48)."""
    served = [need for need in needs if need.queue.id in centre.channels]
    agents = np.sum([need.agents for need in served], axis=0, dtype=np.float32)
    load = np.sum([need.load for need in served], axis=0)
    left = np.maximum(agents - own.reshape(-1)[slots.places].astype(np.float32), 0.0)
    given = np.divide(left, agents, out=np.zeros_like(left), where=agents > 0) * load
    minutes = slots.by_day(given) * (HALF_HOUR_S / 60.0)
    seats = slots.grid(enough(np.ceil(left).astype(np.int32), path_share))
    most = int(centre.peak_seats.value)
    return Outsourced(
        seats=np.minimum(seats, most),
        short=np.maximum(seats - most, 0),
        minutes=minutes,
        cost_minor=_cost(season, minutes, centre),
    )


def _cost(season: Season, minutes: Floats, centre: CallCentre) -> Floats:
    months = np.array([day.year * 12 + day.month for day in season.dates])
    cost = np.zeros(minutes.shape[0])
    for month in np.unique(months):
        used = minutes[:, months == month].sum(axis=1) * centre.price_per_minute.value
        cost += np.maximum(used, centre.minimum_per_month.value)
    return cost
