"""The report of a rehearsal, for machines; `page.py` makes it readable."""

import os
import platform
from collections.abc import Sequence
from datetime import datetime

import msgspec

from springtide.rehearsal.load.arrivals import expected, rate_at
from springtide.rehearsal.load.bottleneck import Bottleneck
from springtide.rehearsal.load.buying import COMPLETED, TRIED
from springtide.rehearsal.load.held import held_per_s
from springtide.rehearsal.load.plan import Plan
from springtide.rehearsal.load.scenario import CLASSES, Limit
from springtide.rehearsal.load.tally import Slice, Tally
from springtide.rehearsal.load.verdict import Check, has_passed

_MOST_MOMENTS = 120


class ClassRow(msgspec.Struct, frozen=True, kw_only=True):
    """A class of request: how many, how long (ms, from when they were due), what went wrong by code."""

    name: str
    count: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    errors: dict[str, int]
    asked_again: int
    limit: Limit | None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the run: rates per second, times in ms (None: no answer ended in it)."""

    at_s: float
    planned_per_s: float
    arrived_per_s: float
    orders_per_s: float
    errors_per_s: float
    pages_p95_ms: float | None
    writes_p95_ms: float | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A figure beside that of the run before."""

    name: str
    unit: str
    before: float
    now: float


class Report(msgspec.Struct, kw_only=True):
    """Everything about a run. `held_per_s`: orders a second over the best minute. `processes_first`, `processes_most`:

    web processes at its start and at most, 0 where nobody told. `without`: gateways that were off throughout.
    """

    run: str
    key: str
    title: str
    about: str
    url: str
    started_at: datetime
    seconds: float
    workers: int
    scale: float
    passed: bool
    checks: list[Check]
    bottlenecks: list[Bottleneck]
    classes: list[ClassRow]
    outcomes: dict[str, int]
    moments: list[Moment]
    expected_arrivals: float
    orders_per_s: float
    late_p99_ms: float
    worker_cpu_percent: float
    baskets: str
    machine: str
    held_per_s: float = 0.0
    processes_first: int = 0
    processes_most: int = 0
    without: list[str] = []
    notes: list[str] = []
    before: str = ""
    changes: list[Change] = []

    @property
    def bottleneck(self) -> str:
        """Return the first bottleneck in words."""
        if not self.bottlenecks:
            return "No bottleneck: every pressure stayed below its threshold."
        first = self.bottlenecks[0]
        return f"First bottleneck: {first.name}, {first.process}: {first.evidence}."


def made(
    plan: Plan,
    tally: Tally,
    *,
    checks: list[Check],
    found: list[Bottleneck],
    started_at: datetime,
    scale: float,
    baskets: str,
    notes: Sequence[str],
    processes: tuple[int, int] = (0, 0),
    without: Sequence[str] = (),
) -> Report:
    """Return the report of a run."""
    seconds = plan.scenario.seconds
    completed = tally.outcomes.get(COMPLETED, 0)
    return Report(
        run=plan.run,
        key=plan.key,
        title=plan.scenario.title,
        about=plan.scenario.about,
        url=plan.url,
        started_at=started_at,
        seconds=seconds,
        workers=plan.workers,
        scale=scale,
        passed=has_passed(checks),
        checks=checks,
        bottlenecks=found,
        classes=_classes(plan, tally),
        outcomes=dict(sorted(tally.outcomes.items(), key=lambda pair: (-pair[1], pair[0]))),
        moments=_moments(plan, tally),
        expected_arrivals=round(expected(plan.scenario.phases), 1),
        orders_per_s=round(completed / seconds, 2),
        late_p99_ms=tally.late.ms(0.99) or 0.0,
        worker_cpu_percent=tally.cpu_percent,
        baskets=baskets,
        machine=f"{platform.platform()}, {os.cpu_count()} processors (where the load came from)",
        held_per_s=round(held_per_s(tally.slices, seconds), 3),
        processes_first=processes[0],
        processes_most=processes[1],
        without=list(without),
        notes=list(notes),
    )


def beside(report: Report, before: Report | None) -> Report:
    """Return the report with its changes since the run before, if there was one of the same scenario."""
    if before is None:
        return report
    changes = [
        Change(name=name, unit=unit, before=old, now=new)
        for (name, unit, old), (_, _, new) in zip(_figures(before), _figures(report), strict=True)
    ]
    classes = {row.name: row for row in before.classes}
    for row in report.classes:
        old = classes.get(row.name)
        if old is not None and old.p95_ms is not None and row.p95_ms is not None:
            changes.append(Change(name=f"{row.name}, 95 of 100", unit="ms", before=old.p95_ms, now=row.p95_ms))
    return msgspec.structs.replace(report, before=before.run, changes=changes)


def _figures(report: Report) -> list[tuple[str, str, float]]:
    tried = report.outcomes.get(TRIED, 0)
    completed = report.outcomes.get(COMPLETED, 0)
    requests = sum(row.count for row in report.classes)
    errors = sum(sum(row.errors.values()) for row in report.classes)
    return [
        ("orders a second", "/s", report.orders_per_s),
        ("tries that became orders", "%", round(100 * completed / tried, 2) if tried else 0.0),
        ("requests without a proper answer", "%", round(100 * errors / requests, 3) if requests else 0.0),
    ]


def _classes(plan: Plan, tally: Tally) -> list[ClassRow]:
    return [
        ClassRow(
            name=name,
            count=kind.times.count,
            p50_ms=kind.times.ms(0.5),
            p95_ms=kind.times.ms(0.95),
            p99_ms=kind.times.ms(0.99),
            errors=kind.errors,
            asked_again=kind.asked_again,
            limit=plan.scenario.limit_of(name) if name in CLASSES else None,
        )
        for name in (*CLASSES, "bank")
        if (kind := tally.kinds.get(name)) is not None
    ]


def _moments(plan: Plan, tally: Tally) -> list[Moment]:
    last = max(int(plan.scenario.seconds), max(tally.slices, default=0))
    width = max(1, -(-(last + 1) // _MOST_MOMENTS))
    found = []
    for start in range(0, last + 1, width):
        whole = Slice()
        for second in range(start, start + width):
            part = tally.slices.get(second)
            if part is not None:
                whole.arrived += part.arrived
                whole.completed += part.completed
                whole.errors += part.errors
                whole.pages.merge(part.pages)
                whole.writes.merge(part.writes)
        found.append(
            Moment(
                at_s=start,
                planned_per_s=round(rate_at(plan.scenario.phases, start + width / 2), 3),
                arrived_per_s=whole.arrived / width,
                orders_per_s=whole.completed / width,
                errors_per_s=whole.errors / width,
                pages_p95_ms=whole.pages.ms(0.95),
                writes_p95_ms=whole.writes.ms(0.95),
            )
        )
    return found


def as_text(report: Report) -> str:
    """Return the report for a terminal: classes, what failed or was not done, the bottleneck, the verdict."""
    lines = [f"{'request':<10} {'count':>8} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'errors':>7}"]
    lines += [
        f"{row.name:<10} {row.count:>8,} {row.p50_ms or 0:>8,.0f} {row.p95_ms or 0:>8,.0f} {row.p99_ms or 0:>8,.0f} "
        f"{sum(row.errors.values()):>7,}"
        for row in report.classes
    ]
    lines.append("")
    lines += [
        f"{check.state.upper()}  {check.name}: wanted {check.wanted or 'a look'}, found {check.found}"
        for check in report.checks
        if check.state != "passed"
    ]
    lines += [f"note: {note}" for note in report.notes]
    good = sum(check.state == "passed" for check in report.checks)
    lines += [
        (
            f"{report.outcomes.get(COMPLETED, 0):,} orders, {report.orders_per_s:.1f} a second; "
            f"{good} of {len(report.checks)} checks passed."
        ),
        report.bottleneck,
        "PASSED" if report.passed else "FAILED",
    ]
    return "\n".join([*lines, ""])
