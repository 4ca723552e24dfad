"""People: what to do, a week of half hours, names, hires, contacts, and what it costs."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.staff import Grid, HireWeek, RosterEntry, RosterPlan, StaffPlan, Support

GRIDS = ("net", "needed", "rostered", "scheduled", "outsourced")
"""What a week can show: people at work less needed; needed at work; heads with absence counted; own; seats."""
FUNNEL = ("applicants", "interviews", "offers", "invited", "starting")
_WEEK = 7
_HALF_HOURS = 48


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return decisions, then the week and the figure that the address asks for: `week` (its first day), `grid`."""
    found = await whole(visit, plan.row.id, "staff", StaffPlan)
    if found is None:
        return {"staff": None}
    weeks = [found.first + timedelta(days=start) for start in range(0, found.days, _WEEK)]
    asked = visit.query.get("week", "")
    first = next((week for week in weeks if week.isoformat() == asked), weeks[_hardest(found.support) // _WEEK])
    chosen = visit.query.get("grid", "")
    grid = chosen if chosen in GRIDS else GRIDS[0]
    start = (first - found.first).days
    days = [first + timedelta(days=offset) for offset in range(min(_WEEK, found.days - start))]
    return {
        "staff": found,
        "finding": _finding(found, speech),
        "first": first,
        "grid": grid,
        "grid_options": [(name, speech(f"grid_{name}")) for name in GRIDS],
        "week_options": [(week.isoformat(), speech.day(week)) for week in weeks],
        "table": _table(found.support, grid, days, start),
        "heat": _heat(found.support, grid, days, start, speech),
        "net_bar": _net_bar(found.support, start, len(days), speech),
        "contacts": _contacts(found, speech),
        "floor": found.floor[start : start + len(days)],
        "roster": _roster(found.roster, days),
        "gaps": [gap for gap in found.roster.gaps if gap.day in days] if found.roster else [],
        "days": days,
        "funnel": _funnel(found.hiring, speech),
        "stages": FUNNEL,
    }


def _finding(plan: StaffPlan, speech: Speech) -> str:
    support, lacking = plan.support, sum(day.short for day in plan.floor)
    if support.short_half_hours:
        return speech("staff_short", halves=support.short_half_hours, seats=support.busiest_seats)
    if lacking > 0:
        return speech("staff_floor_short", hours=lacking, total=plan.costs.total.p50)
    return speech("staff_enough", total=plan.costs.total.p50)


def _hardest(support: Support) -> int:
    """Return the day with the most half hours short, the one with the most people needed where none is short."""
    short = [sum(1 for net in day if net < 0) for day in support.net]
    needed = [sum(day) for day in support.needed]
    return max(range(len(needed)), key=lambda day: (short[day], needed[day]))


def _grid(support: Support, name: str) -> Grid:
    grid: Grid = getattr(support, name)
    return grid


def _open(support: Support, start: int, days: int) -> list[int]:
    """Return the half hours of these days from the first to the last in which anybody is needed or there."""
    rows = [
        row
        for name in ("needed", "rostered", "scheduled", "outsourced")
        for row in _grid(support, name)[start : start + days]
    ]
    used = [half for half in range(_HALF_HOURS) if any(row[half] for row in rows)]
    return list(range(used[0], used[-1] + 1)) if used else []


def clock(half: int) -> str:
    """Return when a half hour of the day begins: 17 is "08:30"."""
    return f"{half // 2:02}:{half % 2 * 30:02}"


def _table(support: Support, name: str, days: Sequence[date], start: int) -> dict[str, Any]:
    halves = _open(support, start, len(days))
    rows = _grid(support, name)[start : start + len(days)]
    return {
        "columns": [clock(half) for half in halves],
        "rows": [(day, [row[half] for half in halves]) for day, row in zip(days, rows, strict=True)],
    }


def _heat(support: Support, name: str, days: Sequence[date], start: int, speech: Speech) -> figures.Figure | None:
    table = _table(support, name, days, start)
    if not table["columns"]:
        return None
    return figures.heat(
        table["columns"],
        [speech.day(day) for day in days],
        [cells for _, cells in table["rows"]],
        title=speech(f"heat_{name}", absent=support.shrinkage),
        signed=name == "net",
    )


def _net_bar(support: Support, start: int, days: int, speech: Speech) -> figures.Figure | None:
    """Return people at work less needed in each half hour, on the day on which it is worst; None if nobody lacks."""
    halves = _open(support, start, days)
    worst = [min(row[half] for row in support.net[start : start + days]) for half in halves]
    short = sum(net < 0 for net in worst)
    if not short:
        return None
    return figures.columns(
        [clock(half) for half in halves],
        worst,
        title=speech("net_bar_short", count=short),
        unit=speech("people"),
        across=speech("half_hours"),
        marked=[net < 0 for net in worst],
    )


def _contacts(plan: StaffPlan, speech: Speech) -> figures.Figure | None:
    if not plan.contacts:
        return None
    busiest = max(plan.contacts, key=lambda one: one.all.p50)
    return figures.fan(
        [one.day for one in plan.contacts],
        [one.all for one in plan.contacts],
        speech,
        title=speech("contacts_title", day=busiest.day.isoformat(), contacts=busiest.all.p50),
        unit=speech("contacts_a_day"),
    )


def _roster(roster: RosterPlan | None, days: Sequence[date]) -> list[tuple[str, list[list[RosterEntry]]]]:
    """Return a row for each person of these days, with what they work on each."""
    entries = [entry for entry in roster.entries if entry.day in days] if roster else []
    people = sorted({entry.person for entry in entries})
    return [
        (person, [[one for one in entries if one.person == person and one.day == day] for day in days])
        for person in people
    ]


def _funnel(hiring: Sequence[HireWeek], speech: Speech) -> figures.Figure | None:
    totals = [sum(getattr(week, stage) for week in hiring) for stage in FUNNEL]
    if not any(totals):
        return None
    return figures.bars(
        [speech(f"funnel_{stage}") for stage in FUNNEL],
        totals,
        title=speech("funnel_title", applicants=totals[0], starting=totals[-1]),
        unit=speech("people"),
    )
