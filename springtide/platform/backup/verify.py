"""Is a backup whole? Its files against their checksums, the changes it needs, and the log after it without a gap.

The files are compared here, by the manifest that pg_basebackup wrote: the wheel's own pg_verifybackup does not start
(its loader dies; ADR 24). What the log holds is read by PostgreSQL's pg_waldump.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from springtide.platform.backup.problems import BackupFailed, DamagedBackup
from springtide.platform.backup.programs import run_program
from springtide.platform.backup.shelf import Facts, Shelf
from springtide.platform.embedded.launch import bare_environ

CHECKSUMS = "SHA256"
_SEGMENT_BYTES = 16 * 1024 * 1024
_SEGMENTS_PER_FILE = 0x1_0000_0000 // _SEGMENT_BYTES
_SAY_EVERY_S = 5.0
_NOT_IN_MANIFEST = frozenset({"backup_manifest", "pg_wal"})
_LAST_LINE = b'"Manifest-Checksum"'


@dataclass(frozen=True, slots=True)
class Chain:
    """The changes received after a backup: how many log files, and when the newest was last written to."""

    segments: int
    reaches: datetime | None


class _File(msgspec.Struct, frozen=True, rename="pascal"):
    """A file as the manifest names it; what is not plain text comes as hex."""

    size: int
    checksum: str = ""
    checksum_algorithm: str = msgspec.field(name="Checksum-Algorithm", default="")
    path: str = ""
    encoded_path: str = msgspec.field(name="Encoded-Path", default="")

    @property
    def name(self) -> str:
        return self.path or bytes.fromhex(self.encoded_path).decode("utf-8", errors="surrogateescape")


class _Range(msgspec.Struct, frozen=True, rename="pascal"):
    timeline: int
    start: str = msgspec.field(name="Start-LSN")
    end: str = msgspec.field(name="End-LSN")


class _Manifest(msgspec.Struct, frozen=True):
    files: tuple[_File, ...] = msgspec.field(name="Files")
    ranges: tuple[_Range, ...] = msgspec.field(name="WAL-Ranges")
    checksum: str = msgspec.field(name="Manifest-Checksum")


async def verify(shelf: Shelf, facts: Facts, *, say: Callable[[str], None]) -> Chain:
    """Check every file of a base backup and the log after it; return how far that goes. `DamagedBackup`."""
    pg = shelf.place(facts.id) / "pg"
    try:
        manifest = await asyncio.to_thread(_check_files, pg, say)
        for part in manifest.ranges:
            where = ("--path", str(pg / "pg_wal"), "--timeline", str(part.timeline))
            span = ("--start", part.start, "--end", part.end)
            await run_program("pg_waldump", "--quiet", *where, *span, environ=bare_environ(), say=say, what="changes")
    except (BackupFailed, OSError, msgspec.DecodeError) as problem:
        msg = f"the backup {facts.id} is not whole: {problem}"
        raise DamagedBackup(msg) from problem
    return chain(shelf, facts)


def _check_files(pg: Path, say: Callable[[str], None]) -> _Manifest:
    raw = (pg / "backup_manifest").read_bytes()
    manifest = msgspec.json.decode(raw, type=_Manifest)
    if hashlib.sha256(raw[: raw.rindex(_LAST_LINE)]).hexdigest() != manifest.checksum:
        msg = "its manifest was changed"
        raise BackupFailed(msg)
    total, done, said_at = sum(file.size for file in manifest.files), 0, time.monotonic()
    for file in manifest.files:
        if file.name not in _NOT_IN_MANIFEST:
            _check_file(pg / file.name, file)
        done += file.size
        if time.monotonic() - said_at > _SAY_EVERY_S:
            said_at = time.monotonic()
            say(f"verifying: {100 * done // max(total, 1)} %")
    _check_nothing_more(pg, {file.name for file in manifest.files})
    return manifest


def _check_file(path: Path, file: _File) -> None:
    if path.stat().st_size != file.size:
        msg = f"{path} has {path.stat().st_size} bytes instead of {file.size}"
        raise BackupFailed(msg)
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if file.checksum_algorithm != CHECKSUMS or found != file.checksum:
        msg = f"{path} differs from its checksum"
        raise BackupFailed(msg)


def _check_nothing_more(pg: Path, known: set[str]) -> None:
    for path in pg.rglob("*"):
        name = str(path.relative_to(pg))
        if path.is_file() and name.partition("/")[0] not in _NOT_IN_MANIFEST and name not in known:
            msg = f"{path} is not in the manifest"
            raise BackupFailed(msg)


def chain(shelf: Shelf, facts: Facts) -> Chain:
    """Look whether the log after a backup has no gap. `DamagedBackup`; a log that begins later is one too."""
    files = shelf.segments(facts)
    if not files:
        return Chain(0, None)
    numbers = [_number(file) for file in files]
    for before, after, file in zip(numbers, numbers[1:], files[1:], strict=False):
        if after != before + 1:
            msg = f"the log of changes after {facts.id} has a gap before {file.name}"
            raise DamagedBackup(msg)
    torn = next((file for file in files if not _is_whole(file)), None)
    if torn is not None:
        msg = f"{torn} of the log of changes is not {_SEGMENT_BYTES} bytes long"
        raise DamagedBackup(msg)
    return Chain(len(files), datetime.fromtimestamp(files[-1].stat().st_mtime, UTC))


def _is_whole(file: Path) -> bool:
    return file.suffix == ".partial" or file.stat().st_size == _SEGMENT_BYTES


def _number(file: Path) -> int:
    """Return a log file's place in the order of all: its name is timeline, high and low part, in hex."""
    name = file.name.removesuffix(".partial")
    return int(name[8:16], 16) * _SEGMENTS_PER_FILE + int(name[16:24], 16)
