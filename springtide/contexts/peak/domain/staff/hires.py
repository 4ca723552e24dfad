"""Whom to hire for which week, and the dates that follow from it."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.hiring import Hires, Ramp, plan_hires
from springtide.contexts.peak.domain.staff.roster.problem import WEEK, weeks
from springtide.contracts.peak.staff import HireWeek
from springtide.contracts.peak.staff_terms import HiringTerms

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seasonal:
    """Hires of one team: the weeks to show, and paid hours of those present, by week of the season, (weeks,).

    `paid_before`: hours paid before the season begins (a ramp week may lie ahead of it).
    """

    weeks: tuple[HireWeek, ...]
    paid_hours: Floats
    paid_before: float


def ramp_of(terms: HiringTerms) -> Ramp:
    """Return how new colleagues get going."""
    return Ramp(
        speed=tuple(float(week.value) for week in terms.ramp),
        weekly_retention=float(terms.weekly_retention.value),
        trainer_share=float(terms.trainer_share.value),
    )


def weekly(season: Season, daily: NDArray[np.floating]) -> Floats:
    """Return sums by calendar week, (..., weeks), of something by day, (..., days)."""
    edges = [first for first, _ in weeks(season.days, season.first.weekday())]
    sums: Floats = np.add.reduceat(np.asarray(daily, dtype=np.float64), edges, axis=-1)
    return sums


def seasonal(season: Season, team: str, gap_hours: Floats, weekly_hours: float, terms: HiringTerms) -> Seasonal:
    """Return whom to hire. `gap_hours`: paid hours that own people leave open, by week, (weeks,)."""
    spans = weeks(season.days, season.first.weekday())
    days = np.array([last - first + 1 for first, last in spans])
    gap = gap_hours / (weekly_hours * days / WEEK)
    gap[gap < terms.smallest_gap.value] = 0.0
    hires = plan_hires(
        gap,
        ramp_of(terms),
        weeks_before=int(terms.early_weeks.value),
        show_rate=float(terms.show_rate.value),
        chance=float(terms.show_chance.value),
    )
    present = _present(hires, gap, terms)
    paid = present * weekly_hours
    return Seasonal(
        weeks=tuple(
            _week(season, team, hires, gap, week, terms=terms)
            for week in range(len(hires.starting))
            if _shown(hires, gap, week)
        ),
        paid_hours=paid[hires.before :] * days / WEEK,
        paid_before=float(paid[: hires.before].sum()),
    )


def _shown(hires: Hires, gap: Floats, week: int) -> bool:
    return bool(hires.starting[week] or (week >= hires.before and gap[week - hires.before] > 0))


def _present(hires: Hires, gap: Floats, terms: HiringTerms) -> Floats:
    """Return how many are paid in each week: until the last week with a gap, at least the weeks they were promised."""
    needed = np.flatnonzero(gap > 0)
    last = int(needed[-1]) + hires.before if needed.size else -1
    present = np.zeros(len(hires.starting))
    for start in np.flatnonzero(hires.starting):
        until = max(last, int(start) + int(terms.weeks_stayed.value) - 1)
        for week in range(int(start), min(until, len(present) - 1) + 1):
            present[week] += hires.starting[start] * terms.weekly_retention.value ** (week - int(start))
    return present


def _week(season: Season, team: str, hires: Hires, gap: Floats, week: int, *, terms: HiringTerms) -> HireWeek:
    monday = season.first - timedelta(days=season.first.weekday()) + timedelta(weeks=week - hires.before)
    invited = int(hires.invited[week])
    offers = _before(invited, terms.accepted.value)
    interviews = _before(offers, terms.offered.value)
    return HireWeek(
        team=team,
        first=monday,
        gap_fte=float(gap[week - hires.before]) if week >= hires.before else 0.0,
        productive_fte=float(hires.productive[week]),
        starting=int(hires.starting[week]),
        invited=invited,
        offers=offers,
        interviews=interviews,
        applicants=_before(interviews, terms.interviewed.value),
        advertise_by=monday - timedelta(days=int(terms.recruitment_lead.value)),
        agency_by=monday - timedelta(days=int(terms.agency_notice.value)),
    )


def _before(people: int, share: float) -> int:
    return int(np.ceil(people / share - 1e-9))
