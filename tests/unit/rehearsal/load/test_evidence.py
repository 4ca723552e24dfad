"""Regular runs: when they are due, what is filed, and that a missed one is shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from springtide.rehearsal.load.evidence import ERROR, MISSED, Entry, Evidence
from springtide.rehearsal.load.problems import ScheduleWrong
from springtide.rehearsal.load.schedule import parse

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("daily 03:00", datetime(2026, 11, 26, 3, tzinfo=UTC)),
        ("Daily 12:31", datetime(2026, 11, 25, 12, 31, tzinfo=UTC)),
        ("weekly wed 12:30", datetime(2026, 12, 2, 12, 30, tzinfo=UTC)),
        ("weekly thu 01:00", datetime(2026, 11, 26, 1, tzinfo=UTC)),
        ("every 6h", datetime(2026, 11, 25, 18, tzinfo=UTC)),
        ("every 45m", datetime(2026, 11, 25, 12, 45, tzinfo=UTC)),
    ],
)
def test_the_next_run_is_due(words: str, due: datetime) -> None:
    assert parse(words).next_after(NOW) == due


@pytest.mark.parametrize("words", ["", "daily", "daily 24:00", "hourly", "weekly 03:00", "every 0m", "every 5s"])
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(ScheduleWrong):
        parse(words)


def test_a_run_that_nobody_made_is_known_afterwards(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path / "reports")
    assert evidence.missed("smoke", "daily 03:00", NOW) is None
    due = NOW - timedelta(hours=9)
    evidence.expect("smoke", "daily 03:00", due)
    assert evidence.missed("smoke", "daily 03:00", NOW) == due
    assert evidence.missed("smoke", "daily 04:00", NOW) is None
    assert evidence.missed("everyday", "daily 03:00", NOW) is None
    assert evidence.missed("smoke", "daily 03:00", due - timedelta(minutes=1)) is None


def test_the_index_shows_errors_and_missed_runs(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path)
    evidence.note(Entry(key="smoke", at=NOW, state=ERROR, said="The name <shop> leads nowhere"))
    evidence.note(Entry(key="smoke", at=NOW - timedelta(days=1), state=MISSED, said="Nobody ran it"))
    page = (tmp_path / "index.html").read_text()
    assert "✗ not made" in page
    assert "&lt;shop&gt;" in page
    assert page.index("not made") < page.index("✗ missed")
    assert [entry.state for entry in evidence.entries()] == [ERROR, MISSED]
    assert evidence.last("smoke") is None
