"""What was agreed for the season: when something fires, what is done then and who is called, all from the plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.partners.register import Register, register_of
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.review.outlook import Outlook
from springtide.contracts.peak.common import Band, Department, Phrase
from springtide.contracts.peak.partners import PartnerKind
from springtide.contracts.peak.plan import Plan, PlanTerms
from springtide.contracts.peak.review import Call, Trigger

_HOURS = 24
RECENT_HOURS = 3
_BOOKED_DAYS = 7
_GATEWAY_SHARE = 0.7  # of a gateway's limit: what the plan fills at most
_OUT_OF_REACH = 10.0  # times the busiest hour of P99: nobody reads a rule that never fires
Values = dict[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the season stands. `hourly`: orders of every path, (paths, hours); `actual`: (hours seen,)."""

    totals: PathTotals
    hourly: NDArray[np.float64]
    actual: NDArray[np.float64]
    outlook: Outlook


def triggers_of(standing: Standing, expected: Band, plan: Plan | None, terms: PlanTerms | None) -> Iterator[Trigger]:
    """Yield every trigger, whether it has fired or not."""
    register = register_of(terms.company, terms.partners, today=terms.as_of) if terms else Register(())
    yield from _of_rate(standing, plan, register)
    yield from _of_season(standing, expected, register)
    if plan is not None:
        yield from _of_gateways(standing, plan, register)
        yield from _of_carriers(standing, plan, register)


def _of_rate(standing: Standing, plan: Plan | None, register: Register) -> Iterator[Trigger]:
    """Yield what the last hours say; the rule names the hours to come, as they have limits of their own."""
    seen, hours = standing.actual.size, standing.hourly.shape[1]
    recent = float(standing.actual[-RECENT_HOURS:].sum())
    full = seen >= RECENT_HOURS
    was = band_of(standing.hourly[:, seen - RECENT_HOURS : seen].sum(axis=1)) if full else None
    begin = min(seen, hours - RECENT_HOURS)
    coming = band_of(standing.hourly[:, begin : begin + RECENT_HOURS].sum(axis=1))
    likely = was.p50 if was else coming.p50
    now: Values = {"orders": round(recent), "likely": round(likely, 1), "hours": RECENT_HOURS}
    most = sum(service.most for service in plan.servers.services) if plan else 0
    at = {"hours": RECENT_HOURS, "processes": most}
    hosting = _calls(register, PartnerKind.HOSTING, PartnerKind.IT)
    for name, department, limit, fired, calls in (
        ("rate_above_p90", Department.IT, coming.p90, was is not None and recent > was.p90, hosting),
        ("rate_above_p99", Department.OWNER, coming.p99, was is not None and recent > was.p99, hosting),
        ("campaign_too_strong", Department.MARKETING, coming.p99, was is not None and recent > was.p99, ()),
        ("rate_below_p10", Department.MARKETING, coming.p10, was is not None and recent < was.p10, hosting),
    ):
        yield _trigger(name, department, fired=fired, now=now, rule={**at, "limit": round(limit)}, calls=calls)


def _of_season(standing: Standing, expected: Band, register: Register) -> Iterator[Trigger]:
    planned = band_of(standing.hourly.sum(axis=1))
    now: Values = {"orders": round(expected.p50), "planned": round(planned.p50)}
    above, below = expected.p50 > planned.p90, expected.p50 < planned.p10
    houses = _calls(register, PartnerKind.WAREHOUSE, PartnerKind.AGENCY)
    for name, department, limit, fired, calls in (
        ("season_above_p90", Department.WAREHOUSE, planned.p90, above, houses),
        ("season_above_p90_support", Department.SUPPORT, planned.p90, above, _calls(register, PartnerKind.CALL_CENTRE)),
        ("season_below_p10", Department.FINANCE, planned.p10, below, ()),
    ):
        yield _trigger(name, department, fired=fired, now=now, rule={"limit": round(limit)}, calls=calls)


def _of_gateways(standing: Standing, plan: Plan, register: Register) -> Iterator[Trigger]:
    """Yield a trigger for each gateway: an hour that fills more of its limit than the plan allows."""
    recent = standing.actual[-RECENT_HOURS:]
    busiest = float(recent.max()) if recent.size else 0.0
    planned = plan.paths.busiest_hour_orders.p90
    for load in plan.gateways.loads:
        if load.used <= 0 or planned <= 0:
            continue
        limit = planned * _GATEWAY_SHARE / load.used
        if limit > _OUT_OF_REACH * plan.paths.busiest_hour_orders.p99:
            continue
        name = register[load.gateway].name if load.gateway in register else load.gateway
        now: Values = {"gateway": name, "orders": round(busiest), "share": busiest / limit * _GATEWAY_SHARE}
        rule: Values = {"gateway": name, "limit": round(limit), "share": _GATEWAY_SHARE}
        calls = _calls_by_id(register, load.gateway)
        yield _trigger(
            "gateway_near_limit",
            Department.FINANCE,
            fired=busiest > limit,
            now=now,
            rule=rule,
            calls=calls,
            of=load.gateway,
        )


def _of_carriers(standing: Standing, plan: Plan, register: Register) -> Iterator[Trigger]:
    """Yield a trigger for each carrier: the first of the coming days on which more is due than was booked."""
    totals, seen = standing.totals, standing.actual.size
    today = totals.season.first + timedelta(days=seen // _HOURS)
    due = _coming_p90(standing)
    for carrier in plan.fulfilment.carriers:
        rows = [one for one in plan.fulfilment.bookings if one.carrier == carrier.carrier and one.day in due]
        over = [(one, one.due.p90 * due[one.day]) for one in rows if one.booked > 0]
        short = next(((one, parcels) for one, parcels in over if parcels > one.booked), None)
        one, parcels = short or next(iter(over), (None, 0.0))
        if one is None:
            continue
        now: Values = {
            "carrier": carrier.name,
            "day": one.day.isoformat(),
            "parcels": round(parcels),
            "booked": one.booked,
            "more": max(0, round(parcels) - one.booked),
        }
        rule: Values = {"carrier": carrier.name, "days": _BOOKED_DAYS, "day": today.isoformat()}
        calls = _calls_by_id(register, carrier.carrier)
        yield _trigger(
            "booking_short",
            Department.WAREHOUSE,
            fired=short is not None,
            now=now,
            rule=rule,
            calls=calls,
            of=carrier.carrier,
        )


def _coming_p90(standing: Standing) -> dict[object, float]:
    """Return, for each of the next days, P90 of its orders as they look now over P90 as they were planned."""
    totals, seen = standing.totals, standing.actual.size
    begin = -(-seen // _HOURS) if seen else 0
    found: dict[object, float] = {}
    for place in range(begin, min(begin + _BOOKED_DAYS, totals.season.days)):
        planned = totals.daily_orders[:, place]
        now = band_of(planned * standing.outlook.factors).p90
        before = band_of(planned).p90
        found[totals.season.dates[place]] = now / before if before else 0.0
    return found


def _trigger(
    name: str,
    department: Department,
    *,
    fired: bool,
    now: Values,
    rule: Values,
    calls: tuple[Call, ...],
    of: str = "",
) -> Trigger:
    return Trigger(
        id=f"{name}.{of}" if of else name,
        fired=bool(fired),
        department=department,
        when=Phrase(key=f"live.when.{name}", values={**rule, **now}),
        action=Phrase(key=f"live.do.{name}", values={**rule, **now}),
        rule=Phrase(key=f"live.rule.{name}", values={**now, **rule}),
        calls=calls,
    )


def _calls(register: Register, *kinds: PartnerKind) -> tuple[Call, ...]:
    return tuple(
        Call(name=partner.name, contact=partner.contact, escalation=partner.escalation)
        for kind in kinds
        for partner in register.of_kind(kind)
        if partner.contact
    )


def _calls_by_id(register: Register, partner: str) -> tuple[Call, ...]:
    if partner not in register or not register[partner].contact:
        return ()
    one = register[partner]
    return (Call(name=one.name, contact=one.contact, escalation=one.escalation),)
