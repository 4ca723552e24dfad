"""What fills each page of a plan: parts fetched, brought into the order of the page, charts made of them."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import listed, whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, Plan
from springtide.contracts.peak.brief import Brief
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.common import Deadline, Decision, Phrase
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.paths import PathsSummary
from springtide.contracts.peak.plan import PlanDay, StageDone
from springtide.contracts.peak.readiness import Readiness
from springtide.contracts.peak.servers import ServerPlan

View = dict[str, Any]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of a plan says about it; see `contracts.peak.plan.Plan`."""

    company: str
    currency: str
    timezone: str
    as_of: date
    first: date
    last: date
    products: int
    stages: tuple[StageDone, ...]
    missing: tuple[Phrase, ...]


async def season(visit: Visit, plan: Plan, speech: Speech) -> View:
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


async def brief(visit: Visit, plan: Plan, _speech: Speech) -> View:
    """Return a page for each department, all of them or the one asked for."""
    briefs = await listed(visit, plan.row.id, "briefs", Brief)
    wanted = visit.query.get("department", "")
    return {"briefs": [one for one in briefs if wanted in {"", one.department}], "department": wanted, "all": briefs}


async def servers(visit: Visit, plan: Plan, speech: Speech) -> View:
    """Return services, shared parts, the replays, and the advice."""
    found = await whole(visit, plan.row.id, "servers", ServerPlan)
    if found is None:
        return {"servers": None, "figure": None}
    parts = found.shared
    return {
        "servers": found,
        "figure": figures.bars(
            [part.name for part in parts],
            [round(100 * part.used, 1) for part in parts],
            title=speech("shared_title"),
            unit="%",
            marked=[part.used > 1 for part in parts],
        ),
    }


async def gateways(visit: Visit, plan: Plan, speech: Speech) -> View:
    """Return the split, the loads, and what happens without each gateway."""
    found = await whole(visit, plan.row.id, "gateways", GatewayPlan)
    if found is None:
        return {"gateways": None, "figure": None}
    return {
        "gateways": found,
        "figure": figures.bars(
            [load.gateway for load in found.loads],
            [round(100 * load.used, 1) for load in found.loads],
            title=speech("limits_title"),
            unit="%",
            marked=[load.limit_needed_per_s > 0 for load in found.loads],
        ),
    }


async def budget(visit: Visit, plan: Plan, speech: Speech) -> View:
    """Return lines and total, what moves the total, and cash by week."""
    found = await whole(visit, plan.row.id, "budget", BudgetPlan)
    if found is None:
        return {"budget": None, "tornado": None, "cash": None}
    by_swing = sorted(found.lines, key=lambda line: -abs(line.swing_minor))
    return {
        "budget": found,
        "tornado": figures.bars(
            [speech(f"line_{line.line}") for line in by_swing],
            [line.swing_minor / 100 for line in by_swing],
            title=speech("tornado_title"),
            unit=speech.currency,
        ),
        "cash": figures.fan(
            [week.first for week in found.weeks],
            [_in_units(week.balance) for week in found.weeks],
            speech,
            title=speech("cash_title"),
            unit=speech.currency,
        ),
    }


def _in_units(band: Any) -> Any:  # noqa: ANN401 - a band in, the same band in units out
    return msgspec.structs.replace(
        band, **{name: getattr(band, name) / 100 for name in ("mean", "p10", "p50", "p90", "p99")}
    )


async def readiness(visit: Visit, plan: Plan, speech: Speech) -> View:
    """Return the owner's questions, each with its items, and the form that files evidence."""
    found = await whole(visit, plan.row.id, "readiness", Readiness)
    groups = (
        []
        if found is None
        else [
            (question, [item for item in found.items if item.question == question.question])
            for question in found.questions
        ]
    )
    options = [(item.item, speech.named("readiness.item", item.item)) for item in found.items] if found else []
    return {"readiness": found, "groups": groups, "item_options": options, "may_write": visit.can(WRITE)}


async def calendar(visit: Visit, plan: Plan, _speech: Speech) -> View:
    """Return every deadline by its last day."""
    deadlines = await listed(visit, plan.row.id, "deadlines", Deadline)
    return {"deadlines": sorted(deadlines, key=lambda deadline: (deadline.last_day, deadline.kind, deadline.name))}
