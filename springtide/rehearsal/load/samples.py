"""What the deployment said of itself while it was under load: samples of its metrics, by process and moment."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from springtide.platform.figures import TOLD
from springtide.platform.vitals import Snapshot

MACHINE = "the machine"
_OTHERS = {
    "springtide_http_requests_waiting": ("lane",),
    "springtide_gateway_start_seconds_sum": ("gateway", "outcome"),
    "springtide_db_pool_wait_seconds_total": ("context",),
    "springtide_slow_statements_total": ("context", "statement"),
}
WANTED = {**TOLD, **_OTHERS}
BUSY, WHOLE = "machine_busy_ticks", "machine_ticks"

Key = tuple[str, tuple[str, ...]]


class Sample(msgspec.Struct, frozen=True):
    """The figures of one process at a moment (seconds after the start). `figures` None: it did not answer."""

    at_s: float
    process: str
    figures: dict[Key, float] | None


def of_metrics(at_s: float, process: str, text: str) -> Sample:
    """Read what /metrics answered; ValueError for anything else."""
    figures: dict[Key, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            names = WANTED.get(sample.name)
            if names is not None:
                key = (sample.name, tuple(sample.labels.get(name, "") for name in names))
                figures[key] = figures.get(key, 0.0) + sample.value
    return Sample(at_s, process, figures)


def of_vitals(at_s: float, body: bytes) -> Sample | None:
    """Read the figures of a process's vitals; None for a snapshot without figures, or of another release."""
    try:
        told = msgspec.msgpack.decode(body, type=Snapshot)
    except msgspec.DecodeError:
        return None
    if not told.figures:
        return None
    name = f"{told.process} ({', '.join(told.roles)})"
    return Sample(at_s, name, {(figure.name, figure.labels): figure.value for figure in told.figures})


def of_machine(at_s: float, stat: Path = Path("/proc/stat")) -> Sample | None:
    """Read how busy this machine's processors are; None where Linux's file for it is missing."""
    if not stat.exists():
        return None
    ticks = [int(word) for word in stat.read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return Sample(at_s, MACHINE, {(BUSY, ()): float(sum(ticks) - idle), (WHOLE, ()): float(sum(ticks))})


def by_process(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    """Return the samples of every process in the order of time."""
    found: dict[str, list[Sample]] = {}
    for sample in sorted(samples, key=lambda sample: sample.at_s):
        found.setdefault(sample.process, []).append(sample)
    return found
