"""The own warehouse: hours the paths ask for, shifts of own people, and what stays open."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.totals import PathTotals, rank_of
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.floor import FloorHours, floor_hours
from springtide.contexts.peak.domain.staff.hires import weekly
from springtide.contexts.peak.domain.staff.opening import HALF_HOURS, open_days, open_half_hours, share
from springtide.contexts.peak.domain.staff.schedule import Ask, Schedule, schedule
from springtide.contexts.peak.domain.staff.team import Team, weekend_share
from springtide.contracts.peak.company import Company, Warehouse
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.staff import FloorDay
from springtide.contracts.peak.staff_terms import StaffTerms

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The warehouse over the season. `at_work`: hours of work in a paid one. `asked`: hours of work by day, (days,)."""

    hours: FloorHours
    asked: Floats
    own: Schedule
    at_work: float
    open_days: NDArray[np.bool_]

    def paid_by_week(self, season: Season) -> Floats:
        """Return the paid hours every path asks for, (paths, weeks)."""
        return weekly(season, self.hours.total) / self.at_work


def floor_of(
    totals: PathTotals,
    company: Company,
    terms: StaffTerms,
    team: Team,
    *,
    cartons: NDArray[np.floating] | None = None,
    own_share: NDArray[np.floating] | None = None,
) -> Floor:
    """Return the floor for these paths. `own_share`: of the orders, by day, what the own warehouse ships (1: all)."""
    season, building = totals.season, own_warehouse(company)
    opened = open_days(open_half_hours(season, building.hours, terms.closed))
    hours = floor_hours(totals, building, terms.work, opened, cartons=cartons)
    if own_share is not None:
        hours = FloorHours(
            pick=hours.pick * own_share, travel=hours.travel * own_share, pack=hours.pack * own_share,
            receive=hours.receive,
        )  # fmt: skip
    rank, at_work = terms.desk.path_share.value, 1.0 - share(terms.work.shrinkage)
    shipping = _at(hours.pick + hours.pack, rank)
    receiving = _at(hours.receive, rank)
    room = building.pick_stations.value + building.pack_stations.value + building.dock_doors.value
    ask = Ask(
        curve=np.zeros((season.days, HALF_HOURS), dtype=np.int32),
        minutes={"pick": shipping * 60, "receive": receiving * 60},
        at_work=at_work,
        most_at_once=int(room),
        rest_minutes=round(terms.rules.rest.value * 60),
        weekend_share=weekend_share(terms),
    )
    own = schedule(season, team, ask)
    return Floor(hours=hours, asked=shipping + receiving, own=own, at_work=at_work, open_days=opened)


def own_warehouse(company: Company) -> Warehouse:
    """Return the company's own warehouse; refuses a company without one."""
    for warehouse in company.warehouses:
        if warehouse.kind == "own":
            return warehouse
    message = "there is no warehouse of kind own to staff"
    raise InvalidPeakInput.of([Mistake(where="warehouses.toml", rule="own_warehouse", message=message)])


def floor_days(season: Season, floor: Floor, team: Team) -> tuple[FloorDay, ...]:
    """Return every day in words of the plan."""
    paid = {shift.id: shift.paid / 60 for shift in team.shifts}
    return tuple(
        FloorDay(
            day=day,
            pick=band_of(floor.hours.pick[:, index]),
            travel=band_of(floor.hours.travel[:, index]),
            pack=band_of(floor.hours.pack[:, index]),
            receive=band_of(floor.hours.receive[:, index]),
            asked_paid=float(floor.asked[index] / floor.at_work),
            scheduled_paid=float(sum(counts[index] * paid[shift] for shift, counts in floor.own.counts.items())),
            short=float(floor.own.missing_minutes[index]) / 60,
            by_shift={shift: int(counts[index]) for shift, counts in floor.own.counts.items() if counts[index]},
        )
        for index, day in enumerate(season.dates)
    )


def _at(per_path: Floats, share_of_paths: float) -> Floats:
    return np.asarray(np.sort(per_path, axis=0)[rank_of(share_of_paths, per_path.shape[0])])
