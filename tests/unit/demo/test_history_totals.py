"""The whole history against the source's own daily sums, and against the catalogue and the opening stock."""

import csv
from collections import defaultdict
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from springtide.demo.catalogue import read_catalogue
from springtide.demo.codes import Treatment, treatment
from springtide.demo.company import load_company
from springtide.demo.history import AS_OF, Decisions, HistoryOrder, read_history, vat_rate_bp
from springtide.demo.history_decisions import Line, as_table
from springtide.demo.history_files import RawInvoice, read_credits, read_sales
from springtide.demo.opening_stock import opening_stock, read_opening_stock, weekly_units

SOURCE_LINES = 823_643
DAILY = Path(__file__).parent / "source_daily.csv"
LONDON = ZoneInfo("Europe/London")

Daily = dict[str, tuple[int, int, int, int]]
"""Day -> orders, units, revenue in pence, lines."""


@pytest.fixture(scope="module")
def history() -> tuple[list[HistoryOrder], Decisions]:
    decisions = Decisions()
    return list(read_history(decisions)), decisions


@pytest.fixture(scope="module")
def source_daily() -> Daily:
    with DAILY.open(encoding="utf-8", newline="") as file:
        return {
            row["date"]: (
                int(row["orders"]),
                int(row["units"]),
                round(float(row["revenue_gbp"]) * 100),
                int(row["lines"]),
            )
            for row in csv.DictReader(file)
        }


def local_day(invoice: RawInvoice | HistoryOrder) -> str:
    at = invoice.at if isinstance(invoice, RawInvoice) else invoice.placed_at
    return at.astimezone(LONDON).date().isoformat()


def is_pads(row: list[str]) -> bool:
    """A tenth of a penny: the source counts it, in whole pence it is nothing."""
    return row[0] == "PADS" and int(row[1]) > 0 and int(row[2]) == 0


def test_raw_lines_give_the_sources_days(source_daily: Daily) -> None:
    invoices: dict[str, set[str]] = defaultdict(set)
    units: dict[str, int] = defaultdict(int)
    pence: dict[str, int] = defaultdict(int)
    lines: dict[str, int] = defaultdict(int)
    for invoice in read_sales():
        day = local_day(invoice)
        for row in invoice.rows:
            if int(row[1]) > 0 and (int(row[2]) > 0 or is_pads(row)):
                invoices[day].add(invoice.number)
                units[day] += int(row[1])
                pence[day] += int(row[1]) * int(row[2])
                lines[day] += 1
    found = {day: (len(invoices[day]), units[day], pence[day], lines[day]) for day in invoices}
    in_period = {day: sums for day, sums in source_daily.items() if day < AS_OF.isoformat()}
    assert in_period.keys() == found.keys()
    for day, (orders, unit_sum, revenue, line_sum) in in_period.items():
        assert (orders, unit_sum, line_sum) == (found[day][0], found[day][1], found[day][3])
        assert abs(revenue - found[day][2]) <= 1, day  # the source sums tenths of a penny (PADS)


def test_orders_differ_from_the_sources_days_only_by_what_is_left_out(
    history: tuple[list[HistoryOrder], Decisions], source_daily: Daily
) -> None:
    orders, _ = history
    revenue: dict[str, int] = defaultdict(int)
    count: dict[str, int] = defaultdict(int)
    for order in orders:
        if order.kind == "sale":
            day = local_day(order)
            revenue[day] += sum(line.quantity * line.unit_net_minor for line in order.lines) + order.shipping_minor
            count[day] += 1
    left_out, not_orders = what_the_source_counts_and_we_do_not()
    for day, (source_orders, _, pence, _) in source_daily.items():
        if day < AS_OF.isoformat():
            assert abs(pence - revenue[day] - left_out[day]) <= 1, day
            assert source_orders == count[day] + not_orders[day], day


def what_the_source_counts_and_we_do_not() -> tuple[dict[str, int], dict[str, int]]:
    """Add up, by day, the pence of excluded lines and the invoices that are no orders, from the raw rows."""
    pence: dict[str, int] = defaultdict(int)
    invoices: dict[str, int] = defaultdict(int)
    for invoice in read_sales():
        paid = [row for row in invoice.rows if int(row[1]) > 0 and (int(row[2]) > 0 or is_pads(row))]
        goods = [row for row in paid if treatment(row[0].upper()) in {None, Treatment.VOUCHER}]
        out = paid if not goods else [row for row in paid if treatment(row[0].upper()) is Treatment.EXCLUDED]
        pence[local_day(invoice)] += sum(int(row[1]) * int(row[2]) for row in out)
        invoices[local_day(invoice)] += bool(paid) and not goods
    return pence, invoices


def test_every_line_meets_one_decision(history: tuple[list[HistoryOrder], Decisions]) -> None:
    _, decisions = history
    assert decisions.lines == SOURCE_LINES
    assert sum(len(invoice.rows) for source in (read_sales(), read_credits()) for invoice in source) == SOURCE_LINES
    assert all(decisions.counts[line] > 0 for line in Line)


def test_adjustments_never_take_more_than_was_sold(history: tuple[list[HistoryOrder], Decisions]) -> None:
    for order in history[0]:
        taken: dict[int, int] = defaultdict(int)
        for adjustment in order.adjustments:
            assert adjustment.at >= order.placed_at
            for part in adjustment.lines:
                taken[part.line] += part.quantity
        assert all(quantity <= order.lines[index].quantity for index, quantity in taken.items())


def test_orders_are_unique_in_time_order_and_before_the_demos_today(
    history: tuple[list[HistoryOrder], Decisions],
) -> None:
    times = [order.placed_at for order in history[0]]
    assert times == sorted(times)
    assert len(times) == len({order.external_ref for order in history[0]})
    assert times[-1].date() < AS_OF
    assert all(
        order.lines and all(line.quantity > 0 for line in order.lines) for order in history[0] if order.kind == "sale"
    )


def test_articles_of_orders_are_in_the_catalogue(history: tuple[list[HistoryOrder], Decisions]) -> None:
    known = {row.sku for row in read_catalogue()}
    assert all(line.sku in known for order in history[0] for line in order.lines if line.kind in {"article", "free"})


def test_vat_follows_the_uk_rates_and_exports_carry_none(history: tuple[list[HistoryOrder], Decisions]) -> None:
    rates = {(order.placed_at.year, vat_rate_bp(order.placed_at, "GB")) for order in history[0]}
    assert {(2009, 1500), (2010, 1750), (2011, 1750), (2011, 2000)} >= rates
    assert vat_rate_bp(history[0][-1].placed_at, "NL") == 2000
    assert vat_rate_bp(history[0][-1].placed_at, "JE") == 0


def test_the_shipped_opening_stock_follows_its_rule(history: tuple[list[HistoryOrder], Decisions]) -> None:
    assert read_opening_stock() == opening_stock(read_catalogue(), weekly_units(history[0]), load_company())


def test_the_documentation_shows_the_counts(history: tuple[list[HistoryOrder], Decisions]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "demo-data.md").read_text(encoding="utf-8")
    assert as_table(history[1].report()) in page
