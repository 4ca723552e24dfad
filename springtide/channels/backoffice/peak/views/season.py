"""The season: decisions first, then the fan of orders by day."""

import asyncio
from collections.abc import Sequence

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import listed, whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.common import Decision
from springtide.contracts.peak.paths import PathsSummary
from springtide.contracts.peak.plan import PlanDay


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return decisions first, then the fan of orders by day."""
    days, decisions, paths = await asyncio.gather(
        listed(visit, plan.row.id, "days", PlanDay),
        listed(visit, plan.row.id, "decisions", Decision),
        whole(visit, plan.row.id, "paths", PathsSummary),
    )
    return {
        "days": days,
        "decisions": decisions,
        "paths": paths,
        "figure": _fan(days, speech) if days else None,
        "finding": _finding(days, paths, speech),
    }


def _finding(days: Sequence[PlanDay], paths: PathsSummary | None, speech: Speech) -> str:
    if not days or paths is None:
        return speech("no_season")
    busiest = max(days, key=lambda day: day.orders.p50)
    return speech(
        "season_finding",
        day=busiest.day.isoformat(),
        orders=busiest.orders.p50,
        times=busiest.orders.p90 / busiest.orders.p50 if busiest.orders.p50 else 1.0,
    )


def _fan(days: Sequence[PlanDay], speech: Speech) -> figures.Figure:
    return figures.fan(
        [day.day for day in days],
        [day.orders for day in days],
        speech,
        title=speech("fan_title"),
        unit=speech("orders_a_day"),
        marked=[day.is_event for day in days],
    )
