"""`springtide peak backtest` on a stranger's file, from the command line."""

import math
from datetime import date, timedelta
from pathlib import Path

import pytest

from springtide.cli import main

FIRST = date(2026, 7, 6)


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """Return twelve weeks of two keys before an autumn; one quantity was taken back."""
    rows = [
        f"{FIRST + timedelta(days=day)},{key},{5 + day % 3 + (day % 7 == 5) * 4 if (day, key) != (3, 'a') else -1}"
        for day in range(84)
        for key in "ab"
    ]
    path = tmp_path / "past.csv"
    path.write_text("date,key,quantity\n" + "\n".join(rows) + "\n")
    return path


def _backtest(past: Path, out: Path, *more: str) -> int:
    until = FIRST + timedelta(days=83)
    asked = ("--train-until", str(until), "--horizon-days", "56", "--paths", "50", "--out", str(out))
    return main(["peak", "backtest", str(past), *asked, *more])


def test_the_same_file_gives_the_same_bytes_and_says_once_what_is_odd(
    past: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        assert _backtest(past, tmp_path / name) == 0
    for file in ("scores.json", "forecast.parquet", "calibration.json", "accuracy.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    heard = capsys.readouterr().err
    assert heard.count("quantities below 0") == 2, "once for each of the two runs"
    assert heard.count("no Christmas is assumed") == 2


def test_nobody_said_what_series_count_so_no_christmas_is_foretold_without_being_asked_for(
    past: Path, tmp_path: Path
) -> None:
    pl = pytest.importorskip("polars")
    seasons = []
    for number, more in enumerate(((), ("--gifts", "1"))):
        assert _backtest(past, tmp_path / str(number), *more) == 0
        table = pl.read_parquet(tmp_path / str(number) / "forecast.parquet")
        total = table.filter((pl.col("level") == "total") & (pl.col("key") == "units")).sort("date")["mean"]
        seasons.append(math.log(total[-28:].sum() / total[:28].sum()))
    assert abs(seasons[0]) < 0.05
    assert seasons[1] > seasons[0] + 0.08


@pytest.mark.parametrize("wrong", [("--paths", "0"), ("--seed", "-1"), ("--horizon-days", "0")])
def test_draws_seeds_and_horizons_that_cannot_be_are_refused(
    past: Path, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        _backtest(past, tmp_path / "out", *wrong)
    assert not (tmp_path / "out").exists()
