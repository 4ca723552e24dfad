"""`springtide restore`: bring a shop back from a backup and the changes after it, to the last one or to a moment."""

import argparse
import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from springtide.bootstrap import running
from springtide.commands.backups import shelf_of
from springtide.commands.engines import with_engines
from springtide.commands.evidence import file_run, measured
from springtide.commands.output import aside, fail, say
from springtide.contracts.peak.evidence import SELLING, RunKind
from springtide.platform.backup.copies import copy_missing, give_to
from springtide.platform.backup.problems import DamagedBackup, NoBackup, NotEmpty, WrongFolder
from springtide.platform.backup.recovery import NOT_REACHED, aim, forget_aim, prepare
from springtide.platform.backup.server import Recovered, recovered
from springtide.platform.backup.shelf import Facts, Shelf
from springtide.platform.backup.verify import chain, verify
from springtide.platform.embedded.engines import held, running_engines
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.foreground import run_foreground
from springtide.platform.embedded.problems import AlreadyRunning, DamagedFolder, EngineProblem
from springtide.platform.resend import send_again
from springtide.settings import CONTEXTS, Settings

_STATES = ("pg", "nats", "secrets.json")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Restore an embedded shop, or a data directory for a server of your own, or only put the events right."""
    until = None
    if options.until:
        try:
            until = _moment(options.until)
        except ValueError:
            return fail(f"--until {options.until}: a moment like 2026-11-27T20:15:00Z")
    if options.only_events:
        return run_foreground(lambda: _only_events(settings), say=aside)
    if options.into:
        return run_foreground(lambda: _into(settings, options, until), say=aside)
    if settings.database_url:
        return fail(
            "a database that was given is restored on its own server: `springtide restore --into FOLDER`, then see"
            " docs/guides/backup.md"
        )
    return run_foreground(lambda: _embedded(settings, options, until), say=aside)


def _moment(text: str) -> datetime:
    """Return a moment; without a zone it is UTC. ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _chosen(settings: Settings, options: argparse.Namespace, until: datetime | None) -> tuple[Shelf, Facts]:
    """Return what to restore, looked at: its files against their checksums, unless told not to, and its changes."""
    shelf = shelf_of(settings, options.dir, make=False)
    facts = shelf.chosen(options.backup, until)
    received = chain(shelf, facts) if options.no_verify else await verify(shelf, facts, say=aside)
    if until is not None and (received.reaches is None or received.reaches < until):
        reaches = received.reaches or facts.finished_at
        aside(f"The changes end at {reaches:%Y-%m-%d %H:%M:%S} UTC, before the moment asked for")
    return shelf, facts


async def _embedded(settings: Settings, options: argparse.Namespace, until: datetime | None) -> int:
    started = time.monotonic()
    words = "springtide restore" + (f" --until {options.until}" if options.until else "")
    try:
        took_s = await _restored(settings, options, until, started)
    except (NoBackup, NotEmpty, WrongFolder, AlreadyRunning):
        raise  # words of ours stood in the way, no backup has failed
    except EngineProblem as problem:
        await file_run(settings, measured(RunKind.RESTORE, ran=words, why=str(problem), target=settings.shop_url()))
        raise
    figures = {SELLING: round(took_s, 1)}
    await file_run(settings, measured(RunKind.RESTORE, ran=words, why="", target=settings.shop_url(), figures=figures))
    return 0


async def _restored(settings: Settings, options: argparse.Namespace, until: datetime | None, started: float) -> float:
    """Restore; return how many seconds it took since `started`."""
    shelf, facts = await _chosen(settings, options, until)
    folder = open_data_folder(Path(settings.data_dir) if settings.data_dir else None, say=aside)
    async with held(folder, say=aside):
        await asyncio.to_thread(_lay_out, shelf, facts, folder, options, until)
    result, resent = await _recover(settings, folder, until)
    forget_aim(folder.pg)
    say(f"Restored {facts.id} and the changes after it: {_in_words(result)}")
    say(f"Events sent again: {sum(resent.values())}  ({', '.join(f'{n} of {c}' for c, n in resent.items()) or 'none'})")
    took_s = time.monotonic() - started
    say(f"It took {took_s:.1f} s. Next: start the shop, then `springtide check`.")
    return took_s


def _lay_out(
    shelf: Shelf, facts: Facts, folder: DataFolder, options: argparse.Namespace, until: datetime | None
) -> None:
    """Put everything where the engines look for it; what was there is moved aside first, or is a reason to stop."""
    secrets = shelf.place(facts.id) / "shop" / "secrets.json"
    if not secrets.exists() and not folder.secrets_file.exists():
        msg = f"the backup {facts.id} is without secrets: put the shop's own secrets.json into {folder.root} first"
        raise DamagedFolder(msg)
    if folder.pg.exists():
        if not options.replace:
            msg = f"{folder.pg} has data: choose another data folder, or move it aside with --replace"
            raise NotEmpty(msg)
        _move_aside(folder, with_secrets=secrets.exists())
    prepare(shelf, facts, folder.pg, until=until, say=aside)
    give_to(folder.pg, folder.account)
    for file in (shelf.place(facts.id) / "shop").iterdir():
        if not (folder.root / file.name).exists():
            shutil.copy2(file, folder.root / file.name)
    shutil.rmtree(folder.nats, ignore_errors=True)
    shutil.rmtree(folder.app / "readmodel", ignore_errors=True)  # of after the moment: it is made anew
    copied = copy_missing(shelf.blobs, folder.app / "blobs", say=aside, what="pictures and files")
    aside(f"{copied} pictures and files")


def _move_aside(folder: DataFolder, *, with_secrets: bool) -> None:
    aside_place = folder.root / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside_place.mkdir(mode=0o700)
    for name in _STATES[: None if with_secrets else -1]:
        if (folder.root / name).exists():
            (folder.root / name).rename(aside_place / name)
    aside(f"What was there lies in {aside_place}: delete it when you no longer need it")


async def _recover(
    settings: Settings, folder: DataFolder, until: datetime | None
) -> tuple[Recovered, Mapping[str, int]]:
    """Let PostgreSQL replay the changes, then put the events right."""
    log = folder.logs / "postgres.log"
    from_byte = log.stat().st_size if log.exists() else 0
    try:
        return await _replay(settings, folder, log, from_byte)
    except EngineProblem:
        if until is None or NOT_REACHED not in _written_since(log, from_byte):
            raise
    # Every change that was received is older than the moment: all of them count.
    aim(folder.pg, None)
    give_to(folder.pg / "postgresql.auto.conf", folder.account)
    return await _replay(settings, folder, log, log.stat().st_size)


def _written_since(log: Path, from_byte: int) -> str:
    with log.open("rb") as file:
        file.seek(from_byte if from_byte <= log.stat().st_size else 0)
        return file.read().decode(errors="replace")


async def _replay(
    settings: Settings, folder: DataFolder, log: Path, from_byte: int
) -> tuple[Recovered, Mapping[str, int]]:
    def look() -> None:
        if NOT_REACHED in _written_since(log, from_byte):
            raise DamagedBackup(NOT_REACHED)

    async with running_engines(folder, say=aside) as engines:
        result = await recovered(engines.database_url, say=aside, look=look)
        return result, await _put_events_right(with_engines(settings, engines, folder))


async def _put_events_right(settings: Settings) -> Mapping[str, int]:
    """Begin the stream anew and mark what listeners have not taken; see platform.resend."""
    async with running(settings, CONTEXTS, background=False, serve=False) as node:
        await node.bus.begin_anew()
        heard: dict[str, Sequence[str]] = {
            context: [subscription.event.TYPE for subscription in built.subscriptions]
            for context, built in node.built.items()
        }
        return await send_again(node.databases, heard)


async def _only_events(settings: Settings) -> int:
    """Put the events right of a database that was restored on its own server; no process of the shop may run."""
    if not settings.database_url:
        return fail("--only-events is for a database that was given: SPRINGTIDE_DATABASE_URL")
    resent = await _put_events_right(settings)
    say(f"The stream begins anew; events sent again: {sum(resent.values())}.")
    return 0


async def _into(settings: Settings, options: argparse.Namespace, until: datetime | None) -> int:
    """Make a data directory for a server of your own."""
    shelf, facts = await _chosen(settings, options, until)
    target = Path.cwd() / options.into
    await asyncio.to_thread(prepare, shelf, facts, target, until=until, say=aside)
    say(f"{target} recovers when PostgreSQL {facts.postgresql} starts on it. It belongs to who ran this command.")
    say(f"Pictures and files: copy {shelf.blobs} to the folder `blobs` of the shop's data folder.")
    say("Before the shop starts: `springtide restore --only-events`.")
    return 0


def _in_words(result: Recovered) -> str:
    if result.last_change is None:
        return "no change was found after the base backup"
    return f"the last change is of {result.last_change:%Y-%m-%d %H:%M:%S.%f} UTC"
