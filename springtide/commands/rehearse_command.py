"""`springtide rehearse SCENARIO`: put a running deployment under load, and say whether it held."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from springtide.bootstrap import running
from springtide.commands.engines import with_engines
from springtide.commands.evidence import file_run, measured
from springtide.commands.output import aside, fail, say
from springtide.contracts.peak.evidence import (
    HELD,
    ORDERS,
    PROCESSES_FIRST,
    PROCESSES_MOST,
    MeasuredRun,
    RunKind,
)
from springtide.platform.embedded.engines import engines_of_running_shop
from springtide.platform.embedded.folders import open_data_folder
from springtide.platform.embedded.foreground import run_foreground
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.errors import BadInput, SpringtideError
from springtide.rehearsal.load import scenario
from springtide.rehearsal.load.buying import COMPLETED
from springtide.rehearsal.load.evidence import ERROR, MISSED, Entry, Evidence
from springtide.rehearsal.load.report import Report, as_text, beside
from springtide.rehearsal.load.run import AtHand, Wanted, rehearse
from springtide.rehearsal.load.schedule import Schedule, parse
from springtide.rehearsal.load.swarm import join, require_locust
from springtide.rehearsal.load.verdict import Check, State
from springtide.settings import CONTEXTS, Settings

_STEP_S = 60.0


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Run one rehearsal, or join one as workers, or run one regularly until Ctrl-C; exit 1 when it did not hold."""
    try:
        require_locust()
        if options.worker:
            return run_foreground(lambda: _join(options), say=aside)
        key, _ = scenario.load(options.scenario)
        schedule = parse(options.schedule) if options.schedule else None
        wanted = _wanted(settings, options)
    except SpringtideError as problem:
        return fail(problem.detail)
    evidence = Evidence(Path(options.evidence))
    if schedule is None:
        return run_foreground(lambda: _once(settings, options, wanted, evidence), say=aside)
    return run_foreground(
        lambda: _regularly(settings, options, wanted, evidence, key=key, schedule=schedule), say=aside
    )


def _wanted(settings: Settings, options: argparse.Namespace) -> Wanted:
    if not settings.rehearsal_token:
        msg = "Give the deployment and this command the same SPRINGTIDE_REHEARSAL_TOKEN, of at least 32 characters."
        raise BadInput(msg)
    if options.workers + options.expect < 1 or options.workers < 0 or options.scale <= 0:
        msg = "At least one worker, and a scale above 0."
        raise BadInput(msg)
    if options.expect and not options.master:
        msg = "Workers from elsewhere need to know where: --master ADDRESS:PORT of this machine."
        raise BadInput(msg)
    return Wanted(
        scenario=options.scenario,
        url=options.url or settings.shop_url(),
        token=settings.rehearsal_token,
        workers=options.workers,
        expected=options.expect,
        scale=options.scale,
        seed=options.seed,
        baskets=options.baskets,
        allowed=tuple(options.allow_host),
        metrics=tuple(options.metrics),
        bind=options.master,
        web=options.web,
        cancels=options.cancel,
    )


async def _join(options: argparse.Namespace) -> int:
    failed = await join(options.worker, workers=options.workers, allowed=options.allow_host, say=aside)
    return fail(f"{failed} workers failed") if failed else 0


async def _once(settings: Settings, options: argparse.Namespace, wanted: Wanted, evidence: Evidence) -> int:
    try:
        report = await _made(settings, options, wanted, evidence)
    except SpringtideError as problem:
        return fail(problem.detail)
    return 0 if report.passed else 1


async def _made(settings: Settings, options: argparse.Namespace, wanted: Wanted, evidence: Evidence) -> Report:
    """Run, compare with the run before, file and print."""
    async with _at_hand(settings, wanted_books=not options.no_books) as at_hand:
        report = await rehearse(wanted, at_hand, say=aside)
    report = beside(report, evidence.last(report.key))
    page = evidence.file(report)
    if options.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        sys.stdout.write(as_text(report))
        say(f"Report: {page}")
    sys.stdout.flush()
    await file_run(settings, _as_run(report, options, page), beside=str(page.parent))
    return report


def _as_run(report: Report, options: argparse.Namespace, page: Path) -> MeasuredRun:
    """Return what the run shows: rates held, processes that came, gateways it did without."""
    failed = [
        f"{check.name}: wanted {check.wanted}, found {check.found}" for check in report.checks if _has_failed(check)
    ]
    return measured(
        RunKind.REHEARSAL,
        ran=f"springtide rehearse {options.scenario} --scale {report.scale:g}",
        why="" if report.passed else "; ".join(failed) or report.bottleneck,
        target=report.url,
        report=str(page.absolute()),
        figures={
            HELD: report.held_per_s,
            ORDERS: float(report.outcomes.get(COMPLETED, 0)),
            PROCESSES_FIRST: float(report.processes_first),
            PROCESSES_MOST: float(report.processes_most),
            "scale": report.scale,
            "seconds": report.seconds,
        },
        without=tuple(report.without),
    )


def _has_failed(check: Check) -> bool:
    return check.state is State.FAILED


async def _regularly(
    settings: Settings,
    options: argparse.Namespace,
    wanted: Wanted,
    evidence: Evidence,
    *,
    key: str,
    schedule: Schedule,
) -> int:
    """Run whenever it is due, for ever; what could not be run, and what nobody was there for, is filed too."""
    missed = evidence.missed(key, options.schedule, datetime.now(UTC))
    if missed is not None:
        evidence.note(Entry(key=key, at=missed, state=MISSED, said="Nobody ran the schedule when this was due."))
        aside(f"rehearse: the run of {missed:%Y-%m-%d %H:%M} UTC was missed")
    while True:
        due = schedule.next_after(datetime.now(UTC))
        evidence.expect(key, options.schedule, due)
        aside(f"rehearse: the next run is due {due:%Y-%m-%d %H:%M} UTC; Ctrl-C ends this")
        await _until(due)
        try:
            await _made(settings, options, wanted, evidence)
        except SpringtideError as problem:
            evidence.note(Entry(key=key, at=due, state=ERROR, said=problem.detail))
            fail(problem.detail)
            words = f"springtide rehearse {key} --schedule {options.schedule!r}"
            why = f"could not be made: {problem.detail}"
            await file_run(settings, measured(RunKind.REHEARSAL, ran=words, why=why, target=wanted.url))


async def _until(due: datetime) -> None:
    """Sleep in steps: a machine that was suspended is up in time."""
    while True:
        left_s = (due - datetime.now(UTC)).total_seconds()
        if left_s <= 0:
            return
        await asyncio.sleep(min(left_s, _STEP_S))


@asynccontextmanager
async def _at_hand(settings: Settings, *, wanted_books: bool) -> AsyncIterator[AtHand]:
    """Give the deployment from within, where the settings name its engines or `up` is running in the data folder."""
    complete = _complete(settings) if wanted_books else "left out with --no-books"
    if isinstance(complete, str):
        yield AtHand(why_not=complete)
        return
    async with running(complete, CONTEXTS, background=False, serve=False) as node:
        yield AtHand(ask=node.ask, bus=node.bus)


def _complete(settings: Settings) -> Settings | str:
    """Return settings that lead to the deployment's engines, or why there are none."""
    if settings.database_url:
        return settings
    try:
        folder = open_data_folder(Path(settings.data_dir) if settings.data_dir else None, say=aside)
        engines = engines_of_running_shop(folder)
    except EngineProblem as problem:
        return f"not done: {problem}"
    if engines is None:
        return "not done: no settings of the deployment are at hand (database, NATS, secret key)"
    return with_engines(settings, engines, folder)
