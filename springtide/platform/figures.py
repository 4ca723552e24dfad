"""Figures: metrics of this process that it tells the others, in every fifth snapshot of its vitals.

What watches the shop needs figures of all processes without a Prometheus; `platform.fleet_figures` gathers them.
"""

import time

import msgspec

from springtide.platform.telemetry import REGISTRY, logger

MOST_FIGURES = 2_000

TOLD = {
    "springtide_http_request_seconds_count": ("channel", "method", "status"),
    "springtide_http_requests_turned_away_total": ("lane",),
    "springtide_contract_call_seconds_count": ("context", "method", "outcome"),
    "springtide_contract_call_seconds_sum": ("context", "method", "outcome"),
    "springtide_contract_calls_refused_total": ("context", "method", "why"),
    "springtide_db_pool_errors_total": ("context",),
    "springtide_db_pool_waiting": ("context",),
    "springtide_event_loop_late_seconds": (),
    "process_cpu_seconds_total": (),
    "springtide_lane_waiting": ("lane",),
    "springtide_consumer_pending_events": ("consumer",),
    "springtide_outbox_lag_seconds": ("context",),
    "springtide_open_differences": ("context",),
    "springtide_gateway_start_seconds_count": ("gateway", "outcome"),
    "springtide_disk_free_bytes": ("folder",),
    "springtide_disk_size_bytes": ("folder",),
}
"""What is told, by which labels; the others are summed up."""

log = logger(__name__)


class Figure(msgspec.Struct, frozen=True, array_like=True):
    """A metric's name, its labels in the order of `TOLD`, and its value."""

    name: str
    labels: tuple[str, ...]
    value: float


def own_figures() -> tuple[Figure, ...]:
    """Return what this process tells of itself now, at most `MOST_FIGURES`."""
    sums: dict[tuple[str, tuple[str, ...]], float] = {}
    for family in REGISTRY.restricted_registry(list(TOLD)).collect():
        for sample in family.samples:
            labels = tuple(sample.labels.get(name, "") for name in TOLD[sample.name])
            sums[sample.name, labels] = sums.get((sample.name, labels), 0.0) + sample.value
    sums["process_cpu_seconds_total", ()] = time.process_time()  # prometheus_client does not find it by its name
    if len(sums) > MOST_FIGURES:
        log.warning("figures.too_many", figures=len(sums), told=MOST_FIGURES)
    return tuple(Figure(name, labels, value) for (name, labels), value in list(sums.items())[:MOST_FIGURES])
