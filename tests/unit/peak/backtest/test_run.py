"""A small back-test from end to end, as a command on files."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from springtide.commands.peak_command import run
from springtide.contexts.peak.domain.backtest.cut import before, on_one_day
from springtide.contexts.peak.domain.backtest.origins import origins_before, rolling
from springtide.contexts.peak.providers.forecast_files import COLUMNS
from tests.unit.peak.forecast.shops import MONDAY, counts, shop

Peak = Callable[..., int]


@pytest.fixture
def peak(monkeypatch: pytest.MonkeyPatch) -> Peak:
    """Return the command with its words; settings are not looked at."""
    import argparse  # noqa: PLC0415

    def call(*words: str) -> int:
        return run(None, argparse.Namespace(words=list(words)))  # type: ignore[arg-type]

    del monkeypatch
    return call


def _series(path: Path, *, days: int, step: int = 1) -> Path:
    sold = counts(days // step, 4, mean=8.0 * step)
    rows = [
        {"date": (MONDAY + timedelta(days=day * step)).isoformat(), "key": f"K{key}", "quantity": float(sold[day, key])}
        for day in range(days // step)
        for key in range(4)
    ]
    pl.DataFrame(rows).write_csv(path)
    return path


def test_daily_series_leave_a_forecast_and_scores(tmp_path: Path, peak: Peak) -> None:
    """Every day, level and key once; quantiles rise; the total's P90 is below the sum of the products'."""
    file = _series(tmp_path / "daily.csv", days=280)
    code = peak(
        "backtest", str(file), "--train-until", "2024-08-31", "--horizon-days", "21", "--out", str(tmp_path / "out"),
        "--paths", "200",
    )  # fmt: skip
    assert code == 0
    frame = pl.read_parquet(tmp_path / "out" / "forecast.parquet")
    assert tuple(frame.columns) == COLUMNS
    assert frame.height == 21 * (1 + 4)
    assert frame["date"].min() == date(2024, 9, 1)
    assert set(frame["level"]) == {"total", "product"}
    quantiles = frame.select("p01", "p10", "p50", "p90", "p99").to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    total = frame.filter(pl.col("level") == "total")
    products = frame.filter(pl.col("level") == "product")
    assert total["mean"].sum() == pytest.approx(products["mean"].sum(), rel=1e-4)
    assert total["actual"].sum() == pytest.approx(products["actual"].sum())
    assert total["p90"].sum() < products["p90"].sum()
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())
    methods = {row["method"] for row in scores["methods"] if row["level"] == "product"}
    assert {"naive", "moving_average_index", "croston_sba", "tsb", "forecast", "boosted"} <= methods
    assert scores["judged_on"] == ["2024-08-31"]
    assert all(day < "2024-08-31" for day in scores["fixed_on"])


def test_weekly_series_are_forecast_by_week(tmp_path: Path, peak: Peak) -> None:
    """A row per week, whole weeks of units, the first after the last known one."""
    file = _series(tmp_path / "weekly.csv", days=60 * 7, step=7)
    until = MONDAY + timedelta(days=50 * 7)
    code = peak(
        "backtest", str(file), "--train-until", until.isoformat(), "--horizon-days", "42", "--out", str(tmp_path),
        "--paths", "100",
    )  # fmt: skip
    assert code == 0
    total = pl.read_parquet(tmp_path / "forecast.parquet").filter(pl.col("level") == "total")
    assert total["date"].to_list() == [until + timedelta(days=7 * week) for week in range(1, 7)]
    assert total["mean"].mean() == pytest.approx(total["actual"].mean(), rel=0.1)


def test_days_to_come_are_forecast_and_what_is_known_is_judged(tmp_path: Path, peak: Peak) -> None:
    """A row for every day and key, also after the file ends, where `actual` is empty; whole known weeks are judged."""
    file = _series(tmp_path / "daily.csv", days=200)
    until = MONDAY + timedelta(days=199 - 10)
    words = ("backtest", str(file), "--horizon-days", "28", "--paths", "60", "--train-until")
    assert peak(*words, until.isoformat(), "--out", str(tmp_path / "part")) == 0
    frame = pl.read_parquet(tmp_path / "part" / "forecast.parquet")
    assert frame.height == 28 * (1 + 4)
    assert frame.filter(pl.col("actual").is_null())["date"].min() == until + timedelta(days=11)
    assert frame.select("mean", "p01", "p99").null_count().sum_horizontal().item() == 0
    scores = json.loads((tmp_path / "part" / "scores.json").read_text())
    cells = {(row["level"], row["grain"]): row["cells"] for row in scores["quantiles"] if row["method"] == "forecast"}
    assert cells["product", "day"] == 4 * 7
    assert cells["product", "week"] == 4
    assert scores["seasons"] == []


def test_nothing_known_of_the_horizon_is_a_forecast_without_scores(
    tmp_path: Path, peak: Peak, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same forecast as if the future had been in the file: nothing of it was looked at."""
    words = ("--horizon-days", "28", "--paths", "60", "--train-until", (MONDAY + timedelta(days=199)).isoformat())
    for name, days in (("short", 200), ("long", 300)):
        file = _series(tmp_path / f"{name}.csv", days=days)
        assert peak("backtest", str(file), *words, "--out", str(tmp_path / name)) == 0
        if name == "short":
            assert "nothing is judged" in capsys.readouterr().out
    short, long = (pl.read_parquet(tmp_path / name / "forecast.parquet") for name in ("short", "long"))
    assert short["actual"].null_count() == short.height
    assert long["actual"].null_count() == 0
    assert short.drop("actual").equals(long.drop("actual"))
    assert json.loads((tmp_path / "short" / "scores.json").read_text())["methods"] == []


def test_a_quantity_left_empty_is_no_zero_that_was_sold(tmp_path: Path, peak: Peak) -> None:
    """It is null in the forecast, and no error is counted against it."""
    file = _series(tmp_path / "daily.csv", days=120)
    lost = MONDAY + timedelta(days=110)
    is_lost = (pl.col("date") == lost.isoformat()) & (pl.col("key") == "K1")
    pl.read_csv(file).with_columns(quantity=pl.when(~is_lost).then("quantity")).write_csv(file)
    until = (MONDAY + timedelta(days=105)).isoformat()
    words = ("backtest", str(file), "--train-until", until, "--horizon-days", "14", "--paths", "60")
    assert peak(*words, "--out", str(tmp_path)) == 0
    empty = pl.read_parquet(tmp_path / "forecast.parquet").filter(pl.col("actual").is_null())
    assert empty.select("date", "key").rows() == [(lost, "K1")]
    scores = json.loads((tmp_path / "scores.json").read_text())
    cells = {(row["level"], row["grain"]): row["cells"] for row in scores["quantiles"] if row["method"] == "forecast"}
    assert (cells["product", "day"], cells["product", "week"]) == (4 * 14 - 1, 4 * 2 - 1)


def test_closed_days_have_their_rows_too(tmp_path: Path, peak: Peak) -> None:
    """A shop without Sundays: each date of the horizon is there, Sundays with nothing."""
    rows = [
        {"date": (MONDAY + timedelta(days=day)).isoformat(), "key": "one", "quantity": 20 + day % 7}
        for day in range(140)
        if day % 7 != 6
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "shop.csv")
    until = (MONDAY + timedelta(days=118)).isoformat()
    words = ("backtest", str(tmp_path / "shop.csv"), "--train-until", until, "--horizon-days", "14", "--paths", "60")
    assert peak(*words, "--out", str(tmp_path)) == 0
    frame = pl.read_parquet(tmp_path / "forecast.parquet").filter(pl.col("level") == "product")
    assert frame.height == 14
    sundays = frame.filter(pl.col("date").dt.weekday() == 7)
    assert sundays.select("mean", "p99", "actual").sum().row(0) == (0, 0, 0)
    assert (frame.filter(pl.col("date").dt.weekday() != 7)["mean"] > 15).all()


def test_a_promotion_of_single_weeks_is_learned_and_the_weeks_keep_their_counts(tmp_path: Path, peak: Peak) -> None:
    """Four past weeks that sold twice as much, and one to come: named by days in the middle of the week."""
    first, weeks, promoted = date(2023, 1, 2), 60, (10, 22, 34, 46, 57)
    sold = counts(weeks, 6, mean=60.0)
    sold[list(promoted)] *= 2
    days = [first + timedelta(weeks=week) for week in range(weeks)]
    rows = [
        {"date": day.isoformat(), "key": f"K{key}", "quantity": int(sold[week, key])}
        for week, day in enumerate(days)
        for key in range(6)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "weekly.csv")
    dates = ", ".join((days[week] + timedelta(days=3)).isoformat() for week in promoted)
    (tmp_path / "events.toml").write_text(
        'regions = ["NL"]\n[[events]]\nid = "promo"\nname = "Promo"\nfirst_offset = 0\nlast_offset = 1\n'
        f'when = {{ rule = "dates", dates = [{dates}] }}\n'
    )
    words = ("--events", str(tmp_path / "events.toml"), "--horizon-days", "35", "--paths", "60", "--gifts", "0")
    until = days[54].isoformat()
    assert peak("backtest", str(tmp_path / "weekly.csv"), *words, "--train-until", until, "--out", str(tmp_path)) == 0
    total = pl.read_parquet(tmp_path / "forecast.parquet").filter(pl.col("level") == "total").sort("date")
    assert total["date"].to_list() == days[55:]
    assert total["actual"].to_list() == sold[55:].sum(axis=1).tolist()
    usual, lifted = total["mean"].gather([0, 1, 3, 4]).mean(), total["mean"][2]
    assert 1.6 < lifted / usual < 2.3


def test_order_lines_with_a_short_history_get_an_answer(tmp_path: Path, peak: Peak) -> None:
    """Six weeks of lines: nothing to learn a gate from, documented priors for the spread."""
    rows = [
        {
            "time": f"{MONDAY + timedelta(days=day)} {10 + hour}:00:00",
            "sku": f"S{hour}",
            "quantity": 2,
            "unit_price": 4.5,
        }
        for day in range(42)
        for hour in range(3)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "lines.csv")
    code = peak(
        "backtest", str(tmp_path / "lines.csv"), "--train-until", "2024-02-04", "--horizon-days", "7",
        "--out", str(tmp_path), "--paths", "50",
    )  # fmt: skip
    assert code == 0
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores["fixed_on"] == []
    assert "prior" in scores["calibration"]["learned_on"]
    keys = pl.read_parquet(tmp_path / "forecast.parquet").filter(pl.col("level") == "total")["key"].unique()
    assert sorted(keys) == ["orders", "revenue", "units"]


def test_a_day_outside_the_history_is_refused(tmp_path: Path, peak: Peak, capsys: pytest.CaptureFixture[str]) -> None:
    """By name, and nothing is written."""
    file = _series(tmp_path / "daily.csv", days=60)
    code = peak(
        "backtest", str(file), "--train-until", "2030-01-01", "--horizon-days", "7", "--out", str(tmp_path / "o")
    )
    assert code == 1
    assert "--train-until" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_accuracy_fixes_methods_before_it_judges(tmp_path: Path, peak: Peak) -> None:
    """Origins before the day are learned from, the others judged, and the figures repeat themselves."""
    file = _series(tmp_path / "daily.csv", days=300)
    words = (
        "accuracy", str(file), "--first-origin", "2024-06-02", "--fix-until", "2024-08-01", "--last-origin",
        "2024-09-30", "--every-days", "28", "--horizon-days", "28", "--paths", "60", "--out",
    )  # fmt: skip
    assert peak(*words, str(tmp_path / "a")) == 0
    assert peak(*words, str(tmp_path / "b")) == 0
    assert (tmp_path / "a" / "scores.json").read_bytes() == (tmp_path / "b" / "scores.json").read_bytes()
    scores = json.loads((tmp_path / "a" / "scores.json").read_text())
    assert max(scores["fixed_on"]) < "2024-08-01" <= min(scores["judged_on"])
    of_units = [season for season in scores["seasons"] if season["measure"] == "units"]
    assert [season["origin"] for season in of_units] == scores["judged_on"]
    check = next(one for one in scores["checks"] if one["measure"] == "units")
    assert check["origins"] == len(of_units)
    assert check["drawn"] == pytest.approx(np.mean([season["sd"] for season in of_units]))
    came = [np.log(season["actual"] / season["mean"]) for season in of_units]
    assert check["empirical"] == pytest.approx(np.sqrt(np.mean(np.square(came))))
    kept = json.loads((tmp_path / "a" / "accuracy.json").read_text())
    assert kept["members"] == scores["members"]
    assert {row["grain"] for row in kept["scores"]} == {"week"}


def test_nothing_after_an_origin_is_known() -> None:
    """A history cut at a day has no later sale in any of its arrays."""
    demand = shop(counts(60, 2))
    cut = before(demand, MONDAY + timedelta(days=29))
    assert cut.days == 30
    assert cut.orders.size == cut.open_days.size == cut.revenue_minor.size == cut.orders_by_hour.shape[0] == 30


def test_weeks_on_one_day_keep_their_units() -> None:
    """Spread weeks come together on their first day."""
    spread = shop(np.repeat(np.array([[7.0], [14.0]]), 7, axis=0) / 7)
    whole = on_one_day(spread)
    assert whole.units[:, 0].tolist() == [7.0, *[0.0] * 6, 14.0, *[0.0] * 6]
    assert whole.open_days.sum() == 2


def test_origins_before_a_day_have_history_and_their_future() -> None:
    """Six, a fortnight apart, with the horizon inside what is known; none for two months."""
    long = shop(counts(400, 1))
    found = origins_before(long, long.last, horizon_days=28)
    assert len(found) == 6
    assert found[-1] == long.last - timedelta(days=28)
    assert origins_before(shop(counts(60, 1)), MONDAY + timedelta(days=59), horizon_days=28) == ()
    assert rolling(MONDAY, MONDAY + timedelta(days=30)) == tuple(MONDAY + timedelta(days=14 * n) for n in range(3))
