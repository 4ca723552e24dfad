"""`springtide peak warehouse`: from paths to hours, crews and bookings."""

import csv
from argparse import Namespace
from pathlib import Path

import msgspec
import pytest

from springtide.commands.peak_command import run
from springtide.contexts.peak.domain.paths.joint import draw_paths
from springtide.contexts.peak.providers.paths_file import write_paths
from springtide.contracts.peak.fulfilment import FulfilmentPlan
from springtide.settings import Settings
from tests.unit.peak.paths.made import NO_EDITS, forecast_of, spread_of


def test_a_plan_its_bookings_and_its_days_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = draw_paths(forecast_of(days=14), spread_of(), edits=NO_EDITS, seed=1, paths=50, peak_minute=3.0)
    write_paths(made, tmp_path / "paths.npz")
    out = tmp_path / "out"
    words = ["warehouse", str(tmp_path / "paths.npz"), "--closed", "2011-11-09", "--out", str(out)]
    assert run(Settings(), Namespace(words=words)) == 0
    plan = msgspec.json.decode((out / "fulfilment.json").read_bytes(), type=FulfilmentPlan)
    with (out / "days.csv").open(encoding="utf-8", newline="") as file:
        days = {(row["warehouse"], row["day"]): row for row in csv.DictReader(file)}
    assert len(days) == 2 * plan.days
    assert days["own", "2011-11-09"]["shifts"] == "0"
    assert days["own", "2011-11-08"]["shifts"] != "0"
    with (out / "bookings.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(plan.bookings)
    assert "Miss their day" in capsys.readouterr().out
