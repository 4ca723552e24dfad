"""`springtide peak staff`: from a file of paths to rosters."""

import csv
from argparse import Namespace
from pathlib import Path

import msgspec
import pytest

from springtide.commands.peak_command import run
from springtide.contexts.peak.domain.paths.joint import draw_paths
from springtide.contexts.peak.providers.paths_file import write_paths
from springtide.contracts.peak.staff import StaffPlan
from springtide.settings import Settings
from tests.unit.peak.paths.made import NO_EDITS, forecast_of, spread_of


@pytest.fixture
def paths_file(tmp_path: Path) -> Path:
    made = draw_paths(forecast_of(days=14), spread_of(), edits=NO_EDITS, seed=1, paths=50, peak_minute=3.0)
    write_paths(made, tmp_path / "paths.npz")
    return tmp_path / "paths.npz"


def peak(*words: object) -> int:
    return run(Settings(), Namespace(words=["staff", "--effort", "0.3", *map(str, words)]))


def test_a_plan_rosters_and_calendars_are_written(
    paths_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert peak(paths_file, "--weeks", 1, "--roster-from", "2011-11-07", "--out", out) == 0
    plan = msgspec.json.decode((out / "staff.json").read_bytes(), type=StaffPlan)
    assert plan.roster is not None
    assert len(plan.roster.entries) > 20
    with (out / "roster.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(plan.roster.entries)
    people = {entry.person for entry in plan.roster.entries}
    assert {path.stem for path in (out / "calendars").iterdir()} == people
    with (out / "half_hours.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["day"] for row in rows} >= {"2011-11-07", "2011-11-13"}
    assert "Roster                   2011-11-07 to 2011-11-13" in capsys.readouterr().out


def test_leave_of_somebody_unknown_is_named_with_its_row(
    paths_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave = tmp_path / "leave.csv"
    leave.write_text("person,first,last\nnobody,2011-11-07,2011-11-08\n", encoding="utf-8")
    assert peak(paths_file, "--absences", leave, "--out", tmp_path / "out") == 1
    assert "row 2: nobody is not in people.toml" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_strict_roster_without_people_names_the_rules(
    paths_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = ("yusuf-demir", "colin-frame", "shanice-grant", "marta-zielinska", "dean-hollis")
    leave = tmp_path / "leave.csv"
    rows = "".join(f"{person},2011-11-07,2011-11-13\n" for person in people)
    leave.write_text(f"person,first,last\n{rows}", encoding="utf-8")
    asked = ("--weeks", 1, "--roster-from", "2011-11-07", "--strict", "--absences", leave, "--out", tmp_path / "out")
    assert peak(paths_file, *asked) == 1
    said = capsys.readouterr().err
    assert "2011-11-" in said
    assert "receive: needs more people than the other rules leave" in said
    assert "has asked for days off" in said
    assert not (tmp_path / "out").exists()


def test_a_company_without_documents_is_refused(
    paths_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert peak(paths_file, "--company", tmp_path / "empty", "--out", tmp_path / "out") == 1
    assert "people.toml: the document is missing" in capsys.readouterr().err
