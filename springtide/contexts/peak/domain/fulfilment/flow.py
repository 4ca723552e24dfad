"""The whole season hour by hour on all paths at once, as a fluid: picked, packed, staged, collected.

What comes in = what was collected + what still waits, at every hour. First in, first out: a parcel is late when fewer
parcels had left by the end of its day than were promised by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.fulfilment.crews import Crew
from springtide.contexts.peak.domain.fulfilment.hours import HOURS, promised_until
from springtide.contexts.peak.domain.fulfilment.lanes import Collections, Lane
from springtide.contexts.peak.domain.paths.totals import rank_of

Floats = NDArray[np.float64]
_NOTHING = 1e-9
_CLOSED = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inflow:
    """Orders of a house, (paths, days, 24), lines per order, (paths, days), and parcels per order."""

    orders: Floats
    lines_per_order: Floats
    parcels_per_order: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What a house did. `due`, `late`, `shipped`: parcels by lane, path and day, (lanes, paths, days).

    `backlog`: orders not packed at the end of each day, (paths, days), `waiting`: parcels packed and not collected.
    `pick`, `pack`: utilisation of each hour, mean over the paths, -1 where closed, `ship`: of the room of the carriers
    that come in the hour, -1 where none does, `backlog_p50`, `backlog_p90`: orders not packed, (days, 24).
    """

    due: Floats
    late: Floats
    shipped: Floats
    backlog: Floats
    waiting: Floats
    pick: Floats
    pack: Floats
    ship: Floats
    backlog_p50: Floats
    backlog_p90: Floats


def flow(inflow: Inflow, crew: Crew, lanes: Sequence[Lane], come: Collections, cut_offs: Floats) -> Flow:
    """Run the season. `cut_offs`: hour until which orders leave the same day, by carrier, (carriers,)."""
    paths, days, _ = inflow.orders.shape
    state = _State(paths, lanes)
    shipped = np.zeros((len(lanes), paths, days))
    backlog, waiting = np.zeros((paths, days)), np.zeros((paths, days))
    pick, pack = np.full((days, HOURS), _CLOSED), np.full((days, HOURS), _CLOSED)
    middle, high = np.zeros((days, HOURS)), np.zeros((days, HOURS))
    taken, room = np.zeros((days, HOURS)), np.zeros((days, HOURS))
    ranks = [rank_of(0.5, paths), rank_of(0.9, paths)]
    open_orders = np.zeros((HOURS, paths))
    for day in range(days):
        state.left = come.cap[:, day].copy()[:, None] * np.ones(paths)
        lines = np.maximum(inflow.lines_per_order[:, day], _NOTHING)
        placed = np.ascontiguousarray(inflow.orders[:, day].T)
        loading = come.at_hours(day)
        for hour in range(HOURS):
            state.to_pick += placed[hour]
            packed: Floats | None = None
            if crew.open[day, hour] > 0:
                picked, can = state.pick(crew.pick[day, hour] / lines)
                packed = state.pack(picked * inflow.parcels_per_order, crew.pack[day, hour])
                pick[day, hour] = float((picked / can).mean())
                pack[day, hour] = float(np.mean(packed) / crew.pack[day, hour])
            for carrier in loading.get(hour, ()):
                part = come.hour[carrier] % 1.0
                if packed is not None:
                    state.stage(packed, part)
                    packed = packed * (1.0 - part)
                before = state.left[carrier].mean()
                shipped[:, :, day] += state.collect(carrier, come, day)
                taken[day, hour] += before - state.left[carrier].mean()
                room[day, hour] += before
            if packed is not None:
                state.stage(packed, 1.0)
            np.add(state.to_pick, state.to_pack / inflow.parcels_per_order, out=open_orders[hour])
        middle[day], high[day] = np.partition(open_orders, ranks, axis=1)[:, ranks].T
        backlog[:, day], waiting[:, day] = open_orders[-1], state.staged.sum(axis=0)
    promised = _promised(inflow, crew, lanes, come, cut_offs)
    due = np.diff(promised, axis=2, prepend=0.0)
    late = np.clip(promised - np.cumsum(shipped, axis=2), 0.0, due)
    return Flow(
        due=due,
        late=np.where(late > _NOTHING * np.maximum(promised, 1.0), late, 0.0),
        shipped=shipped,
        backlog=backlog,
        waiting=waiting,
        pick=pick,
        pack=pack,
        ship=np.divide(taken, room, out=np.full_like(taken, _CLOSED), where=room > 0),
        backlog_p50=middle,
        backlog_p90=high,
    )


def due_of(inflow: Inflow, crew: Crew, lanes: Sequence[Lane], come: Collections, cut_offs: Floats) -> Floats:
    """Return the parcels promised for each day, (lanes, paths, days): whatever carriers can take, as `flow` has it."""
    return np.diff(_promised(inflow, crew, lanes, come, cut_offs), axis=2, prepend=0.0)


class _State:
    """What waits where, per path: orders to pick, parcels to pack, parcels staged by lane; what carriers still take."""

    def __init__(self, paths: int, lanes: Sequence[Lane]) -> None:
        self.lanes = lanes
        self.shares = np.array([lane.share for lane in lanes])[:, None]
        self.to_pick = np.zeros(paths)
        self.to_pack = np.zeros(paths)
        self.staged = np.zeros((len(lanes), paths))
        self.left = np.zeros((0, paths))

    def pick(self, can: Floats) -> tuple[Floats, Floats]:
        """Pick what can be picked in an hour; return it, and what could have been."""
        picked = np.minimum(self.to_pick, can)
        self.to_pick -= picked
        return picked, can

    def pack(self, parcels: Floats, can: float) -> Floats:
        """Take the picked parcels over and pack what can be packed in an hour; return it."""
        self.to_pack += parcels
        packed = np.minimum(self.to_pack, can)
        self.to_pack -= packed
        return packed

    def stage(self, packed: Floats, part: float) -> None:
        """Put a part of what was packed into the lanes."""
        self.staged += self.shares * packed * part

    def collect(self, carrier: int, come: Collections, day: int) -> Floats:
        """Load a carrier: its own lanes first, then what carriers cannot take whose back-up it is; by lane and path."""
        loaded = np.zeros_like(self.staged)
        own = [at for at, lane in enumerate(self.lanes) if lane.carrier == carrier]
        self._load(own, carrier, self.staged[own], loaded)
        helped = [at for at, lane in enumerate(self.lanes) if lane.backup == carrier]
        if helped:
            surplus = [self.staged[at] - self._room(self.lanes[at].carrier, come, day) for at in helped]
            self._load(helped, carrier, np.maximum(np.stack(surplus), 0.0), loaded)
        return loaded

    def _room(self, carrier: int, come: Collections, day: int) -> Floats:
        """Return what a carrier will still take today; everything tomorrow if it does not come today at all."""
        return self.left[carrier] if come.days[carrier, day] else np.full_like(self.to_pick, np.inf)

    def _load(self, lanes: list[int], carrier: int, wanted: Floats, loaded: Floats) -> None:
        total = wanted.sum(axis=0)
        taken = np.minimum(total, self.left[carrier])
        share = np.divide(taken, total, out=np.zeros_like(total), where=total > 0)
        for at, parcels in zip(lanes, wanted, strict=True):
            moved = parcels * share
            loaded[at] += moved
            self.staged[at] -= moved
        self.left[carrier] -= taken


def _promised(inflow: Inflow, crew: Crew, lanes: Sequence[Lane], come: Collections, cut_offs: Floats) -> Floats:
    """Return the parcels promised by the end of each day, (lanes, paths, days): those in before the day's cut-off."""
    daily = inflow.orders.sum(axis=2)
    before = np.cumsum(daily, axis=1) - daily
    promised = np.empty((len(lanes), *daily.shape))
    for carrier in {lane.carrier for lane in lanes}:
        until = promised_until(float(cut_offs[carrier]), crew.closes)
        weight = np.clip(until[:, None] - np.arange(HOURS), 0.0, 1.0)
        placed = before + np.einsum("pdh,dh->pd", inflow.orders, weight)
        served = come.days[carrier] & (crew.closes > 0)
        known = np.maximum.accumulate(np.where(served, placed, 0.0), axis=1)
        for at, lane in enumerate(lanes):
            if lane.carrier == carrier:
                promised[at] = known * (lane.share * inflow.parcels_per_order)
    return promised
