"""One base backup: PostgreSQL's own program writes it beside the others; when everything is there it gets its name."""

import asyncio
import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from springtide.platform.backup.copies import copy_missing, require_room, tree_bytes
from springtide.platform.backup.problems import BackupFailed, NoBackup
from springtide.platform.backup.programs import environ_for, run_program
from springtide.platform.backup.shelf import Facts, Shelf, write_facts
from springtide.platform.backup.verify import CHECKSUMS
from springtide.platform.embedded.folders import POSTGRESQL_MAJOR
from springtide.platform.embedded.problems import OtherVersion, of_system

_FIRST_SEGMENT = re.compile(r"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)")
_ID = "%Y%m%dT%H%M%SZ"
_WITHIN_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is backed up: the server of a superuser's URL, the folder of blobs, and small files of the data folder."""

    url: str
    blobs: Path
    files: tuple[Path, ...] = ()
    secrets: Path | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """The server as it says itself."""

    system_identifier: str
    timeline: int
    major: int
    size_bytes: int


async def look_at(url: str) -> Server:
    """Ask the server who it is. `NoBackup` when it does not answer, `OtherVersion` when it is not of our programs."""
    try:
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=_WITHIN_S)
        async with connection:
            cursor = await connection.execute(
                "select system_identifier::text, (pg_control_checkpoint()).timeline_id,"
                " current_setting('server_version_num')::int / 10000,"
                " (select sum(pg_database_size(oid)) from pg_database)::bigint from pg_control_system()"
            )
            row = await cursor.fetchone()
    except psycopg.Error as problem:
        msg = f"the database cannot be asked: {problem}"
        raise NoBackup(msg) from problem
    if row is None or row[2] != POSTGRESQL_MAJOR:
        msg = f"the server is PostgreSQL {row[2] if row else '?'}, our programs are of {POSTGRESQL_MAJOR}"
        raise OtherVersion(msg)
    return Server(*row)


async def take(shelf: Shelf, source: Source, *, say: Callable[[str], None]) -> Facts:
    """Take a base backup and return its facts. Raises EngineProblem; what is not whole is never listed."""
    server = await look_at(source.url)
    shelf.belongs_to(server.system_identifier)
    try:
        with shelf.writing():
            return await _take(shelf, source, server, say)
    except OSError as problem:
        raise of_system(f"the backup in {shelf.root}", problem) from problem


async def _take(shelf: Shelf, source: Source, server: Server, say: Callable[[str], None]) -> Facts:
    started, clock = datetime.now(UTC), time.monotonic()
    draft = shelf.draft(f"{started:{_ID}}")
    require_room(shelf.base, server.size_bytes, what="the backup")
    draft.mkdir(mode=0o700)
    try:
        await run_program(
            "pg_basebackup",
            *("--pgdata", str(draft / "pg"), "--wal-method", "stream", "--checkpoint", "fast"),
            *("--label", "springtide", "--progress", "--verbose", "--no-password", "--manifest-checksums", CHECKSUMS),
            environ=environ_for(source.url),
            say=say,
            what="backup",
        )
        return await asyncio.to_thread(_finish, shelf, source, server, draft, started, clock, say)
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # what did not get its name is worth nothing


def _finish(  # noqa: PLR0917 - all of them parts of one backup
    shelf: Shelf,
    source: Source,
    server: Server,
    draft: Path,
    started: datetime,
    clock: float,
    say: Callable[[str], None],
) -> Facts:
    """Add the shop's files, write the facts, give the backup its name."""
    small = draft / "shop"
    small.mkdir(mode=0o700)
    kept = [file for file in (*source.files, *([source.secrets] if source.secrets else [])) if file.exists()]
    for file in kept:
        shutil.copy2(file, small / file.name)
    copy_missing(source.blobs, shelf.blobs, say=say, what="pictures and files")
    finished = datetime.now(UTC)
    facts = Facts(
        id=f"{finished:{_ID}}",
        started_at=started,
        finished_at=finished,
        took_s=round(time.monotonic() - clock, 2),
        size_bytes=tree_bytes(draft),
        timeline=_timeline(draft / "pg"),
        first_segment=_first_segment(draft / "pg"),
        system_identifier=server.system_identifier,
        postgresql=server.major,
        springtide=version("springtide"),
        has_secrets=source.secrets in kept,
    )
    write_facts(draft, facts)
    draft.rename(shelf.place(facts.id))
    return facts


def _timeline(pg: Path) -> int:
    ranges = json.loads((pg / "backup_manifest").read_bytes())["WAL-Ranges"]
    return int(ranges[-1]["Timeline"])


def _first_segment(pg: Path) -> str:
    found = _FIRST_SEGMENT.search((pg / "backup_label").read_text(encoding="utf-8"))
    if found is None:
        msg = f"{pg}/backup_label does not name its first log file"
        raise BackupFailed(msg)
    return found[1]
