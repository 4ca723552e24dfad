from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from springtide.demo.catalogue import read_catalogue
from springtide.demo.history import AS_OF, AdjustedLine, HistoryAdjustment, HistoryLine, HistoryOrder
from springtide.demo.opening_stock import (
    EXTERNAL,
    OWN,
    pack_size,
    read_opening_stock,
    split_stock,
    weekly_demand,
    weekly_units,
)

TODAY = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)


def order(days_before: int, quantity: int, cancelled: int = 0, kind: str = "sale") -> HistoryOrder:
    at = TODAY - timedelta(days=days_before)
    adjustments = (HistoryAdjustment("C1", at, "cancel", (AdjustedLine(0, cancelled, 295),)),) if cancelled else ()
    lines = (HistoryLine("85123A", quantity, 295, "article"),)
    return HistoryOrder("1", kind, at, None, "GB", "GB", "GB", "GBP", lines, adjustments=adjustments)


def test_units_are_counted_by_week_before_the_day_net_of_cancellations() -> None:
    orders = [
        order(0, 99),
        order(1, 5),
        order(7, 2),
        order(8, 3),
        order(8, 4, cancelled=4),
        order(364, 1),
        order(365, 99),
    ]
    assert weekly_units(orders)["85123A"] == {0: 7, 1: 3, 51: 1}


def test_stand_alone_credits_are_no_demand() -> None:
    assert weekly_units([order(5, 9, kind="credit")]) == {}


def test_demand_is_the_recent_mean() -> None:
    assert weekly_demand(dict.fromkeys(range(13), 2)) == 2.0
    assert weekly_demand({30: 500}) == 0.0
    assert weekly_demand({}) == 0.0


def test_one_huge_week_counts_four_times_the_median_week() -> None:
    weeks = dict.fromkeys(range(13), 10) | {3: 10_000}
    assert pytest.approx(weekly_demand(weeks)) == (12 * 10 + 40) / 13


@pytest.mark.parametrize(
    ("demand", "lead_days", "pack", "sold", "own", "external"),
    [
        (10.0, 28, 12, True, 60, 48),  # 100 units of cover: 9 packs, 5 of them here
        (1.0, 7, 1, True, 5, 2),
        (0.0, 28, 12, True, 12, 0),
        (0.0, 28, 12, False, 0, 0),
    ],
)
def test_cover_is_rounded_to_packs_and_split(  # noqa: PLR0917 - one row of the table
    demand: float,
    lead_days: int,
    pack: int,
    sold: bool,  # noqa: FBT001 - one row of the table
    own: int,
    external: int,
) -> None:
    assert (own, external) == split_stock(demand, lead_days, pack, sold=sold)


@pytest.mark.parametrize(("price", "pack"), [(199, 12), (200, 6), (500, 4), (1000, 1)])
def test_cheap_articles_come_in_larger_packs(price: int, pack: int) -> None:
    assert pack == pack_size(price)


def test_the_shipped_stock_covers_the_catalogue() -> None:
    rows = read_opening_stock()
    locations = Counter(row.location for row in rows)
    assert {row.sku for row in read_catalogue()} == {row.sku for row in rows if row.location == OWN}
    assert {OWN, EXTERNAL} == set(locations)
    assert len(rows) == len({(row.sku, row.location) for row in rows})
    assert all(row.on_hand >= 0 and row.on_hand % row.pack_size == 0 for row in rows)
