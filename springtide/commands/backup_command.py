"""`springtide backup`: take a base backup, list what is there, verify it, let old ones go, or archive all the time."""

import argparse
import sys
from datetime import timedelta
from pathlib import Path

from springtide.commands.backups import given_source, plan_of, shelf_of, source_of
from springtide.commands.evidence import file_run, measured
from springtide.commands.output import aside, say
from springtide.contracts.peak.evidence import WHOLE, MeasuredRun, RunKind
from springtide.platform.backup.archive import Archive, prune
from springtide.platform.backup.problems import NoBackup
from springtide.platform.backup.shelf import Facts, Shelf
from springtide.platform.backup.take import Source, take
from springtide.platform.backup.verify import Chain, chain, verify
from springtide.platform.embedded.engines import shared_or_running_engines
from springtide.platform.embedded.folders import open_data_folder
from springtide.platform.embedded.foreground import run_foreground
from springtide.platform.embedded.problems import EngineProblem
from springtide.settings import Settings

_MB = 1_000_000


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Do one of: now, list, verify, prune, archive. A problem is one line and exit code 1."""
    work = {"now": _now, "list": _list, "verify": _verify, "prune": _prune, "archive": _archive}[options.what]
    return run_foreground(lambda: work(settings, options), say=aside)


async def _now(settings: Settings, options: argparse.Namespace) -> int:
    shelf = shelf_of(settings, options.dir, make=True)
    try:
        return _tell(await _taken(settings, options, shelf), shelf)
    except EngineProblem as problem:
        why = f"no backup was taken: {problem}"
        run_of = measured(RunKind.BACKUP, ran="springtide backup", why=why, target=str(shelf.root))
        await file_run(settings, run_of, may_call=False)
        raise


async def _taken(settings: Settings, options: argparse.Namespace, shelf: Shelf) -> Facts:
    if settings.database_url:
        return await take(shelf, given_source(settings), say=aside)
    folder = open_data_folder(Path(settings.data_dir) if settings.data_dir else None, say=aside)
    async with shared_or_running_engines(folder, say=aside) as engines:
        source = source_of(engines.database_url, folder, secrets=not options.without_secrets)
        return await take(shelf, source, say=aside)


def _tell(facts: Facts, shelf: Shelf) -> int:
    say(f"{facts.id}  {facts.size_bytes / _MB:.1f} MB in {facts.took_s:.1f} s  {shelf.place(facts.id)}")
    if not any(shelf.wal.iterdir()):
        say("Nothing receives the changes after it: set SPRINGTIDE_BACKUP__DIR, or run `springtide backup archive`.")
    return 0


async def _list(settings: Settings, options: argparse.Namespace) -> int:
    shelf = shelf_of(settings, options.dir, make=False)
    found = shelf.backups()
    if not found:
        say(f"No backup in {shelf.root}.")
    for facts in found:
        secrets = "with secrets" if facts.has_secrets else "without secrets"
        size = f"{facts.size_bytes / _MB:,.1f} MB"
        say(f"{facts.id}  {size:>12}  timeline {facts.timeline}  {secrets}  {_reach(shelf, facts)}")
    return 0


def _reach(shelf: Shelf, facts: Facts) -> str:
    try:
        return _in_words(chain(shelf, facts))
    except EngineProblem as problem:
        return str(problem)


def _in_words(received: Chain) -> str:
    if received.reaches is None:
        return "no changes after it"
    return f"changes in {received.segments} files until {received.reaches:%Y-%m-%d %H:%M:%S} UTC"


async def _verify(settings: Settings, options: argparse.Namespace) -> int:
    shelf = shelf_of(settings, options.dir, make=False)
    looked = 0
    try:
        for facts in [shelf.chosen(options.backup, None)] if options.backup else shelf.backups():
            received = await verify(shelf, facts, say=aside)
            say(f"{facts.id}  whole; {_in_words(received)}")
            looked += 1
        if not looked:
            msg = f"there is no backup in {shelf.root}"
            raise NoBackup(msg)
    except EngineProblem as problem:
        await file_run(settings, _as_run(shelf, looked, why=str(problem)))
        raise
    await file_run(settings, _as_run(shelf, looked))
    return 0


def _as_run(shelf: Shelf, looked: int, *, why: str = "") -> MeasuredRun:
    figures = {WHOLE: float(looked)}
    return measured(RunKind.BACKUP, ran="springtide backup verify", why=why, target=str(shelf.root), figures=figures)


async def _prune(settings: Settings, options: argparse.Namespace) -> int:
    shelf = shelf_of(settings, options.dir, make=False)
    days = settings.backup.keep_days if options.keep_days is None else options.keep_days
    old = await prune(shelf, timedelta(days=days), say=say)
    say(f"{len(old)} deleted, {len(shelf.backups())} kept.")
    return 0


async def _archive(settings: Settings, options: argparse.Namespace) -> int:
    """Archive a given database for as long as we run; `springtide up` does it by itself."""
    if not settings.database_url:
        sys.stderr.write(
            "springtide: `backup archive` needs SPRINGTIDE_DATABASE_URL; `springtide up` archives by itself when"
            " SPRINGTIDE_BACKUP__DIR is set\n"
        )
        return 1
    shelf = shelf_of(settings, options.dir, make=True)
    source: Source = given_source(settings)
    async with Archive(shelf, source, plan_of(settings), say=say) as archive:
        say(f"Changes are received into {shelf.wal}. Ctrl-C stops it.")
        await archive.run()
    return 0
