"""Risks: the matrix, severity first; what outages cost on the paths; the measure that buys most; the list."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, PlanInfo
from springtide.contracts.peak.common import Band
from springtide.contracts.peak.paths import PathsSummary
from springtide.contracts.peak.risk import RISKS_DOCUMENT, Priority, RankedRisk, RiskPlan

SEVERITIES = (("sev_ends", 9, 10), ("sev_costly", 7, 8), ("sev_annoying", 4, 6), ("sev_small", 1, 3))
"""Rows of the matrix with their scores: the steps at which the priority's table changes."""
LIKELIHOODS = (("like_never", 1, 1), ("like_rare", 2, 3), ("like_may", 4, 6), ("like_usual", 7, 10))


class Measure(NamedTuple):
    """What is done against an outage: what it costs, and what it saves at most, minor units over the paths."""

    action: str
    cost_minor: int
    saves: Band


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the risks, worst first, with what they cost on the paths."""
    found, paths = await asyncio.gather(
        whole(visit, plan.row.id, "risks", RiskPlan), whole(visit, plan.row.id, "paths", PathsSummary)
    )
    if found is None or not found.risks:
        return {"risks": found, "document": RISKS_DOCUMENT, "may_write": visit.can(WRITE)}
    high = sum(one.priority is Priority.HIGH for one in found.risks)
    return {
        "risks": found,
        "paths": paths.paths if paths else 0,
        "finding": speech("risks_finding", p50=found.lost_minor.p50, p90=found.lost_minor.p90, count=high),
        "best": best_measure(found.risks),
        "columns": [name for name, _, _ in LIKELIHOODS],
        "matrix": matrix(found.risks),
        "names": {one.risk.id: one.risk.name for one in found.risks},
        "figure": _causes(found, speech),
        "tones": {Priority.HIGH: "bad", Priority.MEDIUM: "warn", Priority.LOW: ""},
        "document": RISKS_DOCUMENT,
        "may_write": visit.can(WRITE),
    }


def matrix(risks: Sequence[RankedRisk]) -> list[tuple[str, list[list[RankedRisk]]]]:
    """Return the rows of the matrix, the gravest first, each with its cells by rising likelihood."""
    return [
        (
            row,
            [
                [one for one in risks if low <= one.risk.severity <= high and at <= one.risk.likelihood <= until]
                for _, at, until in LIKELIHOODS
            ],
        )
        for row, low, high in SEVERITIES
    ]


def best_measure(risks: Sequence[RankedRisk]) -> Measure | None:
    """Return the measure that saves most sales on average, less what it costs; none where none saves anything."""
    measures = [
        Measure(one.risk.action, round(one.risk.action_cost.value) if one.risk.action_cost else 0, one.lost_minor)
        for one in risks
        if one.lost_minor is not None
    ]
    best = max(measures, key=lambda one: one.saves.mean - one.cost_minor, default=None)
    return best if best is not None and best.saves.mean > best.cost_minor else None


def _causes(plan: RiskPlan, speech: Speech) -> figures.Figure | None:
    if not plan.causes:
        return None
    return figures.ranges(
        [speech.kept(one.cause) for one in plan.causes],
        [one.lost_minor for one in plan.causes],
        speech,
        title=speech("outages_title", cause=speech.kept(plan.causes[0].cause)),
    )
