"""Workbooks are read as CSV files are: the first sheet, as text, with the numbers of its rows."""

import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.providers import xlsx, xlsx_parts
from springtide.contexts.peak.providers.actuals_file import read_actuals
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contexts.peak.providers.plan_files import read_counts
from springtide.contexts.peak.providers.series import read_visits
from springtide.contexts.peak.providers.told_file import read_told
from springtide.contexts.peak.providers.xlsx import read_sheet
from springtide.contexts.peak.providers.xlsx_parts import is_date_format
from springtide.contracts.peak.errors import InvalidPeakInput

HEADER = ("time", "sku", "quantity", "unit_price")
ZONE = "Europe/Amsterdam"


def book(path: Path, *rows: Sequence[Any], sheet: str = "Orders", **options: Any) -> Path:
    """Write rows as a spreadsheet does: texts shared, days as numbers with a format, a second sheet behind."""
    written = Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm", **options})
    first = written.add_worksheet(sheet)
    for at, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, date):
                first.write_datetime(at, column, cell)
            elif cell is not None:
                first.write(at, column, cell)
    written.add_worksheet("Notes").write(0, 0, "not read")
    written.close()
    return path


def refused(path: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(InvalidPeakInput) as refusal:
        read_history_file(path, timezone=ZONE)
    assert {mistake.where for mistake in refusal.value.mistakes} == {path.name}
    return [(mistake.row, mistake.rule, mistake.message) for mistake in refusal.value.mistakes]


def replaced(path: Path, part: str, change: Any) -> Path:
    """Write the workbook again with another part."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, body in parts.items():
            new.writestr(name, body)
    return path


def test_a_sheet_of_order_lines_is_what_its_csv_would_be(tmp_path: Path) -> None:
    at = datetime(2026, 11, 27, 9, 30)  # noqa: DTZ001 - the shop's clock has no zone
    workbook = book(tmp_path / "a.xlsx", HEADER, (at, "mug", 2, 12.95), (date(2026, 11, 28), 85123, -1, 3))
    text = tmp_path / "a.csv"
    text.write_text("time,sku,quantity,unit_price\n2026-11-27 09:30:00,mug,2,12.95\n2026-11-28,85123,-1,3\n")
    found, same = (read_history_file(path, timezone=ZONE) for path in (workbook, text))
    assert isinstance(found, OrderLines)
    assert isinstance(same, OrderLines)
    assert found.frame.equals(same.frame)


@pytest.mark.parametrize("options", [{}, {"constant_memory": True}, {"date_1904": True}])
def test_texts_within_cells_and_days_from_1904_are_read_too(tmp_path: Path, options: dict[str, bool]) -> None:
    path = book(tmp_path / "a.xlsx", ("date", "visits"), (date(2026, 3, 1), 120), (date(2026, 3, 2), "80"), **options)
    assert read_visits(path) == {date(2026, 3, 1): 120, date(2026, 3, 2): 80}


def test_rows_keep_their_numbers_and_blank_ones_are_none(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", (), HEADER, ("2026-11-27", "mug", 1, 1), (), ("2026-11-28", "cup", "x", -1))
    assert [(row, rule) for row, rule, _ in refused(path)] == [(5, "quantity"), (5, "unit_price")]


def test_every_reader_takes_workbooks(tmp_path: Path) -> None:
    counted = book(tmp_path / "hours.xlsx", ("hour", "orders"), (datetime(2026, 11, 27, 9), 12))  # noqa: DTZ001 - as above
    assert [hour.orders for hour in read_actuals(counted, timezone=ZONE).hours] == [12]
    told = book(tmp_path / "told.xlsx", ("figure", "day", "value"), ("warehouse.paid_hours", "2026-11-27", 212.5))
    assert [(one.day, one.value) for one in read_told(told)] == [(date(2026, 11, 27), 212.5)]
    stock = book(tmp_path / "stock.xlsx", ("SKU", "on_hand", "pack"), ("mug", 7, 2), ("cup", 5))
    assert [(one.sku, one.on_hand, one.pack_size) for one in read_counts(stock, None)] == [("mug", 7, 2), ("cup", 5, 1)]


def test_formulas_are_what_they_came_to_and_truth_is_a_word(tmp_path: Path) -> None:
    written = Workbook(tmp_path / "a.xlsx")
    sheet = written.add_worksheet()
    sheet.write_row(0, 0, ("a", "b", "c"))
    sheet.write_formula(1, 0, "=1+1", None, 2)
    sheet.write_formula(1, 1, '="x"&"y"', None, "xy")
    sheet.write_boolean(1, 2, True)  # noqa: FBT003 - the library's
    written.close()
    assert read_sheet(tmp_path / "a.xlsx").rows == [(2, ["2", "xy", "true"])]


def test_errors_and_cells_beside_the_header_are_named_with_sheet_column_and_row(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", HEADER, ("2026-11-27", "mug", 1, 1), ("2026-11-27", "mug", 1, 1, "a note"))
    assert refused(path) == [(3, "row_length", "sheet Orders, column E: a cell without a column above it")]
    broken = replaced(
        book(tmp_path / "b.xlsx", HEADER, ("2026-11-27", "mug", 1, 7)),
        "xl/worksheets/sheet1.xml",
        lambda body: body.replace(b'<c r="D2"><v>7</v>', b'<c r="D2" t="e"><v>#REF!</v>'),
    )
    assert refused(broken) == [(2, "cell_error", "sheet Orders, column D: the cell holds the error #REF!")]


def test_a_header_without_rows_and_a_sheet_without_anything_are_refused(tmp_path: Path) -> None:
    assert [rule for _, rule, _ in refused(book(tmp_path / "a.xlsx", HEADER))] == ["empty"]
    assert refused(book(tmp_path / "b.xlsx")) == [(0, "empty", "the sheet Orders is empty")]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    for number, body in enumerate((b"time,sku\n", b"PK\x03\x04 and nothing more", b"\xd0\xcf\x11\xe0" + bytes(512))):
        (tmp_path / f"{number}.xlsx").write_bytes(body)
        ((_, rule, message),) = refused(tmp_path / f"{number}.xlsx")
        assert rule == "not_readable"
        assert message.startswith("the workbook cannot be read: ")
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as other:
        other.writestr("word/document.xml", "<document/>")
    assert "there is no xl/workbook.xml in it" in refused(tmp_path / "other.xlsx")[0][2]
    half = book(tmp_path / "half.xlsx", HEADER)
    assert "cannot be read" in refused(replaced(half, "xl/worksheets/sheet1.xml", lambda body: body[:200]))[0][2]


def test_a_zip_bomb_is_refused_by_what_it_would_unpack_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_parts, "MOST_UNPACKED", 2 * 1024 * 1024)
    path = replaced(
        book(tmp_path / "a.xlsx", HEADER, ("2026-11-27", "mug", 1, 1)),
        "xl/worksheets/sheet1.xml",
        lambda body: body.replace(b"</sheetData>", b"<row/>" * 1_000_000 + b"</sheetData>"),
    )
    assert path.stat().st_size < 40_000
    ((_, rule, message),) = refused(path)
    assert rule == "not_readable"
    assert "xl/worksheets/sheet1.xml has 5 MB unpacked, at most 2 MB are read" in message


def test_xml_that_grows_and_more_rows_than_are_read_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><sst>&c;</sst>'
    path = book(tmp_path / "a.xlsx", HEADER, ("2026-11-27", "mug", 1, 1), ("2026-11-28", "mug", 1, 1))
    monkeypatch.setattr(xlsx, "MOST_ROWS", 1)
    assert "the sheet Orders has more than 1 rows" in refused(path)[0][2]
    assert "a document type" in refused(replaced(path, "xl/sharedStrings.xml", lambda _: bomb))[0][2]


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy-mm-dd", True),
        ("[$-409]d-mmm-yy;@", True),
        ("[h]:mm:ss", True),
        ("General", False),
        ("0.00", False),
        ('#,##0.00 "days"', False),
        ("#,##0_);[Red]\\(#,##0\\)", False),
        ("0.0\\d", False),
    ],
)
def test_formats_that_show_days_or_times_are_told_from_others(code: str, is_date: bool) -> None:  # noqa: FBT001 - a case
    assert is_date_format(code) is is_date


@pytest.mark.parametrize("number", ["9" * 5000, "²", "-1", "1e3"])
def test_numbers_that_are_none_name_nothing(tmp_path: Path, number: str) -> None:
    """Row, style and text are named by number; a workbook made by hand may say anything there."""
    good = book(tmp_path / "orders.xlsx", HEADER, (datetime(2011, 1, 3, 9), "A1", 2, 3.5))  # noqa: DTZ001 - as sheets are
    body = good.read_bytes()
    for pattern in (rb' r="2"', rb' s="[0-9]+"', rb"<v>1</v>"):
        good.write_bytes(body)

        def told(sheet: bytes, pattern: bytes = pattern) -> bytes:
            assert re.search(pattern, sheet)
            return re.sub(pattern, lambda found: re.sub(rb"[0-9]+", number.encode(), found[0]), sheet)

        sheet = read_sheet(replaced(good, "xl/worksheets/sheet1.xml", told))
        assert len(sheet.rows) == 1


def test_days_end_with_the_year_9999_also_where_they_begin_in_1904(tmp_path: Path) -> None:
    late = book(tmp_path / "orders.xlsx", HEADER, (datetime(9999, 12, 31), "A1", 2, 3.5), date_1904=True)  # noqa: DTZ001 - as sheets are
    beyond = replaced(
        late, "xl/worksheets/sheet1.xml", lambda sheet: sheet.replace(b"<v>2957003</v>", b"<v>2958465</v>")
    )
    assert [cells[0] for _, cells in read_sheet(beyond).rows] == ["2958465"]
