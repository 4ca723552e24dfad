"""The company's own people and shifts, as the roster knows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import ceil

from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.opening import minute, weekdays
from springtide.contexts.peak.domain.staff.roster.problem import WEEK, Shift, Worker
from springtide.contracts.peak.company import Company, Contract, Person, Role
from springtide.contracts.peak.staff import Absence
from springtide.contracts.peak.staff_terms import StaffTerms

SUPPORT, WAREHOUSE = "support", "warehouse"
DEPARTMENTS = {SUPPORT: "service", WAREHOUSE: "warehouse"}
SKILLS = {SUPPORT: ("phone",), WAREHOUSE: ("pick", "receive")}
"""The skills that shifts are asked for by team; who packs is who picks."""
_DAY = 1440
_WEEKEND_WEEKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People of one team with the shifts they work. Wages are in minor units an hour, employer's part included."""

    name: str
    shifts: tuple[Shift, ...]
    people: tuple[Person, ...]
    skills: dict[str, frozenset[str]]
    weekly_minutes: dict[str, int]
    contracts: dict[str, str]
    hourly_minor: dict[str, float]

    @property
    def paid_minutes(self) -> int:
        """Return what all contracts together pay for in a week."""
        return sum(self.weekly_minutes.values())

    @property
    def weekly_cost_minor(self) -> float:
        """Return what a week of these people costs."""
        return sum(self.hourly_minor[id_] * minutes / 60 for id_, minutes in self.weekly_minutes.items())

    def able(self, skill: str) -> list[str]:
        """Return who can do it, in order; everybody for ""."""
        return [person.id for person in self.people if not skill or skill in self.skills[person.id]]

    def average_minor(self) -> float:
        """Return what an hour of the team costs on average; 0 without people."""
        return self.weekly_cost_minor * 60 / self.paid_minutes if self.paid_minutes else 0.0


def team_of(company: Company, terms: StaffTerms, name: str) -> Team:
    """Return a team: everybody of its department who has one of its skills."""
    roles = {role.id: role for role in company.pay.roles}
    contracts = {contract.id: contract for contract in company.basics.contracts}
    skills = {
        person.id: frozenset((*roles[person.role].skills, *person.skills, *(f"lang:{id_}" for id_ in person.languages)))
        for person in company.people
        if roles[person.role].department == DEPARTMENTS[name]
    }
    people = tuple(person for person in company.people if skills.get(person.id, frozenset()) & set(SKILLS[name]))
    return Team(
        name=name,
        shifts=_shifts(terms, name),
        people=people,
        skills={person.id: skills[person.id] for person in people},
        weekly_minutes={person.id: round(contracts[person.contract].weekly_hours.value * 60) for person in people},
        contracts={person.id: person.contract for person in people},
        hourly_minor={
            person.id: hourly_cost(company, roles[person.role], contracts[person.contract]) for person in people
        },
    )


def hourly_cost(company: Company, role: Role, contract: Contract) -> float:
    """Return what an hour costs with the employer's part above its weekly threshold, in minor units."""
    weekly = role.wage.value * contract.weekly_hours.value
    above = max(0.0, weekly - company.pay.employer_contributions_from.value)
    return float(role.wage.value + above * company.pay.employer_contributions.value / 100 / contract.weekly_hours.value)


def workers_of(
    team: Team, terms: StaffTerms, season: Season, *, first: int, days: int, absences: Iterable[Absence]
) -> tuple[Worker, ...]:
    """Return the people for `days` days from the season's day `first`, with the rules of law and house."""
    away = _away(season, first, days, absences)
    longest = max((shift.paid for shift in team.shifts), default=0)
    rules = terms.rules
    weekends = ceil(days / WEEK * rules.weekends.value / _WEEKEND_WEEKS)
    return tuple(
        Worker(
            id=person.id,
            skills=team.skills[person.id],
            max_minutes=min(team.weekly_minutes[person.id], round(rules.weekly_hours.value * 60)),
            min_minutes=_least(team.weekly_minutes[person.id], longest, away.get(person.id, frozenset()), days),
            max_days_in_a_row=int(rules.days_in_a_row.value),
            max_weekends=weekends,
            days_off=away.get(person.id, frozenset()),
        )
        for person in team.people
    )


def _least(contract: int, longest: int, off: frozenset[int], days: int) -> int:
    """Return the paid minutes a week has to give: the contract less a shift that may not fit, nothing with leave."""
    return 0 if off or days % WEEK else max(0, contract - longest)


def _away(season: Season, first: int, days: int, absences: Iterable[Absence]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for absence in absences:
        for day in range(days):
            if absence.first <= season.dates[first + day] <= absence.last:
                found.setdefault(absence.person, set()).add(day)
    return {person: frozenset(off) for person, off in found.items()}


def _shifts(terms: StaffTerms, team: str) -> tuple[Shift, ...]:
    found = []
    for shift in terms.shifts:
        if shift.team != team:
            continue
        start, end = minute(shift.starts), minute(shift.ends)
        end += _DAY if end <= start else 0
        for skill in SKILLS[team]:
            id_ = shift.id if len(SKILLS[team]) == 1 else f"{shift.id}:{skill}"
            paid = end - start - shift.break_minutes
            found.append(Shift(id=id_, start=start, end=end, paid=paid, skill=skill, weekdays=weekdays(shift.days)))
    return tuple(found)


def weekend_share(terms: StaffTerms) -> float:
    """Return which share of a team can be there on a day of a weekend, when free weekends are kept."""
    return min(1.0, terms.rules.weekends.value / _WEEKEND_WEEKS)


def usable_minutes(team: Team, person: str) -> int:
    """Return the most minutes of the person's week that whole shifts fit into."""
    contract = team.weekly_minutes[person]
    lengths = sorted({shift.paid for shift in team.shifts if shift.skill in team.skills[person]}, reverse=True)
    if not lengths:
        return 0
    longest, shortest = lengths[0], lengths[-1]
    days = len(frozenset().union(*(shift.weekdays for shift in team.shifts if shift.paid == longest)))
    return max(
        long * longest + min(days - long, (contract - long * longest) // shortest) * shortest
        for long in range(min(days, contract // longest) + 1)
    )


def closed_days(season: Season, closed: Iterable[date], first: int, days: int) -> frozenset[int]:
    """Return the days, counted from `first`, on which nobody works."""
    shut = frozenset(closed)
    return frozenset(day for day in range(days) if season.dates[first + day] in shut)
