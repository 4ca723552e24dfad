"""The backup folder: what is listed, chosen, kept, and refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from springtide.platform.backup.archive import prune
from springtide.platform.backup.problems import BackupFailed, DamagedBackup, NoBackup, WrongFolder
from springtide.platform.backup.recovery import prepare
from springtide.platform.backup.shelf import Facts, Shelf, open_shelf, write_facts
from springtide.platform.backup.verify import chain
from springtide.platform.embedded.problems import OtherVersion

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SEGMENT = b"\0" * 16 * 1024 * 1024


def put(shelf: Shelf, hours_ago: float, *, timeline: int = 1, segment: int = 2) -> Facts:
    finished = NOW - timedelta(hours=hours_ago)
    facts = Facts(
        id=f"{finished:%Y%m%dT%H%M%SZ}",
        started_at=finished,
        finished_at=finished,
        took_s=1,
        size_bytes=1,
        timeline=timeline,
        first_segment=f"{timeline:08X}{0:08X}{segment:08X}",
        system_identifier="1",
        postgresql=18,
        springtide="0.1.0",
        has_secrets=True,
    )
    shelf.place(facts.id).mkdir(parents=True)
    write_facts(shelf.place(facts.id), facts)
    return facts


def receive(shelf: Shelf, *names: str) -> None:
    for name in names:
        (shelf.wal / name).write_bytes(SEGMENT)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return open_shelf(tmp_path / "backup", make=True)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(WrongFolder, match="not empty"):
        open_shelf(tmp_path, make=True)
    with pytest.raises(WrongFolder, match=r"no backups\.json"):
        open_shelf(tmp_path, make=False)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_backups_of_another_database_are_refused(shelf: Shelf):
    shelf.belongs_to("1")
    shelf.belongs_to("1")
    with pytest.raises(WrongFolder, match="another database"):
        shelf.belongs_to("2")


def test_the_newest_backup_before_the_moment_is_chosen(shelf: Shelf):
    with pytest.raises(NoBackup):
        shelf.chosen("", None)
    old, new = put(shelf, 30), put(shelf, 2)
    assert new == shelf.chosen("", None)
    assert old == shelf.chosen("", NOW - timedelta(hours=3))
    assert old == shelf.chosen(old.id, None)
    with pytest.raises(NoBackup, match="the oldest backup is of"):
        shelf.chosen("", NOW - timedelta(hours=31))
    with pytest.raises(NoBackup, match="no backup 2020"):
        shelf.chosen("2020", None)


def test_drafts_are_not_listed_and_go(shelf: Shelf):
    put(shelf, 1)
    shelf.draft("20261127T110000Z").mkdir()
    assert len(shelf.backups()) == 1
    with shelf.writing():
        assert len(list(shelf.base.iterdir())) == 1


def test_one_backup_at_a_time_is_written(shelf: Shelf):
    with shelf.writing():
        shelf.draft("20261127T110000Z").mkdir()
        with pytest.raises(BackupFailed, match="another backup"), shelf.writing():
            pass
        assert shelf.draft("20261127T110000Z").exists()
    with shelf.writing():
        pass


def test_old_backups_go_but_never_the_two_newest(shelf: Shelf):
    oldest, *kept = [put(shelf, hours) for hours in (300, 250, 200)]
    assert [oldest] == shelf.prune(keep=timedelta(days=7), now=NOW)
    assert kept == shelf.backups()
    assert shelf.prune(keep=timedelta(days=1), now=NOW) == []


def test_the_log_goes_on_from_the_backups_first_segment_on_its_own_timeline(shelf: Shelf):
    facts = put(shelf, 1, segment=3)
    names = [f"{1:08X}{0:08X}{number:08X}" for number in (2, 3, 4)]
    receive(shelf, *names, f"{names[2]}.partial", f"{1:08X}{0:08X}{5:08X}.partial", f"{2:08X}{0:08X}{5:08X}")
    expected = [names[1], names[2], f"{1:08X}{0:08X}{5:08X}.partial"]
    assert expected == [file.name for file in shelf.segments(facts)]
    assert chain(shelf, facts).segments == 3


def test_a_gap_in_the_log_is_found(shelf: Shelf):
    facts = put(shelf, 1, segment=0xFE)
    receive(shelf, f"{1:08X}{0:08X}{0xFE:08X}", f"{1:08X}{0:08X}{0xFF:08X}", f"{1:08X}{1:08X}{0:08X}")
    assert chain(shelf, facts).segments == 3, "after FF comes the next high part"
    (shelf.wal / f"{1:08X}{0:08X}{0xFF:08X}").unlink()
    with pytest.raises(DamagedBackup, match="gap before 000000010000000100000000"):
        chain(shelf, facts)


async def test_changes_that_no_kept_backup_needs_go_with_it(shelf: Shelf):
    for hours, segment in ((300, 2), (30, 4), (2, 6)):
        put(shelf, hours, segment=segment)
    receive(shelf, *(f"{1:08X}{0:08X}{number:08X}" for number in range(2, 8)))
    said: list[str] = []
    assert len(await prune(shelf, timedelta(days=7), say=said.append)) == 1
    assert [f"{1:08X}{0:08X}{number:08X}" for number in range(4, 8)] == sorted(f.name for f in shelf.wal.iterdir())
    assert "older than 7 days" in said[-1]


def test_another_postgresql_is_refused_before_anything_is_written(shelf: Shelf, tmp_path: Path):
    facts = msgspec.structs.replace(put(shelf, 1), postgresql=17)
    with pytest.raises(OtherVersion, match="PostgreSQL 17, this is 18"):
        prepare(shelf, facts, tmp_path / "pg", until=None, say=print)
    assert not (tmp_path / "pg").exists()


def test_a_torn_log_file_is_found(shelf: Shelf):
    facts = put(shelf, 1)
    (shelf.wal / facts.first_segment).write_bytes(b"short")
    with pytest.raises(DamagedBackup, match="not 16777216 bytes"):
        chain(shelf, facts)
