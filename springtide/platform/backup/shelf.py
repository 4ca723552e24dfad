"""The backup folder: base backups, the log of changes since the oldest of them, the shop's files.

    <backup folder>/  0700
      backups.json         which format, which database (its system identifier)
      base/<id>/pg/        a base backup as pg_basebackup wrote it, with its manifest
      base/<id>/shop/      secrets and marks of the data folder
      base/<id>/facts.json written last
      wal/                 the log of changes as pg_receivewal wrote it; the newest segment ends in .partial
      blobs/               the shop's files, named by their content: one copy for all backups
      logs/  run/          of pg_receivewal
    lock                 held while a base backup is written

An id is the moment the backup was finished, in UTC: ids sort by time. What a backup holds is as private as the data
folder: every person, every order, and the secrets unless they were left out.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from springtide.platform.backup.problems import BackupFailed, NoBackup, WrongFolder
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.problems import of_system

FORMAT = 1
_ROOMS = ("base", "wal", "blobs", "logs", "run")
_OTHERS = ("lock",)
_DRAFT = ".part"
_KEPT_ALWAYS = 2
_TIMELINE, _SEGMENT = slice(0, 8), slice(8, 24)
_NAME_LENGTH = 24


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a base backup. `first_segment`: the oldest log file it needs. Sizes in bytes."""

    id: str
    started_at: datetime
    finished_at: datetime
    took_s: float
    size_bytes: int
    timeline: int
    first_segment: str
    system_identifier: str
    postgresql: int
    springtide: str
    has_secrets: bool


class _Marker(msgspec.Struct, frozen=True):
    """What tells a backup folder from any other."""

    format: int
    system_identifier: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """An opened backup folder."""

    root: Path

    @property
    def base(self) -> Path:
        """One folder per base backup."""
        return self.root / "base"

    @property
    def wal(self) -> Path:
        """The log of changes."""
        return self.root / "wal"

    @property
    def blobs(self) -> Path:
        """The shop's files, by content."""
        return self.root / "blobs"

    @property
    def logs(self) -> Path:
        """Logs of the programs that write here."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What is known about running programs."""
        return self.root / "run"

    @property
    def _marker_file(self) -> Path:
        return self.root / "backups.json"

    def draft(self, backup_id: str) -> Path:
        """Return where a backup is written before it is whole."""
        return self.base / (backup_id + _DRAFT)

    def place(self, backup_id: str) -> Path:
        """Return where a whole backup lies."""
        return self.base / backup_id

    def backups(self) -> list[Facts]:
        """Return the whole backups, the oldest first."""
        files = sorted(self.base.glob("*/facts.json"))
        return [_read_facts(file) for file in files if not file.parent.name.endswith(_DRAFT)]

    def chosen(self, backup_id: str, until: datetime | None) -> Facts:
        """Return the backup to restore: the one named, else the newest that was finished by `until`. `NoBackup`."""
        found = self.backups()
        if not found:
            msg = f"there is no backup in {self.root}"
            raise NoBackup(msg)
        if backup_id:
            found = [facts for facts in found if facts.id == backup_id]
            if not found:
                msg = f"there is no backup {backup_id} in {self.root}: `springtide backup list` names them"
                raise NoBackup(msg)
        usable = [facts for facts in found if until is None or facts.finished_at <= until]
        if not usable:
            msg = f"the oldest backup is of {found[0].finished_at:%Y-%m-%d %H:%M:%S} UTC: choose a later moment"
            raise NoBackup(msg)
        return usable[-1]

    def segments(self, facts: Facts) -> list[Path]:
        """Return the log files a backup can go on with, in order: its own timeline, from its first segment on.

        A segment that is there whole and as `.partial` is given whole.
        """
        by_name: dict[str, Path] = {}
        for file in sorted(
            self.wal.iterdir(), reverse=True
        ):  # "….partial" comes before the whole one, which replaces it
            name = file.name.removesuffix(".partial")
            if len(name) == _NAME_LENGTH and f"{facts.timeline:08X}" == name[_TIMELINE] and name >= facts.first_segment:
                by_name[name] = file
        return [by_name[name] for name in sorted(by_name)]

    def belongs_to(self, system_identifier: str) -> None:
        """Refuse to put backups of two databases in one folder; the first one to come is its owner. `WrongFolder`."""
        if not self._marker_file.exists():
            marker = _Marker(FORMAT, system_identifier)
            write_atomically(self._marker_file, msgspec.json.encode(marker).decode() + "\n", mode=0o600)
            return
        marker = _read_marker(self._marker_file)
        if marker.system_identifier and marker.system_identifier != system_identifier:
            msg = (
                f"{self.root} has backups of another database (system identifier {marker.system_identifier}, this one "
                f"is {system_identifier}): choose a folder of its own"
            )
            raise WrongFolder(msg)

    def prune(self, *, keep: timedelta, now: datetime | None = None) -> list[Facts]:
        """Delete base backups older than `keep`, the two newest never; return what went, the oldest first."""
        backups, limit = self.backups(), (now or datetime.now(UTC)) - keep
        old = [facts for facts in backups[:-_KEPT_ALWAYS] if facts.finished_at < limit]
        for facts in old:
            leaving = self.draft(facts.id)
            self.place(facts.id).rename(leaving)  # no longer listed, however long deleting takes
            shutil.rmtree(leaving)
        return old

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let one backup at a time be written here, after deleting what broken ones have left. `BackupFailed`."""
        with (self.root / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                msg = f"another backup is being written into {self.root}: try again when it is done"
                raise BackupFailed(msg) from problem
            for draft in self.base.glob(f"*{_DRAFT}"):
                shutil.rmtree(draft, ignore_errors=True)
            yield


def open_shelf(root: Path, *, make: bool) -> Shelf:
    """Open a backup folder; with `make` an empty or missing one becomes one. `WrongFolder`, `NoPermission`."""
    place = root.expanduser().absolute()
    marker = place / "backups.json"
    try:
        if marker.exists():
            _read_marker(marker)
        elif not make:
            msg = f"{place} is not a backup folder of Springtide (no backups.json)"
            raise WrongFolder(msg)
        elif place.exists() and any(entry.name not in (*_ROOMS, *_OTHERS) for entry in place.iterdir()):
            msg = f"{place} is not empty and no backup folder of Springtide: choose an empty folder"
            raise WrongFolder(msg)
        if make:
            _make(place)
    except OSError as problem:
        raise of_system(f"the backup folder {place} cannot be used", problem) from problem
    return Shelf(place)


def _make(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for room in _ROOMS:
        (place / room).mkdir(mode=0o700, exist_ok=True)
    if place.stat().st_uid == os.geteuid():
        place.chmod(0o700)


def _read_marker(file: Path) -> _Marker:
    try:
        marker = msgspec.json.decode(file.read_bytes(), type=_Marker)
    except msgspec.DecodeError as problem:
        msg = f"{file} cannot be read ({problem}): this is no backup folder of Springtide"
        raise WrongFolder(msg) from problem
    if marker.format != FORMAT:
        msg = f"{file.parent} has format {marker.format}, this Springtide writes {FORMAT}: choose another folder"
        raise WrongFolder(msg)
    return marker


def _read_facts(file: Path) -> Facts:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Facts)
    except msgspec.DecodeError as problem:
        msg = f"{file} cannot be read ({problem}): move {file.parent} away"
        raise WrongFolder(msg) from problem


def write_facts(place: Path, facts: Facts) -> None:
    """Write a backup's facts: the last of its files."""
    text = json.dumps(msgspec.to_builtins(facts), indent=2) + "\n"
    write_atomically(place / "facts.json", text, mode=0o600)
