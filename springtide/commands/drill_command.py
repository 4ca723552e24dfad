"""`springtide drill`: break things in a throw-away shop while buyers buy, and compare everything afterwards."""

import argparse
import secrets
import sys
import time
from dataclasses import replace
from pathlib import Path

import msgspec

from springtide.commands import drill_restore
from springtide.commands.drill_stage import staged
from springtide.commands.evidence import THROW_AWAY, file_run, measured, why_not
from springtide.commands.output import aside, fail
from springtide.contracts.peak.evidence import (
    BOUGHT,
    COMPARED,
    DIFFERENCES,
    KILLS,
    LOST,
    SELLING,
    MeasuredRun,
    RunKind,
)
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.foreground import run_foreground
from springtide.platform.telemetry import configure_logging
from springtide.rehearsal.drill.document import as_document
from springtide.rehearsal.drill.faults import FaultNotDone
from springtide.rehearsal.drill.report import DrillReport, as_text, command
from springtide.rehearsal.drill.run import Drill, NotRecovered
from springtide.rehearsal.drill.schedule import Bounds
from springtide.settings import Settings

_SEEDS = 1_000_000


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Run one drill, or one for each of several seeds; print progress aside and the report; exit 1 on differences.

    Nothing of a real shop is touched: each drill has engines, ports, data and a gateway of its own. What it showed is
    evidence of the shop's peak desk.
    """
    configure_logging(level="CRITICAL", json_lines=False)  # that engines are away is no news here
    seed = secrets.randbelow(_SEEDS) if options.seed is None else options.seed
    if options.restore:
        return run_foreground(lambda: restore_and_file(settings, seed, options), say=aside)
    bounds = Bounds(seed=seed, seconds=options.seconds, kills=options.kills, buyers=options.buyers)
    reports: list[DrillReport] = []
    code = run_foreground(lambda: drill_and_file(settings, bounds, options, reports), say=aside)
    return code if len(reports) == options.seeds else 1  # a drill that was stopped has shown nothing


async def restore_and_file(settings: Settings, seed: int, options: argparse.Namespace) -> int:
    """Destroy a throw-away shop's data folder while buyers buy, and bring it back from its backup; file what it showed.

    Returns the exit code: 1 on differences, or where it did not come back.
    """
    bounds = drill_restore.Bounds(
        seconds=options.seconds, buyers=options.buyers, synchronous=options.synchronous, seed=seed
    )
    try:
        report = await drill_restore.drill_restore(bounds, say=lambda line: aside(f"drill: {line}"))
    except NotRecovered as problem:
        await file_run(settings, _restored(options, why=str(problem)), beside=options.evidence)
        return fail(problem)
    sys.stdout.write(report.as_text())
    await file_run(settings, _restored(options, report), beside=options.evidence)
    if options.json:
        write_atomically(Path(options.json), msgspec.json.encode(report).decode() + "\n", mode=0o644)
    return 1 if report.findings else 0


async def drill_and_file(
    settings: Settings, bounds: Bounds, options: argparse.Namespace, reports: list[DrillReport]
) -> int:
    """Drill `options.seeds` times, filing what each showed; `reports` grows by one for each that ended.

    Returns the exit code: 1 on differences, or where the shop did not come back.
    """
    try:
        for number in range(options.seeds):
            bounds = replace(bounds, seed=bounds.seed + min(number, 1))
            aside(f"drill: seed {bounds.seed}, {bounds.kills} kills in {bounds.seconds:.0f} s, {bounds.buyers} buyers")
            reports.append(await drill(bounds, keep_logs=options.keep_logs))
            sys.stdout.write(as_text(reports[-1]))
            sys.stdout.flush()
            await file_run(settings, _drilled(reports[-1], options), beside=options.evidence)
    except (NotRecovered, FaultNotDone) as problem:
        if isinstance(problem, NotRecovered):  # what could not be broken shows nothing
            words = f"springtide drill --seed {bounds.seed}"
            run_of = measured(RunKind.DRILL, ran=words, why=str(problem), target=THROW_AWAY)
            await file_run(settings, run_of, beside=options.evidence)
        return fail(f"seed {bounds.seed}: {problem}")
    finally:
        if reports:
            _write(reports, bounds, options)
    return 1 if any(report.findings for report in reports) else 0


def _drilled(report: DrillReport, options: argparse.Namespace) -> MeasuredRun:
    figures = {KILLS: report.kill_count, BOUGHT: report.succeeded, "recovery_s": round(report.recovery_s, 1)}
    return measured(
        RunKind.DRILL,
        ran=command(report),
        why=why_not(report.findings),
        target=THROW_AWAY,
        report=str(Path(options.json).absolute()) if options.json else "",
        figures={**figures, DIFFERENCES: len(report.findings), COMPARED: sum(report.compared.values())},
    )


def _restored(
    options: argparse.Namespace, report: drill_restore.RestoreReport | None = None, *, why: str = ""
) -> MeasuredRun:
    words = "springtide drill --restore" + (" --synchronous" if options.synchronous else "")
    if report is None:
        return measured(RunKind.RESTORE_DRILL, ran=words, why=why, target=THROW_AWAY)
    return measured(
        RunKind.RESTORE_DRILL,
        ran=words,
        why=why_not(report.findings),
        target=THROW_AWAY,
        report=str(Path(options.json).absolute()) if options.json else "",
        figures={
            SELLING: round(report.selling_s, 2),
            LOST: round(report.lost_s, 3),
            "lost_orders": report.lost_orders,
            "restore_s": round(report.restore_s, 2),
            DIFFERENCES: len(report.findings),
        },
    )


def _write(reports: list[DrillReport], bounds: Bounds, options: argparse.Namespace) -> None:
    if options.json:
        content = reports[0] if options.seeds == 1 else reports
        write_atomically(Path(options.json), msgspec.json.encode(content).decode() + "\n", mode=0o644)
    if options.report:
        write_atomically(Path(options.report), as_document(reports, bounds), mode=0o644)


async def drill(bounds: Bounds, *, keep_logs: str = "") -> DrillReport:
    """Set a throw-away shop up, drill it, take it away. Raises NotRecovered, FaultNotDone, EngineProblem."""
    started = time.monotonic()
    async with staged(keep_logs=keep_logs) as stage:
        aside(f"drill: the shop stands after {time.monotonic() - started:.1f} s")
        report = await Drill(stage, bounds, say=lambda line: aside(f"drill: {line}")).run()
    report.took_s = time.monotonic() - started
    return report
