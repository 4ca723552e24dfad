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
from springtide.contracts.peak.plan import ForecastMethods, GateState, PlanDay


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return decisions first, then the fan of orders by day."""
    days, decisions, paths, methods = await asyncio.gather(
        listed(visit, plan.row.id, "days", PlanDay),
        listed(visit, plan.row.id, "decisions", Decision),
        whole(visit, plan.row.id, "paths", PathsSummary),
        whole(visit, plan.row.id, "methods", ForecastMethods),
    )
    return {
        "days": days,
        "decisions": decisions,
        "paths": paths,
        "figure": _fan(days, paths, speech) if days else None,
        "last_year": _last_year(days, speech),
        "checked": _checked(methods, speech),
        "finding": speech("plan_failed") if plan.mistakes else _finding(days, paths, speech),
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


def _checked(methods: ForecastMethods | None, speech: Speech) -> list[str]:
    """Say, for each measure, how far the paths spread and how far forecasts of the past were off."""
    accuracy = methods.accuracy if methods else None
    known = [one for one in accuracy.checks if one.empirical is not None] if accuracy else []
    if methods is None or not known:
        return [speech("no_accuracy")]
    stale = [speech("accuracy_stale")] if methods.state is GateState.STALE else []
    return stale + [
        speech(
            "spread_checked",
            measure=speech({"revenue": "revenue", "orders": "orders"}.get(one.measure, "units")),
            drawn=one.drawn,
            empirical=one.empirical or 0.0,
            origins=one.origins,
            independent=one.independent,
            below=one.within_p90,
        )
        for one in known
    ]


def _last_year(days: Sequence[PlanDay], speech: Speech) -> str:
    """Say how the season compares with the same days of last year; nothing where too few of them are known."""
    known = [day for day in days if day.last_year_orders is not None]
    if len(known) < len(days) / 2:
        return ""
    before = sum(day.last_year_orders or 0.0 for day in known)
    expected = sum(day.orders.mean for day in known)
    if not before:
        return ""
    change = expected / before - 1
    key = "last_year_more" if change >= 0 else "last_year_fewer"
    return speech(key, days=len(known), before=before, share=abs(change))


def _spans(days: Sequence[PlanDay], paths: PathsSummary | None, speech: Speech) -> list[figures.Span]:
    """Return the overrides that count, from and to where they change this season."""
    first, last = days[0].day, days[-1].day
    return [
        figures.Span(
            max(one.first or first, first),
            min(one.last or last, last),
            f"{speech.number(one.multiplier)} \u00d7 {one.key or speech('whole_shop')}: {one.reason}",
        )
        for one in (paths.applied if paths else ())
        if (one.first or first) <= last and (one.last or last) >= first
    ]


def _fan(days: Sequence[PlanDay], paths: PathsSummary | None, speech: Speech) -> figures.Figure:
    return figures.fan(
        [day.day for day in days],
        [day.orders for day in days],
        speech,
        title=speech("fan_title"),
        unit=speech("orders_a_day"),
        marked=[day.is_event for day in days],
        before=[day.last_year_orders for day in days],
        spans=_spans(days, paths, speech),
    )
