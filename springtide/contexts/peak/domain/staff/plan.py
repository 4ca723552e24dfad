"""People for the season, from the paths to names and costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.totals import PathTotals, rank_of
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.contacts import Contacts, contacts_of
from springtide.contexts.peak.domain.staff.costs import CostPaths, costs_of
from springtide.contexts.peak.domain.staff.decisions import decisions_of
from springtide.contexts.peak.domain.staff.hires import seasonal, weekly
from springtide.contexts.peak.domain.staff.naming import Wanted, busiest_weeks, name_shifts
from springtide.contexts.peak.domain.staff.opening import share
from springtide.contexts.peak.domain.staff.roster.names import EFFORT
from springtide.contexts.peak.domain.staff.roster.problem import WEEK
from springtide.contexts.peak.domain.staff.support import Desk, desk_of
from springtide.contexts.peak.domain.staff.team import SUPPORT, WAREHOUSE, Team, team_of
from springtide.contexts.peak.domain.staff.warehouse import Floor, floor_days, floor_of
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.staff import Absence, ContactDay, Grid, RosterPlan, ShiftWish, StaffPlan, Support
from springtide.contracts.peak.staff_terms import StaffTerms

Floats = NDArray[np.float64]
Shifts = tuple[tuple[Team, Mapping[str, NDArray[np.int32]]], ...]
ROSTER_WEEKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAsk:
    """What the plan is asked for besides the paths.

    `late_parcels`: beyond a usual year's, (paths, days) by promised day. `cartons`: inbound, (days,) or (paths, days).
    `own_share`: what the own warehouse ships of all orders by day, (days,) or (paths, days). `today`: decisions due by
    then are urgent. `roster_from`: a day of the season; not given: the weeks that ask for most;
    0 `roster_weeks`: nobody is named. `proven`: the desk's queues are simulated on their busiest day.
    """

    today: date
    late_parcels: NDArray[np.floating] | None = None
    cartons: NDArray[np.floating] | None = None
    own_share: NDArray[np.floating] | None = None
    roster_from: date | None = None
    roster_weeks: int = ROSTER_WEEKS
    absences: tuple[Absence, ...] = ()
    wishes: tuple[ShiftWish, ...] = ()
    strict: bool = False
    effort: float = EFFORT
    proven: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """The plan in words, and its costs and contacts on every path for the steps that come after."""

    plan: StaffPlan
    costs: CostPaths
    contacts: Contacts


def plan_staff(totals: PathTotals, company: Company, terms: StaffTerms, ask: StaffAsk) -> Staffing:
    """Plan people; raises InvalidPeakInput for people and days nobody knows, Infeasible for a strict roster."""
    _check(totals.season, company, terms, ask)
    season = totals.season
    contacts = contacts_of(
        totals, terms, per_order=company.call_centre.contacts_per_order.value, late_parcels=ask.late_parcels
    )
    support, warehouse = team_of(company, terms, SUPPORT), team_of(company, terms, WAREHOUSE)
    desk = desk_of(totals, company, terms, contacts, support, proven=ask.proven)
    floor = floor_of(totals, company, terms, warehouse, cartons=ask.cartons, own_share=ask.own_share)
    hours = _seasonal_hours(company)
    desk_hires = seasonal(season, SUPPORT, _desk_gap(season, desk, company), hours, terms.hiring)
    floor_hires = seasonal(season, WAREHOUSE, _floor_gap(season, floor, warehouse, terms), hours, terms.hiring)
    teams = ((support, desk_hires), (warehouse, floor_hires))
    costs = costs_of(season, teams, terms.hiring, desk=desk, floor=floor, floor_team=warehouse, floor_hires=floor_hires)
    shifts = ((support, desk.own.counts), (warehouse, floor.own.counts))
    names = _names(season, terms, ask, desk=desk, floor=floor, shifts=shifts) if ask.roster_weeks else None
    decisions, deadlines = decisions_of(
        season=season,
        centre=company.call_centre,
        terms=terms.hiring,
        desk=desk,
        teams=teams,
        names=names,
        today=ask.today,
    )
    plan = StaffPlan(
        first=season.first,
        days=season.days,
        paths=totals.paths,
        contacts=_contact_days(season, contacts),
        support=_support(company, terms, desk),
        floor=floor_days(season, floor, warehouse),
        hiring=(*desk_hires.weeks, *floor_hires.weeks),
        roster=names,
        costs=costs.bands(),
        decisions=decisions,
        deadlines=deadlines,
    )
    return Staffing(plan=plan, costs=costs, contacts=contacts)


def _check(season: Season, company: Company, terms: StaffTerms, ask: StaffAsk) -> None:
    people = {person.id for person in company.people}
    shifts = {shift.id for shift in terms.shifts}
    mistakes = [
        Mistake(where="absences", rule="unknown_person", message=f"{absence.person} is not in people.toml", row=row)
        for row, absence in enumerate(ask.absences, start=2)
        if absence.person not in people
    ]
    mistakes += [
        Mistake(where="absences", rule="dates", message=f"{absence.person} is back before leaving", row=row)
        for row, absence in enumerate(ask.absences, start=2)
        if absence.last < absence.first
    ]
    for row, wish in enumerate(ask.wishes, start=2):
        if wish.person not in people:
            message = f"{wish.person} is not in people.toml"
            mistakes.append(Mistake(where="wishes", rule="unknown_person", message=message, row=row))
        if wish.shift not in shifts:
            message = f"there is no shift {wish.shift}"
            mistakes.append(Mistake(where="wishes", rule="unknown_shift", message=message, row=row))
    if ask.roster_from is not None and not season.first <= ask.roster_from <= season.last:
        message = f"{ask.roster_from} is not within {season.first} to {season.last}"
        mistakes.append(Mistake(where="roster", rule="outside_season", message=message))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)


def _seasonal_hours(company: Company) -> float:
    contracts = {contract.id: contract for contract in company.basics.contracts}
    contract = contracts.get("seasonal", company.basics.contracts[0])
    return float(contract.weekly_hours.value)


def _desk_gap(season: Season, desk: Desk, company: Company) -> Floats:
    """Return paid hours by week: seats the centre does not have, and e-mail nobody has time for."""
    heads = desk.outsourced.short.sum(axis=1) / 2.0 / (1.0 - share(company.call_centre.shrinkage))
    return weekly(season, heads + desk.own.missing_minutes / 60.0)


def _floor_gap(season: Season, floor: Floor, team: Team, terms: StaffTerms) -> Floats:
    """Return paid hours by week on the asked share of the paths, beyond what contracts pay for."""
    paid = floor.paid_by_week(season)
    asked = np.sort(paid, axis=0)[rank_of(terms.desk.path_share.value, paid.shape[0])]
    own = weekly(season, np.full(season.days, team.paid_minutes / 60.0 / WEEK))
    gap: Floats = np.maximum(asked - own, 0.0)
    return gap


def _names(season: Season, terms: StaffTerms, ask: StaffAsk, *, desk: Desk, floor: Floor, shifts: Shifts) -> RosterPlan:
    first, days = busiest_weeks(season, floor.asked + desk.rostered.sum(axis=1) / 2.0, ask.roster_weeks)
    if ask.roster_from is not None:
        first = season.index_of(ask.roster_from)
        days = min(ask.roster_weeks * WEEK, season.days - first)
    wanted = Wanted(
        first=first, days=days, absences=ask.absences, wishes=ask.wishes, strict=ask.strict, effort=ask.effort
    )
    spoken = [need.language for need in desk.languages if need.busiest and need.own_speakers]
    return name_shifts(season, terms, shifts, wanted, [language for language in spoken if language != "en"])


def _contact_days(season: Season, contacts: Contacts) -> tuple[ContactDay, ...]:
    return tuple(
        ContactDay(
            day=day,
            all=band_of(contacts.all[:, index]),
            bot=float(contacts.answered_by_bot[:, index].mean()),
            phone=band_of(contacts.people["phone"][:, index]),
            chat=band_of(contacts.people["chat"][:, index]),
            email=band_of(contacts.people["email"][:, index]),
        )
        for index, day in enumerate(season.dates)
    )


def _support(company: Company, terms: StaffTerms, desk: Desk) -> Support:
    centre, seats = company.call_centre, desk.outsourced.seats
    return Support(
        path_share=float(terms.desk.path_share.value),
        shrinkage=share(centre.shrinkage),
        phone=_rows(desk.phone.suffices),
        chat=_rows(desk.chat.suffices),
        needed=_rows(desk.needed),
        rostered=_rows(desk.rostered),
        mean_rate=_rows(desk.phone.mean_rate + desk.chat.mean_rate),
        bound=_rows(desk.phone.bound + desk.chat.bound),
        scheduled=_rows(desk.own.heads),
        outsourced=_rows(seats),
        net=_rows(desk.at_work + seats - desk.needed),
        mail_hours=tuple(float(hours) for hours in desk.mail_hours),
        mail_left=tuple(float(hours) for hours in desk.mail_left),
        languages=desk.languages,
        checks=desk.checks,
        seats=int(centre.peak_seats.value),
        seats_without_notice=int(centre.seats.value),
        busiest_seats=int(seats.max()),
        short_half_hours=int((desk.outsourced.short > 0).sum()),
    )


def _rows(grid: NDArray[np.integer]) -> Grid:
    return tuple(tuple(int(cell) for cell in row) for row in grid)
