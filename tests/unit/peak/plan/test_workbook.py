"""Tables of a plan for other programs: bands as columns, phrases as sentences, nothing that a spreadsheet would run."""

import zipfile
from io import BytesIO

import pytest
from xlsxwriter import Workbook

from springtide.contexts.peak.providers.plan_workbook import _Sheets
from springtide.contracts.peak.tables import guarded, tables_of

PHRASE = {"key": "budget.over_plan", "values": {"line": "goods", "amount": 1250}}
RECORD = {
    "total": {"mean": 1.5, "p50": 1.0},
    "cost_minor": 1250,
    "lines": [{"sku": "=cmd()", "what": PHRASE, "cost_minor": 99, "by": "2026-11-01", "tags": ["a", "b"]}],
    "part": {"rows": [{"n": 1}, {"m": None}]},
}


def test_a_record_is_its_figures_and_its_lists() -> None:
    tables = {table.name: table for table in tables_of("budget", RECORD, "GBP")}
    assert list(tables) == ["budget", "budget.lines", "budget.part.rows"]
    assert dict(tables["budget"].rows) == {"total.mean": 1.5, "total.p50": 1.0, "cost_minor": 1250}
    assert tables["budget.lines"].columns == ("sku", "what", "cost_minor", "by", "tags")
    (row,) = tables["budget.lines"].rows
    assert "12.50" in str(row[1])
    assert row[4] == "a; b"
    assert tables["budget.part.rows"].rows == ((1, None), (None, None))


@pytest.mark.parametrize(("currency", "words", "cell"), [("JPY", "1,250", "1250"), ("KWD", "1.250", "1.25")])
def test_money_has_the_digits_of_its_currency(currency: str, words: str, cell: str) -> None:
    lines = list(tables_of("budget", RECORD, currency))[1]
    assert words in str(lines.rows[0][1])
    body = BytesIO()
    book = Workbook(body, {"in_memory": True})
    _Sheets(book, currency).write("budget", tables_of("budget", RECORD, currency))
    book.close()
    with zipfile.ZipFile(body) as file:
        sheet, styles = (file.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    assert f"<v>{cell}</v>" in sheet
    assert ('formatCode="#,##0.000"' in styles) == (currency == "KWD")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1"])
def test_a_text_that_looks_like_a_formula_is_quoted(text: str) -> None:
    assert guarded(text) == f"'{text}"


def test_numbers_and_other_texts_stay_as_they_are() -> None:
    assert [guarded(cell) for cell in (-1, 2.5, None, "mug", True)] == [-1, 2.5, None, "mug", True]


def test_a_sheet_holds_texts_as_texts_and_money_in_units() -> None:
    body = BytesIO()
    book = Workbook(body, {"in_memory": True})
    _Sheets(book, "GBP").write("budget", tables_of("budget", RECORD, "GBP"))
    book.close()
    with zipfile.ZipFile(body) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
        texts = file.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "<v>12.5</v>" in sheet
    assert "<v>0.99</v>" in sheet
    for words in ("=cmd()", "cost (GBP)", "total.p50"):
        assert words in texts
