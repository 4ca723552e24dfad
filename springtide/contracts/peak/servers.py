"""The servers of a plan: requests, processes, the hours to be there early, and what it costs."""

from datetime import datetime

import msgspec

from springtide.contracts.peak.common import Band, Deadline, Decision


class Early(msgspec.Struct, frozen=True, kw_only=True):
    """Hours in which at least `processes` run because the clock says so; local times of the season's time zone."""

    start: datetime
    end: datetime
    processes: int


class ServicePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One service. `per_second`: requests in the busiest second; `target_per_s`: what a process is scaled to.

    `least`: runs always; `most`: the autoscaler's bound, enough for P99 with a zone gone. `early`: pre-scaling.
    `allowed`: the bound of today's manifests; `most` above it has to be allowed first.
    """

    service: str
    per_second: Band
    target_per_s: float
    least: int
    most: int
    allowed: int
    early: tuple[Early, ...]


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What a way of scaling did on one path's busiest day. `policy`: as-needed, early or all.

    `unmet`: requests that found no process (share of all). `process_hours`: paid for. `highest`: processes at once.
    """

    service: str
    path: str
    policy: str
    unmet: float
    process_hours: float
    highest: int


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """A part that does not grow by processes: database, bus, an interface of somebody else. Figures are in `unit`."""

    name: str
    unit: str
    need: Band
    limit: float
    used: float


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """Vertical or horizontal: the smallest machine that carries P90 (empty: none does), against processes of services.

    Costs over the season, minor units.
    """

    box: str
    box_minor: int
    cluster_minor: int
    choice: str


class ServerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All services, the shared parts, the replays, costs (minor units over the season) and what to do."""

    orders_per_s: Band
    visits_per_s: Band
    services: tuple[ServicePlan, ...]
    shared: tuple[Shared, ...]
    replays: tuple[Replay, ...]
    advice: Advice
    cost_minor: Band
    connections: int
    decisions: tuple[Decision, ...]
    deadlines: tuple[Deadline, ...]
