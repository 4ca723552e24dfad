"""Files of a shop's past: read as they are, or refused with every broken row named."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.providers.clock import check_timezone
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contexts.peak.providers.series import read_catalogue, read_visits
from springtide.contracts.peak.errors import InvalidPeakInput

HEADER = "time,sku,quantity,unit_price\n"
SHOPIFY = (
    "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
    "Shipping Country,Cancelled at\n"
)
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        path = tmp_path / "past.csv"
        path.write_text(text)
        return path

    return _write


def _lines(path: Path, known: frozenset[str] = frozenset()) -> OrderLines:
    lines = read_history_file(path, timezone="Europe/Amsterdam", categories=dict.fromkeys(known, ""))
    assert isinstance(lines, OrderLines)
    return lines


def _refusal(path: Path, known: frozenset[str] = frozenset()) -> list[tuple[int, str]]:
    with pytest.raises(InvalidPeakInput) as refused:
        read_history_file(path, timezone="Europe/Amsterdam", categories=dict.fromkeys(known, ""))
    assert all(mistake.where == path.name for mistake in refused.value.mistakes)
    return [(mistake.row, mistake.rule) for mistake in refused.value.mistakes]


def test_times_without_an_offset_are_the_shops_clock(write: Write) -> None:
    lines = _lines(write(HEADER + "2026-11-27 09:30,mug,2,12.50\n2026-11-27T10:00:05,cup,-1,3\n2026-11-28,cup,1,3\n"))
    assert lines.frame["local"].to_list() == [
        datetime(2026, 11, 27, 9, 30),  # noqa: DTZ001 - the shop's clock has no zone
        datetime(2026, 11, 27, 10, 0, 5),  # noqa: DTZ001 - the shop's clock has no zone
        datetime(2026, 11, 28),  # noqa: DTZ001 - the shop's clock has no zone
    ]
    assert lines.frame["price_minor"].to_list() == [1250, 300, 300]
    assert lines.frame["quantity"].to_list() == [2, -1, 1]
    assert lines.frame["row"].to_list() == [2, 3, 4]


def test_times_with_an_offset_are_brought_to_the_shops_clock_through_summer_and_winter(write: Write) -> None:
    rows = "2026-07-01T22:30:00Z,a,1,1\n2026-12-01 22:30:00 -0500,a,1,1\n2026-12-01T22:30:00+05:30,a,1,1\n"
    local = [str(moment) for moment in _lines(write(HEADER + rows)).frame["local"].to_list()]
    assert local == ["2026-07-02 00:30:00", "2026-12-02 04:30:00", "2026-12-01 18:00:00"]


def test_hours_that_the_clock_skipped_or_showed_twice_are_counted(write: Write) -> None:
    rows = "2026-03-29 02:30,a,1,1\n2026-10-25 02:30,a,1,1\n2026-10-25 02:45,a,1,1\n2026-10-25 12:00,a,1,1\n"
    lines = _lines(write(HEADER + rows))
    assert (lines.times_skipped, lines.times_twice) == (1, 2)


def test_optional_columns_semicolons_and_decimal_commas_are_read(write: Write) -> None:
    text = "sku;time;quantity;unit_price;in_stock;order_id;category;extra\nmug;2026-11-27;1,5;2,95;no;o1;kitchen;x\n"
    row = _lines(write(text)).frame.row(0, named=True)
    assert (row["quantity"], row["price_minor"], row["in_stock"]) == (1.5, 295, False)
    assert (row["order_id"], row["category"], row["customer_id"]) == ("o1", "kitchen", None)


def test_parquet_says_the_same_as_csv(write: Write, tmp_path: Path) -> None:
    path = write(HEADER + "2026-11-27 09:30:00,mug,2,12.5\n2026-11-27 10:00:05,cup,1,3\n")
    typed = pl.read_csv(path, try_parse_dates=True)
    assert typed.schema["time"].is_temporal()
    typed.write_parquet(tmp_path / "past.parquet")
    assert _lines(tmp_path / "past.parquet").frame.equals(_lines(path).frame)


def test_every_broken_row_is_named_with_its_rule(write: Write) -> None:
    rows = (
        "2026-11-27,mug,1,5\n"
        "27/11/2026,mug,1,5\n"
        "2026-02-30,mug,1,5\n"
        "2026-11-27,,1,5\n"
        "2026-11-27,mug,0,5\n"
        "2026-11-27,mug,many,5\n"
        "2026-11-27,mug,1,-5\n"
        "2026-11-27,mug,1,\n"
        "2026-11-27,vase,1,5\n"
        "1026-11-27,mug,NaN,inf\n"
    )
    assert _refusal(write(HEADER + rows), frozenset({"mug"})) == [
        (3, "time"),
        (4, "time"),
        (5, "sku"),
        (6, "quantity"),
        (7, "quantity"),
        (8, "unit_price"),
        (9, "unit_price"),
        (10, "unknown_sku"),
        (11, "time"),
        (11, "quantity"),
        (11, "unit_price"),
    ]


def test_many_broken_rows_are_counted_after_the_first_twenty(write: Write) -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        _lines(write(HEADER + "2026-11-27,mug,x,5\n" * 500))
    mistakes = refused.value.mistakes
    assert [mistake.row for mistake in mistakes] == [*range(2, 22), 0]
    assert mistakes[-1].message.startswith("480 more rows")


def test_mixed_time_zones_name_the_rows_that_differ(write: Write) -> None:
    few = "2026-11-27 10:00,a,1,1\n" * 3 + "2026-11-27T10:00:00+01:00,a,1,1\n"
    assert _refusal(write(HEADER + few)) == [(5, "mixed_time_zones")]
    bare = "2026-11-27 10:00,a,1,1\n" + "2026-11-27T10:00:00Z,a,1,1\n" * 3
    assert _refusal(write(HEADER + bare)) == [(2, "mixed_time_zones")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(0, "empty")]),
        ("\n\n", [(0, "empty")]),
        (HEADER, [(0, "empty")]),
        ("time,sku,sku,quantity,unit_price\n", [(1, "duplicate_column")]),
        ("day,article,count\n2026-11-27,a,1\n", [(1, "unknown_format")]),
        (HEADER + "2026-11-27,a,1,1\n2026-11-27,a,1,1,1,1\n", [(3, "row_length")]),
        (HEADER + "2026-11-27,a,1\n", [(2, "unit_price")]),
    ],
)
def test_a_file_that_is_none_is_refused(write: Write, text: str, expected: list[tuple[int, str]]) -> None:
    assert _refusal(write(text)) == expected


def test_bytes_that_are_no_text_and_no_parquet_are_refused(tmp_path: Path) -> None:
    for name in ("past.csv", "past.parquet", "past.csv.gz"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00\x01" * 10)
        assert _refusal(tmp_path / name) == [(0, "not_readable")]


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _lines(tmp_path / "none.csv")


def test_an_unknown_time_zone_is_refused() -> None:
    assert check_timezone("Europe/Stockholm") == "Europe/Stockholm"
    with pytest.raises(InvalidPeakInput, match="Europe/Springtide"):
        check_timezone("Europe/Springtide")


def test_shopifys_export_is_read_with_the_orders_facts_on_all_its_lines(write: Write) -> None:
    rows = (
        "#1001,a@example.com,paid,EUR,2026-11-27 09:30:00 +0100,2,Mug,12.50,MUG-1,NL,\n"
        "#1001,a@example.com,,,2026-11-27 09:30:00 +0100,1,Gift card,25.00,,,\n"
        "#1002,b@example.com,voided,EUR,2026-11-27 10:00:00 +0100,3,Mug,12.50,MUG-1,SE,\n"
        "#1003,c@example.com,refunded,EUR,2026-07-01 10:00:00 +0200,1,Mug,12.50,MUG-1,SE,2026-07-02 08:00:00 +0200\n"
    )
    frame = _lines(write(SHOPIFY + rows)).frame
    columns = ("sku", "order_id", "quantity", "price_minor", "country", "cancelled")
    assert frame.select(columns).rows() == [
        ("MUG-1", "#1001", 2, 1250, "NL", None),
        ("Gift card", "#1001", 1, 2500, "NL", None),
        ("MUG-1", "#1002", 3, 1250, "SE", 3),
        ("MUG-1", "#1003", 1, 1250, "SE", 1),
    ]
    assert str(frame["local"][3]) == "2026-07-01 10:00:00"
    assert frame["customer_id"].null_count() == 4, "addresses are not read"


def test_an_export_of_several_currencies_is_refused(write: Write) -> None:
    row = "#{0},a@example.com,paid,{1},2026-11-27 09:30:00 +0100,2,Mug,12.50,MUG-1,NL,\n"
    text = SHOPIFY + row.format(1, "EUR") + row.format(2, "SEK") + row.format(3, "EUR")
    assert _refusal(write(text)) == [(3, "mixed_currencies")]


def test_visits_and_catalogues_are_read_or_refused(write: Write) -> None:
    assert read_visits(write("date,visits\n2026-03-01,120\n2026-03-02,80\n")) == {
        date(2026, 3, 1): 120,
        date(2026, 3, 2): 80,
    }
    with pytest.raises(InvalidPeakInput) as refused:
        read_visits(write("date,visits\n2026-03-01,-1\n2026-03-01,3\n"))
    assert [(mistake.row, mistake.rule) for mistake in refused.value.mistakes] == [(2, "visits"), (3, "duplicate_row")]
    assert read_catalogue(write("sku,category\na,x\nb,\n")) == {"a": "x", "b": ""}
    assert read_catalogue(write("sku\na\n")) == {"a": ""}
    with pytest.raises(InvalidPeakInput):
        read_catalogue(write("sku\na\na\n"))


@pytest.mark.parametrize(("currency", "minor"), [("", 125_000), ("GBP", 125_000), ("JPY", 1_250), ("KWD", 1_250_000)])
def test_prices_are_counted_in_the_minor_units_of_their_currency(write: Write, currency: str, minor: int) -> None:
    path = write(HEADER + "2026-11-27 09:30,mug,2,1250\n")
    lines = read_history_file(path, timezone="Europe/Amsterdam", currency=currency)
    assert isinstance(lines, OrderLines)
    assert lines.frame["price_minor"].to_list() == [minor]


def test_shopifys_export_says_its_currency_and_another_one_is_refused(write: Write) -> None:
    row = "#1,2026-11-27 09:30:00 +0100,1,Mug,1250,,,JPY\n"
    names = "Name,Created at,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,Financial Status,Currency\n"
    path = write(names + row)
    for currency in ("", "JPY"):
        lines = read_history_file(path, timezone="Europe/Amsterdam", currency=currency)
        assert isinstance(lines, OrderLines)
        assert lines.frame["price_minor"].to_list() == [1_250]
    with pytest.raises(InvalidPeakInput, match="prices are in JPY, the company keeps its books in KWD") as refused:
        read_history_file(path, timezone="Europe/Amsterdam", currency="KWD")
    assert [mistake.rule for mistake in refused.value.mistakes] == ["other_currency"]
