"""Money: the lines and their total, what moves it, and cash by week."""

import msgspec

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.common import Band


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return lines and total, what moves the total, and cash by week."""
    found = await whole(visit, plan.row.id, "budget", BudgetPlan)
    if found is None:
        return {"budget": None, "waterfall": None, "tornado": None, "cash": None}
    by_swing = sorted(found.lines, key=lambda line: -abs(line.swing_minor))
    return {
        "budget": found,
        "waterfall": _waterfall(found, speech),
        "tornado": figures.bars(
            [speech(f"line_{line.line}") for line in by_swing],
            [speech.units(line.swing_minor) for line in by_swing],
            title=speech("tornado_title"),
            unit=speech.money_sign,
        ),
        "cash": figures.fan(
            [week.first for week in found.weeks],
            [_in_units(week.balance, speech) for week in found.weeks],
            speech,
            title=speech("cash_title"),
            unit=speech.money_sign,
        ),
    }


def _waterfall(plan: BudgetPlan, speech: Speech) -> figures.Figure:
    """Return the planned lines, which add up to P50 of the total, then the buffer to P80 and the way on to P90."""
    steps = [(speech(f"line_{line.line}"), float(line.planned_minor)) for line in plan.lines if line.planned_minor]
    planned = sum(amount for _, amount in steps)
    steps += [(speech("buffer"), float(plan.buffer_minor)), (speech("up_to_p90"), plan.total.p90 - plan.p80_minor)]
    return figures.waterfall(
        [(name, speech.units(amount)) for name, amount in steps],
        totals={len(plan.lines) - sum(not line.planned_minor for line in plan.lines): "P50"},
        last="P90",
        title=speech("waterfall_title", total=planned, buffer=plan.buffer_minor),
        unit=speech.money_sign,
    )


def _in_units(band: Band, speech: Speech) -> Band:
    """Return amounts in whole units of the plan's currency, for an axis."""
    ranks = ("mean", "p10", "p50", "p90", "p99")
    return msgspec.structs.replace(band, **{name: speech.units(getattr(band, name)) for name in ranks})
