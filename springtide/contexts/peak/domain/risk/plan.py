"""The list of risks, worst first, with what it may cost on the paths and what to do about it."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import numpy as np

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.partners.register import Register
from springtide.contexts.peak.domain.partners.review import DRILL_COUNTS_DAYS
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.risk.outages import Loss, losses
from springtide.contexts.peak.domain.risk.priority import priority_of
from springtide.contracts.peak.common import Decision, Phrase
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.risk import RISKS_DOCUMENT, CauseLoss, Priority, RankedRisk, Risk, RiskPlan

_FREEZE_DAYS = 14
"""Two weeks ahead nothing is changed any more."""


def plan_risks(
    totals: PathTotals, risks: Iterable[Risk], register: Register, *, today: date, peak: date, seed: int
) -> RiskPlan:
    """Return the plan; raises InvalidPeakInput for partners that are not in the register and drills that lie ahead."""
    listed = list(risks)
    _check(listed, register, today)
    found = losses(totals, {risk.id: risk.outage for risk in listed if risk.outage is not None}, seed=seed)
    ranked = sorted(
        (_ranked(risk, found.get(risk.id), register, today) for risk in listed),
        key=lambda one: (-one.risk.severity, -one.risk.likelihood, -one.risk.detection, one.risk.id),
    )
    every = list(found.values())
    decisions = [_decision(one, today, peak) for one in ranked if one.priority is Priority.HIGH]
    return RiskPlan(
        risks=tuple(ranked),
        lost_orders=band_of(np.sum([loss.orders for loss in every], axis=0) if every else np.zeros(totals.paths)),
        lost_minor=band_of(np.sum([loss.minor for loss in every], axis=0) if every else np.zeros(totals.paths)),
        decisions=tuple(sorted(decisions, key=lambda decision: not decision.urgent)),
        causes=_causes(listed, found),
    )


def _causes(risks: list[Risk], found: Mapping[str, Loss]) -> tuple[CauseLoss, ...]:
    """Put outages together by cause; paths are added up, ranks never."""
    together: dict[str, list[str]] = {}
    for risk in risks:
        if risk.outage is not None:
            together.setdefault(risk.outage.cause or risk.name, []).append(risk.id)
    causes = [
        CauseLoss(
            cause=cause,
            risks=tuple(ids),
            chance=float((np.sum([found[id_].starts for id_ in ids], axis=0) > 0).mean()),
            lost_orders=band_of(np.sum([found[id_].orders for id_ in ids], axis=0)),
            lost_minor=band_of(np.sum([found[id_].minor for id_ in ids], axis=0)),
        )
        for cause, ids in together.items()
    ]
    return tuple(sorted(causes, key=lambda one: (-one.lost_minor.mean, one.cause)))


def _check(risks: list[Risk], register: Register, today: date) -> None:
    mistakes = [
        Mistake(where=RISKS_DOCUMENT, rule="unknown_partner", message=f"{risk.id}: {risk.partner} is no partner")
        for risk in risks
        if risk.partner and risk.partner not in register
    ]
    mistakes += [
        Mistake(where=RISKS_DOCUMENT, rule="drill", message=f"{risk.id}: the last drill lies ahead")
        for risk in risks
        if risk.last_drill is not None and risk.last_drill > today
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)


def _ranked(risk: Risk, loss: Loss | None, register: Register, today: date) -> RankedRisk:
    row = priority_of(risk.severity, risk.likelihood, risk.detection)
    drills = [day for day in (risk.last_drill, register[risk.partner].last_drill if risk.partner else None) if day]
    last_drill = max(drills, default=None)
    return RankedRisk(
        risk=risk,
        priority=row.priority,
        why=Phrase(key=row.reason),
        chance=None if loss is None else float((loss.starts > 0).mean()),
        lost_orders=None if loss is None else band_of(loss.orders),
        lost_minor=None if loss is None else band_of(loss.minor),
        last_drill=last_drill,
        drill_stale=last_drill is None or (today - last_drill).days > DRILL_COUNTS_DAYS,
    )


def _decision(ranked: RankedRisk, today: date, peak: date) -> Decision:
    risk, by = ranked.risk, peak - timedelta(days=_FREEZE_DAYS)
    return Decision(
        what=Phrase(key="risk.act", values={"action": risk.action, "risk": risk.name}),
        department=risk.department,
        by=by,
        cost_minor=round(risk.action_cost.value) if risk.action_cost is not None else 0,
        otherwise=_otherwise(ranked),
        urgent=by <= today,
    )


def _otherwise(ranked: RankedRisk) -> Phrase:
    if ranked.chance is None or ranked.lost_orders is None or ranked.lost_minor is None:
        return Phrase(key="risk.happens", values={"sees": ranked.risk.sees})
    return Phrase(
        key="risk.costs",
        values={
            "sees": ranked.risk.sees,
            "chance": ranked.chance,
            "orders": round(ranked.lost_orders.p99),
            "sales": round(ranked.lost_minor.mean),
        },
    )
