"""What three ways of scaling would have done on the busiest days of the named paths."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.servers.replay import Rule, fine_grained, floors_in_steps
from springtide.contexts.peak.domain.servers.replay import replay as replayed
from springtide.contracts.peak.company import Hosting, Service
from springtide.contracts.peak.servers import Early, Replay, ServicePlan

_PATHS = {"P90": 0.9, "P99": 0.99}
AS_NEEDED, EARLY, ALL = "as-needed", "early", "all"


def replays_of(
    hosting: Hosting,
    services: Sequence[ServicePlan],
    per_hour: Mapping[str, NDArray[np.float64]],
    totals: PathTotals,
) -> Iterator[Replay]:
    """Yield for each service, path and policy: without pre-scaling, with it, and with everything on all day."""
    for service, plan in zip(hosting.services, services, strict=True):
        for name, share in _PATHS.items():
            hours = per_hour[service.id][totals.path_at(share)]
            day = int(hours.sum(axis=1).argmax())
            asked = fine_grained(hours[day], peak_minute=totals.peak_minute)
            for policy, rule in _rules(service, plan, hosting, day, totals.season):
                found = replayed(asked, rule)
                yield Replay(
                    service=service.id,
                    path=name,
                    policy=policy,
                    unmet=found.unmet / found.asked if found.asked else 0.0,
                    process_hours=found.process_hours,
                    highest=int(found.counts.max()),
                )


def _rules(
    service: Service, plan: ServicePlan, hosting: Hosting, day: int, season: Season
) -> Iterator[tuple[str, Rule]]:
    used = float(service.used.value) / 100.0
    as_needed = Rule(
        target=plan.target_per_s,
        carries=plan.target_per_s / used,
        least=plan.least,
        most=plan.most,
        ready_after_s=float(service.ready_after.value),
        node_after_s=float(hosting.node_after.value),
        per_node=int(hosting.processes_per_node.value),
    )
    yield AS_NEEDED, as_needed
    yield EARLY, replace(as_needed, floors=floors_in_steps(list(_hours(plan.early, season, day))))
    yield ALL, replace(as_needed, least=plan.most)


def _hours(early: Sequence[Early], season: Season, day: int) -> Iterator[tuple[float, float, int]]:
    """Yield the parts of the windows that lie in a day: hours of the day and processes."""
    midnight = datetime.combine(season.first, time.min) + timedelta(days=day)
    for window in early:
        start = (window.start - midnight).total_seconds() / 3600.0
        end = (window.end - midnight).total_seconds() / 3600.0
        if end > 0 and start < 24:  # noqa: PLR2004 - hours of a day
            yield max(0.0, start), min(24.0, end), window.processes
