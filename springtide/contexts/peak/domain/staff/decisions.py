"""What has to be decided about people, by when, and what happens otherwise."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np

from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.hires import Seasonal
from springtide.contexts.peak.domain.staff.support import Desk
from springtide.contexts.peak.domain.staff.team import SUPPORT, Team
from springtide.contracts.peak.common import Deadline, Decision, Department, Phrase
from springtide.contracts.peak.company import CallCentre
from springtide.contracts.peak.staff import HireWeek, RosterPlan
from springtide.contracts.peak.staff_terms import HiringTerms


def decisions_of(
    *,
    season: Season,
    centre: CallCentre,
    terms: HiringTerms,
    desk: Desk,
    teams: Sequence[tuple[Team, Seasonal]],
    names: RosterPlan | None,
    today: date,
) -> tuple[tuple[Decision, ...], tuple[Deadline, ...]]:
    """Return decisions, urgent ones first, then by date, and the days after which something cannot be had."""
    decisions: list[Decision] = []
    deadlines: list[Deadline] = []
    for team, hires in teams:
        for week in hires.weeks:
            if week.starting:
                decisions.append(_hire(week, team, terms, today))
                deadlines.append(_hire_by(week, terms))
    seats = _seats(season, centre, desk, today)
    if seats:
        decisions.append(seats[0])
        deadlines.append(seats[1])
    decisions += list(_gaps(names, today)) if names else []
    order = sorted(decisions, key=lambda decision: (not decision.urgent, decision.by or date.max))
    return tuple(order), tuple(sorted(deadlines, key=lambda deadline: deadline.last_day))


def _department(team: str) -> Department:
    return Department.SUPPORT if team == SUPPORT else Department.WAREHOUSE


def _hire(week: HireWeek, team: Team, terms: HiringTerms, today: date) -> Decision:
    stay = week.starting * terms.weeks_stayed.value * 37.5 * team.average_minor() * terms.agency_rate.value
    return Decision(
        what=Phrase(
            key="staff.hire",
            values={
                "people": week.starting,
                "invited": week.invited,
                "team": week.team,
                "week": week.first.isoformat(),
                "applicants": week.applicants,
            },
        ),
        department=_department(week.team),
        by=week.advertise_by,
        cost_minor=round(stay),
        otherwise=Phrase(
            key="staff.agency_instead", values={"people": week.invited, "day": week.agency_by.isoformat()}
        ),
        urgent=week.advertise_by <= today,
    )


def _hire_by(week: HireWeek, terms: HiringTerms) -> Deadline:
    return Deadline(
        kind="hiring",
        name=week.team,
        last_day=week.advertise_by,
        needed_on=week.first,
        lead_days=int(terms.recruitment_lead.value),
    )


def _seats(season: Season, centre: CallCentre, desk: Desk, today: date) -> tuple[Decision, Deadline] | None:
    usual = int(centre.seats.value)
    daily = desk.outsourced.seats.max(axis=1)
    above = np.flatnonzero(daily > usual)
    if not above.size:
        return None
    needed = season.dates[int(above[0])]
    last_day = needed - timedelta(days=int(centre.seat_notice.value))
    minutes = desk.outsourced.minutes[:, above].sum(axis=1).mean()
    short = int(desk.outsourced.short.max())
    decision = Decision(
        what=Phrase(
            key="staff.seats",
            values={"seats": int(daily.max()), "usual": usual, "centre": centre.name, "day": needed.isoformat()},
        ),
        department=Department.SUPPORT,
        by=last_day,
        cost_minor=round(float(minutes) * centre.price_per_minute.value),
        otherwise=Phrase(key="staff.seats_missing", values={"seats": int(daily.max()) - usual + short}),
        urgent=last_day <= today,
    )
    deadline = Deadline(
        kind="hiring",
        name=centre.name,
        last_day=last_day,
        needed_on=needed,
        lead_days=int(centre.seat_notice.value),
    )
    return decision, deadline


def _gaps(names: RosterPlan, today: date) -> Iterable[Decision]:
    real = [gap for gap in names.gaps if not gap.skill.startswith("lang:")]
    for team in sorted({gap.team for gap in real}):
        open_ = [gap for gap in real if gap.team == team]
        first = min(gap.day for gap in open_)
        yield Decision(
            what=Phrase(
                key="staff.open_shifts",
                values={"shifts": sum(gap.missing for gap in open_), "team": team, "day": first.isoformat()},
            ),
            department=_department(team),
            by=first - timedelta(days=14),
            cost_minor=0,
            otherwise=Phrase(key="staff.open_shifts_stay", values={"shifts": sum(gap.missing for gap in open_)}),
            urgent=first - timedelta(days=14) <= today,
        )
