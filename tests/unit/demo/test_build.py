"""The build on a tiny source folder, and what it says when it cannot read one."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from springtide.demo.build.__main__ import main
from springtide.demo.build.history import to_utc
from springtide.demo.build.source import read_lines
from springtide.demo.catalogue import read_catalogue
from springtide.demo.history import read_history
from springtide.demo.history_files import read_file, read_sales
from springtide.demo.opening_stock import read_opening_stock

CATALOGUE = """StockCode,name,median_price_gbp,units_sold,orders
85123A,WHITE HANGING HEART T-LIGHT HOLDER,2.95,8,2
22423,REGENCY CAKESTAND 3 TIER,12.75,1,1
"""
LINES = """Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
550001,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2011-07-01 12:00:00,2.95,13085.0,Netherlands
550002,22423,REGENCY CAKESTAND 3 TIER,1,2011-07-01 12:00:00,12.75,,United Kingdom
550001,85123a,WHITE HANGING HEART T-LIGHT HOLDER,2,2011-07-01 12:01:00,2.95,13085.0,Netherlands
550001,POST,POSTAGE,1,2011-07-01 12:01:00,18.00,13085.0,Netherlands
C550003,85123A,WHITE HANGING HEART T-LIGHT HOLDER,-6,2011-07-01 13:00:00,2.95,13085.0,Netherlands
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "catalogue.csv").write_text(CATALOGUE)
    (folder / "lines_to_2011-08-31.csv").write_text(LINES)
    return folder


def test_the_build_writes_what_the_readers_read(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "data"
    assert main([str(source), "--target", str(target)]) == 0
    rows = read_catalogue(target / "catalogue.csv.gz")
    assert {"85123A", "22423"} == {row.sku for row in rows}
    orders = list(read_history(folder=target / "history", known={row.sku for row in rows}))
    assert [order.external_ref for order in orders] == ["550001", "550002"]
    first = orders[0]
    assert (datetime(2011, 7, 1, 11, 0, tzinfo=UTC), "NL", 1800) == (
        first.placed_at,
        first.country,
        first.shipping_minor,
    )
    assert [line.quantity for line in first.lines] == [6, 2]
    assert (first.adjustments[0].kind, first.notes[-1]) == ("cancel", "over_minutes")
    stock = read_opening_stock(target / "opening_stock.csv")
    assert {"85123A", "22423"} == {row.sku for row in stock}


def test_building_twice_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    targets = [tmp_path / "one", tmp_path / "two"]
    for target in targets:
        main([str(source), "--target", str(target)])
    files = [sorted(path.relative_to(target) for path in target.rglob("*") if path.is_file()) for target in targets]
    assert files[0] == files[1]
    assert all((targets[0] / name).read_bytes() == (targets[1] / name).read_bytes() for name in files[0])


@pytest.mark.parametrize(("month", "hour"), [(1, 12), (7, 11)])
def test_source_times_are_uk_local(month: int, hour: int) -> None:
    assert datetime(2011, month, 1, hour, tzinfo=UTC) == to_utc(datetime(2011, month, 1, 12))  # noqa: DTZ001 - the source is naive


def test_an_unknown_country_is_named(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "lines_to_2011-08-31.csv").write_text(LINES.replace("Netherlands", "Atlantis"))
    assert main([str(source), "--target", str(tmp_path / "out")]) == 1
    assert "'Atlantis'" in capsys.readouterr().err


def test_a_folder_without_lines_is_named(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "lines_to_2011-08-31.csv").unlink()
    assert main([str(source), "--target", str(source / "out")]) == 1
    assert "has neither" in capsys.readouterr().err


def test_parquet_without_pyarrow_says_what_to_do(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source / "lines_to_2011-08-31.csv").unlink()
    (source / "lines_to_2011-08-31.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pyarrow"):
        next(read_lines(source))


def test_a_folder_without_sales_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="sales-"):
        next(read_sales(tmp_path))


def test_a_line_before_the_first_invoice_is_refused(tmp_path: Path) -> None:
    import gzip  # noqa: PLC0415 - only this test writes a broken file

    (tmp_path / "sales-2011q1.csv.gz").write_bytes(gzip.compress(b"85123A,6,295\n"))
    with pytest.raises(ValueError, match="before the first invoice"):
        next(read_file(tmp_path / "sales-2011q1.csv.gz"))
