"""The busiest day of a usual, a high and a stress path, order by order, beside what the fluid model says of it."""

from collections.abc import Iterator

import numpy as np

from springtide.contexts.peak.domain.fulfilment.hours import promised_until
from springtide.contexts.peak.domain.fulfilment.plan import Fulfilment, PlannedHouse
from springtide.contexts.peak.domain.fulfilment.worst_days import Day, simulate_day
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contracts.peak.fulfilment import WorstDay

_RANKS = (("P50", 0.5), ("P90", 0.9), ("P99", 0.99))


def worst_days(totals: PathTotals, found: Fulfilment, *, seed: int) -> Iterator[WorstDay]:
    """Yield the busiest day of our own house on the paths at P50, P90 and P99; nothing where it never works."""
    house = found.houses[0]
    main = max(range(len(found.come.hour)), key=lambda place: float(found.carriers.due[place].sum()))
    works = house.crew.shifts > 0
    if not works.any():
        return
    for name, rank in _RANKS:
        path = totals.path_at(rank)
        due = np.where(works, house.flow.due[:, path].sum(axis=0), -1.0)
        day = int(due.argmax())
        outcome = simulate_day(day_of(found, house, path, day, main), seed=seed)
        late = float(house.flow.late[:, path, day].sum())
        yield WorstDay(
            path=name,
            day=found.season.dates[day],
            orders=round(float(house.inflow.orders[path, day].sum())),
            in_time=round(outcome.in_time, 4),
            half_width=round(outcome.half_width, 4),
            fluid_share=round(1.0 - late / float(due[day]), 4) if due[day] > 0 else 1.0,
        )


def day_of(found: Fulfilment, house: PlannedHouse, path: int, day: int, carrier: int) -> Day:
    """Return one day of one path as the simulation takes it; `carrier`: whose cut-off and collection count."""
    crew, lines = house.crew, float(house.inflow.lines_per_order[path, day])
    opens = float(np.argmax(crew.open[day] > 0))
    opens += 1.0 - float(crew.open[day, int(opens)])
    until = promised_until(float(house.cut_offs[carrier]), crew.closes)
    pick_rate = float(crew.pick[day].sum() / crew.open[day].sum() / crew.pickers[day])
    pack_rate = float(crew.pack[day].sum() / crew.open[day].sum() / crew.packers[day])
    return Day(
        orders=house.inflow.orders[path, day],
        left_over=float(house.flow.backlog[path, day - 1]) if day else 0.0,
        opens=opens,
        closes=float(crew.closes[day]),
        pickers=int(crew.pickers[day]),
        packers=int(crew.packers[day]),
        pick_h=lines / pick_rate,
        pack_h=house.inflow.parcels_per_order / pack_rate,
        due_until=float(until[day]),
        leaves=float(found.come.hour[carrier]),
    )
