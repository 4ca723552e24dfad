"""Base backups and every change after them: taken, verified, restored to a moment, refused when they are not whole."""

import asyncio
import os
import shutil
import signal
from collections import namedtuple
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from springtide.platform.backup.archive import Archive, Plan
from springtide.platform.backup.copies import give_to
from springtide.platform.backup.problems import DamagedBackup, NotEmpty
from springtide.platform.backup.programs import APPLICATION
from springtide.platform.backup.recovery import prepare
from springtide.platform.backup.server import recovered
from springtide.platform.backup.shelf import Facts, Shelf, open_shelf
from springtide.platform.backup.take import Source, take
from springtide.platform.backup.verify import verify
from springtide.platform.embedded.engines import Engines, running_engines
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.launch import recorded_pid
from springtide.platform.embedded.problems import DiskFull
from springtide.platform.embedded.testing import scratch_data_folder

PLAN = Plan(every=timedelta(hours=24), keep=timedelta(days=7))


def quietly(line: str) -> None:
    del line


def nothing() -> None:
    pass


class Scene:
    """A database that is archived, and what was backed up of it."""

    def __init__(self, folder: DataFolder, shelf: Shelf, engines: Engines) -> None:
        self.folder, self.shelf, self.engines = folder, shelf, engines
        self.source = Source(url=engines.database_url, blobs=folder.app / "blobs", secrets=folder.secrets_file)

    async def write(self, *numbers: int) -> None:
        async with await psycopg.AsyncConnection.connect(self.engines.database_url, autocommit=True) as connection:
            await connection.execute("create table if not exists seen (number int)")
            for number in numbers:
                await connection.execute("insert into seen values (%s)", [number])

    async def now(self) -> datetime:
        """A moment with nothing on either side of it."""
        await asyncio.sleep(0.05)
        async with await psycopg.AsyncConnection.connect(self.engines.database_url, autocommit=True) as connection:
            row = await (await connection.execute("select clock_timestamp()")).fetchone()
        await asyncio.sleep(0.05)
        return row[0]


@pytest.fixture
def folder() -> Iterator[DataFolder]:
    with scratch_data_folder() as found:
        yield found


@asynccontextmanager
async def archived(folder: DataFolder, tmp_path: Path) -> AsyncIterator[Scene]:
    """A durable database whose every commit waits for the archive."""
    shelf = open_shelf(tmp_path / "backup", make=True)
    tuning = {"synchronous_standby_names": APPLICATION}
    async with running_engines(folder, say=quietly, tuning=tuning) as engines:
        scene = Scene(folder, shelf, engines)
        async with Archive(shelf, scene.source, PLAN, say=quietly):
            yield scene


async def brought_back(shelf: Shelf, facts: Facts, lost: DataFolder, until: datetime | None) -> list[int]:
    """Restore into the place of what was lost; return the numbers that are there."""
    secrets = (shelf.place(facts.id) / "shop" / "secrets.json").read_text()
    shutil.rmtree(lost.root)
    folder = open_data_folder(lost.root, say=quietly)
    folder.secrets_file.write_text(secrets)
    prepare(shelf, facts, folder.pg, until=until, say=quietly)
    give_to(folder.pg, folder.account)
    async with running_engines(folder, say=quietly) as engines:
        await recovered(engines.database_url, say=quietly, look=nothing)
        async with await psycopg.AsyncConnection.connect(engines.database_url) as connection:
            rows = await (await connection.execute("select number from seen order by number")).fetchall()
    return [number for (number,) in rows]


async def test_every_change_comes_back_to_the_last_or_to_a_moment(folder: DataFolder, tmp_path: Path):
    async with archived(folder, tmp_path) as scene:
        await scene.write(1)
        (folder.app / "blobs").mkdir()
        (folder.app / "blobs" / "ab").write_bytes(b"picture")
        facts = await take(scene.shelf, scene.source, say=quietly)
        await scene.write(2)
        receiver = recorded_pid(scene.shelf.run / "pg_receivewal.json")
        assert receiver is not None
        os.kill(receiver, signal.SIGKILL)
        async with asyncio.timeout(20):
            await scene.write(3)  # answered by nobody before the receiver is back
        moment = await scene.now()
        await scene.write(4)
    assert facts.has_secrets
    assert [facts] == scene.shelf.backups()
    assert (scene.shelf.blobs / "ab").read_bytes() == b"picture"
    assert (await verify(scene.shelf, facts, say=quietly)).segments >= 1
    with pytest.raises(NotEmpty):
        prepare(scene.shelf, facts, folder.pg, until=None, say=quietly)
    assert await brought_back(scene.shelf, facts, folder, None) == [1, 2, 3, 4]
    assert await brought_back(scene.shelf, facts, folder, moment) == [1, 2, 3]


async def test_a_backup_that_is_not_whole_is_found(folder: DataFolder, tmp_path: Path):
    async with running_engines(folder, say=quietly) as engines:
        scene = Scene(folder, open_shelf(tmp_path / "backup", make=True), engines)
        facts = await take(scene.shelf, scene.source, say=quietly)
    pg = scene.shelf.place(facts.id) / "pg"
    (pg / "more").write_text("?")
    with pytest.raises(DamagedBackup, match="more is not in the manifest"):
        await verify(scene.shelf, facts, say=quietly)
    (pg / "more").unlink()
    control = (pg / "global" / "pg_control").read_bytes()
    (pg / "global" / "pg_control").write_bytes(bytes([control[0] ^ 1]) + control[1:])
    with pytest.raises(DamagedBackup, match="pg_control differs from its checksum"):
        await verify(scene.shelf, facts, say=quietly)
    (pg / "global" / "pg_control").write_bytes(control)
    (segment,) = (pg / "pg_wal").glob("0*")
    segment.write_bytes(b"\0" * segment.stat().st_size)
    with pytest.raises(DamagedBackup, match="pg_waldump"):
        await verify(scene.shelf, facts, say=quietly)


async def test_without_room_nothing_is_written(folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shelf = open_shelf(tmp_path / "backup", make=True)
    async with running_engines(folder, say=quietly) as engines:
        usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 1_000))
        with pytest.raises(DiskFull, match="the backup needs"):
            await take(shelf, Scene(folder, shelf, engines).source, say=quietly)
    assert shelf.backups() == []
    assert list(shelf.base.iterdir()) == []


def test_moments_are_utc_unless_they_say_otherwise():
    from springtide.commands.restore_command import _moment  # noqa: PLC0415 - imports all contexts

    assert _moment("2026-11-27T20:15") == datetime(2026, 11, 27, 20, 15, tzinfo=UTC)
    assert _moment("2026-11-27T20:15+01:00") == datetime(2026, 11, 27, 19, 15, tzinfo=UTC)
