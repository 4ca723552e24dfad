"""Kept histories: named by their content."""

from pathlib import Path

import pytest

from springtide.contexts.peak.domain.history.lines import OrderLines, lines_of
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contexts.peak.providers.kept_files import keep_file, kept_file
from springtide.contexts.peak.providers.order_lines import write_order_lines
from springtide.contracts.peak.errors import InvalidPeakInput
from tests.unit.peak.history.shop import COLUMNS, line, shop


def test_the_same_bytes_are_kept_once_under_one_name(tmp_path: Path) -> None:
    folder, file = tmp_path / "kept", tmp_path / "past.csv.gz"
    file.write_bytes(b"one")
    first = keep_file(folder, file)
    assert keep_file(folder, file) == first
    assert first.endswith(".csv.gz")
    assert [path.name for path in folder.iterdir()] == [first]
    assert kept_file(folder, first).read_bytes() == b"one"
    file.write_bytes(b"two")
    assert keep_file(folder, file) != first


def test_only_histories_are_kept_and_only_kept_ones_are_found(tmp_path: Path) -> None:
    (tmp_path / "past.xlsx").write_bytes(b"x")
    with pytest.raises(InvalidPeakInput, match="csv"):
        keep_file(tmp_path, tmp_path / "past.xlsx")
    for name in ("../past.xlsx", "0" * 64 + ".csv", "past.csv"):
        with pytest.raises(InvalidPeakInput, match="not on this machine"):
            kept_file(tmp_path, name)


def test_lines_written_as_parquet_are_read_as_they_were(tmp_path: Path) -> None:
    lines = shop([line(0, "mug", 2, 1250, order="a", customer="ada"), line(1, "cup", -1, 5, order="b", in_stock=False)])
    write_order_lines(lines, tmp_path / "past.parquet", currency="GBP")
    read = read_history_file(tmp_path / "past.parquet", timezone="Europe/Amsterdam")
    assert isinstance(read, OrderLines)
    columns = ["local", "sku", "quantity", "price_minor", "order_id", "customer_id", "in_stock"]
    assert read.frame.select(columns).equals(lines.frame.select(columns))
    again = tmp_path / "again.parquet"
    write_order_lines(
        lines_of(lines.frame.select(COLUMNS).rows(), COLUMNS, source="x", timezone="UTC"), again, currency="GBP"
    )
    assert again.read_bytes() == (tmp_path / "past.parquet").read_bytes()
