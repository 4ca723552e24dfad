"""The warehouse: hours of the worst days, who works when, what goes to the external house, and the proofs."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.fulfilment import FulfilmentPlan, House, HouseDay

GRIDS = ("backlog_p90", "backlog_p50", "pick_utilisation", "pack_utilisation", "ship_utilisation")
"""What an hour can show: orders that wait at two ranks, and how full each stage is."""
WORST = "worst"
_SHOWN_DAYS = 7
_HOURS = 24


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the house, days and stage that the address asks for: `house`, `week` ("worst" or a first day), `grid`."""
    found = await whole(visit, plan.row.id, "fulfilment", FulfilmentPlan)
    if found is None or not found.houses:
        return {"fulfilment": None}
    house = next((one for one in found.houses if one.warehouse == visit.query.get("house")), found.houses[0])
    weeks = [found.first + timedelta(days=start) for start in range(0, found.days, _SHOWN_DAYS)]
    asked = visit.query.get("week", "")
    week = next((first for first in weeks if first.isoformat() == asked), None)
    shown = _worst(house.days) if week is None else _of_week(found, week)
    chosen = visit.query.get("grid", "")
    grid = chosen if chosen in GRIDS and getattr(house.heat, chosen) else GRIDS[0]
    table = _table(house, grid, shown)
    return {
        "fulfilment": found,
        "finding": _finding(found, speech),
        "house": house,
        "house_options": [(one.warehouse, one.name) for one in found.houses],
        "week": WORST if week is None else week.isoformat(),
        "week_options": [
            (WORST, speech("worst_days")),
            *((first.isoformat(), speech("week_from", day=first.isoformat())) for first in weeks),
        ],
        "grid": grid,
        "grid_options": [(name, speech(f"hours_{name}")) for name in GRIDS if getattr(house.heat, name)],
        "is_share": grid.endswith("utilisation"),
        "table": table,
        "heat": _heat(house, grid, shown, table, speech),
        "shown": [house.days[at] for at in shown],
        "late": _late(found, speech),
    }


def _worst(days: Sequence[HouseDay]) -> list[int]:
    """Return the days that hurt most, in their order: parcels late, then orders left at night, then orders."""
    by_pain = sorted(
        range(len(days)), key=lambda at: (-days[at].late.p90, -days[at].backlog.p90, -days[at].orders.p90, at)
    )
    return sorted(by_pain[:_SHOWN_DAYS])


def _of_week(found: FulfilmentPlan, first: date) -> list[int]:
    start = (first - found.first).days
    return list(range(start, min(start + _SHOWN_DAYS, found.days)))


def _finding(found: FulfilmentPlan, speech: Speech) -> str:
    middle, high = round(found.late.p50), round(found.late.p90)
    if middle:
        return speech("warehouse_late", parcels=middle, all=found.parcels.p50, high=high)
    if high:
        return speech("warehouse_late_high", parcels=high, all=found.parcels.p90)
    return speech("warehouse_in_time", parcels=found.parcels.p50)


def _table(house: House, grid: str, shown: Sequence[int]) -> dict[str, Any]:
    """Return the hours in which anything happens on these days; None where the house is closed."""
    values = [getattr(house.heat, grid)[at] for at in shown]
    used = [hour for hour in range(_HOURS) if any(row[hour] > 0 for row in values)]
    hours = list(range(used[0], used[-1] + 1)) if used else []
    return {
        "hours": hours,
        "columns": [f"{hour:02}:00" for hour in hours],
        "rows": [
            (house.days[at].day, [row[hour] if row[hour] >= 0 else None for hour in hours])
            for at, row in zip(shown, values, strict=True)
        ],
    }


def _heat(
    house: House, grid: str, shown: Sequence[int], table: dict[str, Any], speech: Speech
) -> figures.Figure | None:
    if not table["hours"]:
        return None
    scale = 100 if grid.endswith("utilisation") else 1
    return figures.heat(
        table["columns"],
        [speech.day(house.days[at].day) for at in shown],
        [[None if cell is None else round(cell * scale, 1) for cell in cells] for _, cells in table["rows"]],
        title=speech(f"heat_{grid}", house=house.name),
        full=100 if scale > 1 else 0,
        marks=_cut_offs(house, table["hours"], speech),
    )


def _cut_offs(house: House, hours: Sequence[int], speech: Speech) -> list[tuple[float, str]]:
    """Return where each cut-off stands between the columns; carriers with the same one share a line."""
    names: dict[str, list[str]] = {}
    for carrier, at in house.cut_offs.items():
        names.setdefault(at, []).append(carrier)
    return [
        (place, speech("cut_off_of", time=at, carriers=", ".join(carriers)))
        for at, carriers in sorted(names.items())
        if 0 <= (place := int(at[:2]) + int(at[3:]) / 60 - hours[0]) <= len(hours)
    ]


def _late(found: FulfilmentPlan, speech: Speech) -> figures.Figure | None:
    """Return parcels that miss their day, for the days on which any do on a tenth of the paths."""
    days = [[house.days[at] for house in found.houses] for at in range(found.days)]
    late = [(row[0].day, sum(one.late.mean for one in row)) for row in days if any(one.late.p90 >= 1 for one in row)]
    if not late:
        return None
    worst = sorted(sorted(late, key=lambda item: (-item[1], item[0]))[: 2 * _SHOWN_DAYS])
    return figures.bars(
        [speech.day(day) for day, _ in worst],
        [round(parcels, 1) for _, parcels in worst],
        title=speech("late_by_day", count=len(late)),
        unit=speech("late_unit"),
    )
