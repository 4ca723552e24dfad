"""`springtide peak staff`: people for the season, from a file of paths to rosters."""

import argparse
from pathlib import Path

import msgspec

from springtide.commands.output import say
from springtide.contexts.peak.domain.staff.plan import StaffAsk, plan_staff
from springtide.contexts.peak.providers.company_files import read_company, read_staff_terms
from springtide.contexts.peak.providers.paths_file import read_paths
from springtide.contexts.peak.providers.staff_files import (
    read_absences,
    read_wishes,
    write_calendars,
    write_half_hours,
    write_hires,
    write_roster,
)
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.staff import StaffPlan
from springtide.demo.company import COMPANY_FOLDER
from springtide.settings import Settings


def run(_settings: Settings, options: argparse.Namespace) -> int:
    """Plan and write; the last line says what to do first."""
    folder = Path(options.company) if options.company else COMPANY_FOLDER
    company, terms = read_company(folder), read_staff_terms(folder)
    joint = read_paths(Path(options.paths))
    ask = StaffAsk(
        today=options.today or joint.edits.as_of,
        roster_from=options.roster_from,
        roster_weeks=options.weeks,
        absences=read_absences(Path(options.absences)) if options.absences else (),
        wishes=read_wishes(Path(options.wishes)) if options.wishes else (),
        strict=options.strict,
        effort=options.effort,
    )
    plan = plan_staff(joint.totals, company, terms, ask).plan
    out = Path(options.out)
    _write(out, plan, company, ask, joint.totals.season.timezone)
    _tell(plan)
    say(f"Written: {out}")
    return 0


def _write(out: Path, plan: StaffPlan, company: Company, ask: StaffAsk, timezone: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "staff.json").write_bytes(msgspec.json.format(msgspec.json.encode(plan)))
    write_half_hours(out / "half_hours.csv", plan)
    write_hires(out / "hires.csv", plan)
    if plan.roster is not None:
        names = {person.id: person.name for person in company.people}
        write_roster(out / "roster.csv", plan.roster.entries, names)
        write_calendars(out / "calendars", plan.roster.entries, names, timezone=timezone, made_on=ask.today)


def _tell(plan: StaffPlan) -> None:
    desk = plan.support
    busiest = max(range(plan.days), key=lambda index: sum(desk.needed[index]))
    say(f"Busiest day at the desk  {plan.contacts[busiest].day}: up to {max(desk.needed[busiest])} at phone and chat")
    say(f"Call centre              up to {desk.busiest_seats} of {desk.seats} seats")
    say(f"Seasonal colleagues      {sum(week.starting for week in plan.hiring)} to start")
    if plan.roster is not None:
        open_shifts = sum(gap.missing for gap in plan.roster.gaps if not gap.skill.startswith("lang:"))
        say(f"Roster                   {plan.roster.first} to {plan.roster.last}, {open_shifts} shifts open")
    for decision in plan.decisions[:1]:
        say(f"Decide first             {decision.what.key} by {decision.by}")
