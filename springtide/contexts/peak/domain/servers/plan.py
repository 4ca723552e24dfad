"""The server plan on the paths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.totals import PathTotals, quantile_of
from springtide.contexts.peak.domain.servers.early import at_p90, early_of, floor_by_hour
from springtide.contexts.peak.domain.servers.need import busiest, hourly, processes_for, target_of, with_a_zone_gone
from springtide.contexts.peak.domain.servers.replays import replays_of
from springtide.contexts.peak.domain.servers.shared import PLANNED, shared_of
from springtide.contracts.peak.common import Band, Deadline, Decision, Department, Phrase
from springtide.contracts.peak.company import Company, Hosting, Service
from springtide.contracts.peak.servers import Advice, ServerPlan, ServicePlan, Shared

_PLANNED_AT = 0.9
_STRESS = 0.99
_SECONDS_PER_HOUR = 3600.0
_BOX_USED = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """The plan, and what its processes cost over the season on each path, (paths,), minor units."""

    plan: ServerPlan
    costs: NDArray[np.float64]


def plan_servers(totals: PathTotals, company: Company, *, proven: bool = True) -> Servers:
    """Return processes, hours, shared parts, costs and what has to be asked for; `proven`: with its replays."""
    hosting = company.hosting
    per_hour = {service.id: rate for service, rate in zip(hosting.services, hourly(totals, hosting), strict=True)}
    services = tuple(_service(service, per_hour[service.id], totals, hosting) for service in hosting.services)
    costs = _cost_by_path(hosting, services, per_hour, totals)
    orders = busiest(totals.orders.astype(np.float64) / _SECONDS_PER_HOUR, totals)
    visits = busiest(totals.visits.astype(np.float64) / _SECONDS_PER_HOUR, totals)
    shared = shared_of(orders, visits, hosting)
    cost = band_of(costs)
    asks = list(_quotas(hosting, services, per_hour, totals)) + list(_limits(hosting, shared, totals))
    connections = sum((plan.most + 1) * int(service.connections.value) for service, plan in _pairs(hosting, services))
    plan = ServerPlan(
        orders_per_s=band_of(orders),
        visits_per_s=band_of(visits),
        services=services,
        shared=shared,
        replays=tuple(replays_of(hosting, services, per_hour, totals)) if proven else (),
        advice=_advice(hosting, orders, totals, cost),
        cost_minor=cost,
        connections=connections,
        decisions=(
            *(decision for decision, _ in asks),
            *_connections(connections, hosting, totals),
            *_too_small(hosting, shared, totals),
        ),
        deadlines=tuple(deadline for _, deadline in asks),
    )
    return Servers(plan=plan, costs=costs)


def _pairs(hosting: Hosting, services: Sequence[ServicePlan]) -> Iterator[tuple[Service, ServicePlan]]:
    return zip(hosting.services, services, strict=True)


def _service(service: Service, per_hour: NDArray[np.float64], totals: PathTotals, hosting: Hosting) -> ServicePlan:
    target, zones = target_of(service), int(hosting.zones.value)
    seconds = busiest(per_hour, totals)
    least = int(service.least.value)
    most = _processes(service, quantile_of(seconds, _STRESS), zones)
    return ServicePlan(
        service=service.id,
        per_second=band_of(seconds),
        target_per_s=target,
        least=least,
        most=max(most, least),
        allowed=int(service.most.value),
        early=early_of(at_p90(per_hour) * totals.peak_minute / target, service, hosting, totals.season),
    )


def _processes(service: Service, per_second: float, zones: int) -> int:
    """Return the processes a rate takes, so many that they are enough with a zone gone."""
    needed = processes_for(
        per_second,
        latency_s=float(service.cpu.value) / 1000.0,
        at_once=float(service.cores.value),
        used=float(service.used.value) / 100.0,
    )
    return with_a_zone_gone(needed, zones)


def _cost_by_path(
    hosting: Hosting,
    services: Sequence[ServicePlan],
    per_hour: dict[str, NDArray[np.float64]],
    totals: PathTotals,
) -> NDArray[np.float64]:
    costs = [_cost(service, plan, per_hour[service.id], totals) for service, plan in _pairs(hosting, services)]
    summed: NDArray[np.float64] = np.sum(costs, axis=0, dtype=np.float64)
    return summed


def _cost(
    service: Service, plan: ServicePlan, per_hour: NDArray[np.float64], totals: PathTotals
) -> NDArray[np.float64]:
    """Return what its processes cost over the season on each path, (paths,), minor units."""
    floor = floor_by_hour(plan.early, plan.least, totals.season)
    running = per_hour / plan.target_per_s
    np.ceil(running, out=running)
    np.clip(running, floor, np.maximum(floor, plan.most), out=running)
    hours: NDArray[np.float64] = running.sum(axis=(1, 2))
    return hours * float(service.price.value)


def _advice(hosting: Hosting, orders: NDArray[np.float64], totals: PathTotals, cost: Band) -> Advice:
    cores = quantile_of(orders, _PLANNED_AT) * float(hosting.one_box_cpu.value) / 1000.0 / _BOX_USED
    hours = totals.season.days * 24
    fitting = sorted((box for box in hosting.boxes if box.cores.value >= cores), key=lambda box: box.price.value)
    if not fitting:
        return Advice(box="", box_minor=0, cluster_minor=round(cost.mean), choice="horizontal")
    box_minor = round(float(fitting[0].price.value) * hours)
    choice = "vertical" if box_minor <= cost.mean else "horizontal"
    return Advice(box=fitting[0].id, box_minor=box_minor, cluster_minor=round(cost.mean), choice=choice)


def _quotas(
    hosting: Hosting,
    services: Sequence[ServicePlan],
    per_hour: dict[str, NDArray[np.float64]],
    totals: PathTotals,
) -> Iterator[tuple[Decision, Deadline]]:
    """Yield one for each service that needs more processes than today's manifests allow."""
    lead = int(hosting.node_lead.value)
    for service, plan in _pairs(hosting, services):
        if plan.most > plan.allowed:
            daily = per_hour[plan.service].max(axis=2) * totals.peak_minute
            over = [
                day
                for day in range(totals.season.days)
                if _processes(service, quantile_of(daily[:, day], _STRESS), int(hosting.zones.value)) > plan.allowed
            ]
            needed_on = totals.season.first + timedelta(days=over[0] if over else 0)
            deadline = Deadline(
                kind="cloud",
                name=plan.service,
                last_day=needed_on - timedelta(days=lead),
                needed_on=needed_on,
                lead_days=lead,
            )
            yield (
                Decision(
                    what=Phrase(key="servers.allow", values={"service": plan.service, "processes": plan.most}),
                    department=Department.IT,
                    by=deadline.last_day,
                    cost_minor=0,
                    otherwise=Phrase(
                        key="servers.not_allowed", values={"service": plan.service, "processes": plan.allowed}
                    ),
                    urgent=True,
                ),
                deadline,
            )


def _limits(hosting: Hosting, shared: Sequence[Shared], totals: PathTotals) -> Iterator[tuple[Decision, Deadline]]:
    """Yield one for each interface of somebody else that P90 uses beyond what is planned of a limit."""
    terms = {party.id: party for party in hosting.third_parties}
    for part in shared:
        if part.name in terms and part.used > PLANNED:
            lead = int(terms[part.name].limit_lead.value)
            first = totals.season.first
            deadline = Deadline(
                kind="partner", name=part.name, last_day=first - timedelta(days=lead), needed_on=first, lead_days=lead
            )
            wanted = int(np.ceil(part.need.p90 / PLANNED))
            yield (
                Decision(
                    what=Phrase(key="servers.ask_limit", values={"partner": part.name, "limit": wanted}),
                    department=Department.IT,
                    by=deadline.last_day,
                    cost_minor=0,
                    otherwise=Phrase(key="servers.limit_too_small", values={"partner": part.name, "limit": part.limit}),
                    urgent=part.used > 1,
                ),
                deadline,
            )


def _connections(connections: int, hosting: Hosting, totals: PathTotals) -> Iterator[Decision]:
    allowed = int(hosting.database_connections.value)
    if connections > allowed:
        yield Decision(
            what=Phrase(key="servers.pooler", values={"connections": connections, "allowed": allowed}),
            department=Department.IT,
            by=totals.season.first - timedelta(days=int(hosting.node_lead.value)),
            cost_minor=0,
            otherwise=Phrase(key="servers.no_connections", values={"allowed": allowed}),
            urgent=True,
        )


def _too_small(hosting: Hosting, shared: Sequence[Shared], totals: PathTotals) -> Iterator[Decision]:
    parties = {party.id for party in hosting.third_parties}
    for part in shared:
        if part.name not in parties and part.used > 1:
            yield Decision(
                what=Phrase(key="servers.grow", values={"part": part.name, "factor": round(part.used, 1)}),
                department=Department.IT,
                by=totals.season.first - timedelta(days=int(hosting.node_lead.value)),
                cost_minor=0,
                otherwise=Phrase(key="servers.full", values={"part": part.name, "limit": round(part.limit, 1)}),
                urgent=True,
            )
