"""What people cost on every path: own people and hires are committed, the rest follows the path."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.hires import Seasonal, weekly
from springtide.contexts.peak.domain.staff.roster.problem import WEEK
from springtide.contexts.peak.domain.staff.support import Desk
from springtide.contexts.peak.domain.staff.team import SUPPORT, Team
from springtide.contexts.peak.domain.staff.warehouse import Floor
from springtide.contracts.peak.staff import StaffCosts
from springtide.contracts.peak.staff_terms import HiringTerms

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPaths:
    """Minor units per path, (paths,) each: the figures that budget and cash flow read.

    `own`: everybody with a contract; `own_support`: those of them at the desk of customer service.
    """

    own: Floats
    own_support: Floats
    seasonal: Floats
    overtime: Floats
    call_centre: Floats

    @property
    def total(self) -> Floats:
        """Return all of them."""
        return self.own + self.seasonal + self.overtime + self.call_centre

    def bands(self) -> StaffCosts:
        """Return them as figures with their spread; the total's is of the total, not a sum of the others'."""
        return StaffCosts(
            own=band_of(self.own),
            seasonal=band_of(self.seasonal),
            overtime=band_of(self.overtime),
            call_centre=band_of(self.call_centre),
            total=band_of(self.total),
        )


def costs_of(
    season: Season,
    teams: Sequence[tuple[Team, Seasonal]],
    terms: HiringTerms,
    *,
    desk: Desk,
    floor: Floor,
    floor_team: Team,
    floor_hires: Seasonal,
) -> CostPaths:
    """Return the costs. Hours of the warehouse beyond own people and hires are overtime at the team's wage."""
    paths = floor.hours.pick.shape[0]
    own = sum(_wages(team, season) for team, _ in teams)
    hired = sum(
        (float(hires.paid_hours.sum()) + hires.paid_before) * team.average_minor() * terms.agency_rate.value
        for team, hires in teams
    )
    there = weekly(season, np.full(season.days, floor_team.paid_minutes / 60 / WEEK)) + floor_hires.paid_hours
    beyond = np.maximum(floor.paid_by_week(season) - there, 0.0).sum(axis=1)
    return CostPaths(
        own=np.full(paths, own),
        own_support=np.full(paths, sum(_wages(team, season) for team, _ in teams if team.name == SUPPORT)),
        seasonal=np.full(paths, hired),
        overtime=beyond * floor_team.average_minor() * terms.overtime_rate.value,
        call_centre=desk.outsourced.cost_minor,
    )


def _wages(team: Team, season: Season) -> float:
    return team.weekly_cost_minor * season.days / WEEK
