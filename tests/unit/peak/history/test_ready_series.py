"""Ready series as strangers have them: dates of many kinds, gaps, flags, and what is neither daily nor weekly."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from springtide.contexts.peak.domain.history.ready import ReadySeries, series_of
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contracts.peak.errors import InvalidPeakInput

MONDAY = date(2026, 3, 2)
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that puts text into a file."""

    def _write(text: str) -> Path:
        path = tmp_path / "past.csv"
        path.write_text(text)
        return path

    return _write


def _series(path: Path, categories: dict[str, str] | None = None) -> ReadySeries:
    series = read_history_file(path, timezone="Europe/Amsterdam", categories=categories)
    assert isinstance(series, ReadySeries)
    return series


def _refusal(path: Path, categories: dict[str, str] | None = None) -> list[tuple[int, str]]:
    with pytest.raises(InvalidPeakInput) as refused:
        read_history_file(path, timezone="Europe/Amsterdam", categories=categories)
    return [(mistake.row, mistake.rule) for mistake in refused.value.mistakes]


def test_daily_series_are_demand_without_orders(write: Write) -> None:
    series = _series(write("date,key,quantity\n2026-03-01,b,2\n2026-03-03,a,5\n2026-03-02,a,\n2026-03-02,b,1\n"))
    assert series.step_days == 1
    assert series.demand.first == date(2026, 3, 1)
    assert [product.sku for product in series.demand.products] == ["a", "b"]
    assert series.demand.units.tolist() == [[0, 2], [0, 1], [5, 0]]
    assert series.demand.in_stock.tolist() == [[True, True], [False, True], [True, True]]
    assert series.known.tolist() == series.demand.in_stock.tolist()
    assert series.demand.orders.tolist() == [2, 1, 5]
    assert series.demand.orders_by_hour.sum() == pytest.approx(8)


def test_weekly_series_are_spread_over_their_days(write: Write) -> None:
    series = _series(write("date,key,quantity\n2026-03-02,a,14\n2026-03-16,a,7\n"))
    assert (series.step_days, series.demand.days) == (7, 21)
    assert series.demand.units[:, 0].tolist() == [2] * 7 + [0] * 7 + [1] * 7


def test_broken_series_are_refused_row_by_row(write: Write) -> None:
    rows = "2026-03-01,a,1\n2026-03-01 00:00,a,2\n2026-03-02,,2\n2026-03-03,a,x\nyesterday,a,1\n"
    assert sorted(_refusal(write("date,key,quantity\n" + rows))) == [
        (3, "duplicate_row"),
        (4, "key"),
        (5, "quantity"),
        (6, "time"),
    ]
    assert _refusal(write("date,key,quantity\n2026-03-01,a,0\n")) == [(0, "empty")]


@pytest.mark.parametrize(
    "dates",
    [
        [MONDAY, MONDAY + timedelta(days=1)],
        [datetime(2026, 3, 2), datetime(2026, 3, 3)],  # noqa: DTZ001 - as files without a zone hold them
        [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)],
        ["2026-03-02T00:00:00+11:00", "2026-03-03T00:00:00+11:00"],
    ],
)
def test_days_are_taken_as_they_are_written(tmp_path: Path, dates: list[object]) -> None:
    """A count of a day east of us is not moved to the day before, whatever type of column holds it."""
    path = tmp_path / "past.parquet"
    pl.DataFrame({"date": dates, "key": [7, 7], "quantity": [1, 4]}).write_parquet(path)
    series = _series(path)
    assert series.demand.first == MONDAY
    assert series.demand.units[:, 0].tolist() == [1, 4]
    assert series.demand.products[0].sku == "7"


def test_a_flag_makes_a_quantity_a_lower_bound_and_leaves_it_known(write: Write) -> None:
    series = _series(write("date,key,quantity,in_stock\n2026-03-02,a,3,0\n2026-03-03,a,4,True\n2026-03-04,a,2,\n"))
    assert series.demand.in_stock[:, 0].tolist() == [False, True, True]
    assert series.known.all()
    assert _refusal(write("date,key,quantity,in_stock\n2026-03-02,a,3,perhaps\n")) == [(2, "in_stock")]


def test_keys_have_the_category_of_the_catalogue_or_of_their_rows(write: Write) -> None:
    rows = write("date,key,quantity,category\n2026-03-02,a,3,old\n2026-03-03,a,4,new\n2026-03-03,b,4,\n")
    assert [product.category for product in _series(rows).demand.products] == ["new", ""]
    assert [product.category for product in _series(rows, {"a": "x", "b": "y"}).demand.products] == ["x", "y"]
    assert _refusal(rows, {"a": "x"}) == [(4, "unknown_sku")]


def test_what_others_write_for_a_missing_number_is_one_that_nobody_knows(write: Write) -> None:
    series = _series(write("date,key,quantity\n2026-03-02,a,NaN\n2026-03-03,a,4\n2026-03-04,a,NA\n2026-03-05,a,\n"))
    assert series.known[:, 0].tolist() == [False, True, False, False]


def test_more_taken_back_than_sold_is_read_as_nothing_and_counted(write: Write) -> None:
    series = _series(write("date,key,quantity\n2026-03-02,a,-3\n2026-03-03,a,4\n"))
    assert series.demand.units[:, 0].tolist() == [0, 4]
    assert series.below_zero == 1


@pytest.mark.parametrize("gaps", [[31, 28, 31, 30], [7, 7, 8, 7], [14, 14, 13]])
def test_months_and_weeks_that_slip_are_refused_and_not_read_as_days(write: Write, gaps: list[int]) -> None:
    days = [MONDAY + timedelta(days=sum(gaps[:number])) for number in range(len(gaps) + 1)]
    text = "date,key,quantity\n" + "".join(f"{day},a,5\n" for day in days)
    assert _refusal(write(text)) == [(0, "neither_daily_nor_weekly")]


def test_a_shop_that_sells_daily_was_closed_when_nothing_sold_and_a_slow_part_was_not(write: Write) -> None:
    busy = [f"{MONDAY + timedelta(days=day)},a,9\n" for day in range(70) if day != 40]
    assert np.flatnonzero(~_series(write("date,key,quantity\n" + "".join(busy))).demand.open_days).tolist() == [40]
    slow = [f"{MONDAY + timedelta(days=day)},a,9\n" for day in (0, 1, 20, 33, 34, 60)]
    assert _series(write("date,key,quantity\n" + "".join(slow))).demand.open_days.all()


@pytest.mark.parametrize("name", ["past.csv", "past.gz", "past.parquet", "past"])
def test_a_file_is_what_it_begins_like_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    text = "date|key|quantity\n2026-03-02|a|3\n2026-03-03|a|4\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()))
    assert _series(path).demand.units[:, 0].tolist() == [3, 4]
    pl.DataFrame({"date": [MONDAY], "key": ["a"], "quantity": [3]}).write_parquet(path)
    assert _series(path).demand.units[:, 0].tolist() == [3]
    path.write_text(text)
    assert _series(path).demand.units[:, 0].tolist() == [3, 4]


def test_a_compressed_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "past.csv.gz"
    path.write_bytes(gzip.compress(b"date,key,quantity\n2026-03-02,a,3\n")[:-12])
    assert _refusal(path) == [(0, "not_readable")]


def test_lines_without_anything_are_no_rows_and_others_keep_their_number(write: Write) -> None:
    assert _series(write("date,key,quantity\n2026-03-02,a,3\n\n2026-03-03,a,4\n\n")).demand.days == 2
    assert _refusal(write("date,key,quantity\n\n2026-03-02,a,x\n")) == [(3, "quantity")]


def test_a_comma_before_three_figures_may_mean_thousands_and_is_refused(write: Write) -> None:
    """Where another number shows that commas stand before decimals, they all do."""
    assert _refusal(write("date;key;quantity\n2026-03-02;a;1,005\n2026-03-03;a;4\n")) == [(2, "quantity")]
    read = _series(write("date;key;quantity\n2026-03-02;a;1,005\n2026-03-03;a;0,25\n"))
    assert read.demand.units[:, 0].tolist() == pytest.approx([1.005, 0.25])


def test_months_of_which_nothing_is_there_are_no_months_without_sales() -> None:
    days = [MONDAY + timedelta(days=day) for day in (*range(40), *range(240, 280))]
    frame = pl.DataFrame({"day": days, "key": ["a"] * 80, "quantity": [5.0] * 80})
    assert series_of(frame, source="made up").demand.open_days.sum() == 80
