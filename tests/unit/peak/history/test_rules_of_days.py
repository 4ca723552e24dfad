"""Closed days, holes, cut days and stock-outs."""

from datetime import date, timedelta

import numpy as np

from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.history.demand_of import Around, demand_of
from springtide.contracts.peak.history import HistoryRule, QualityReport
from tests.unit.peak.history.shop import FIRST, line, shop, steady, type_of_row


def _without(days: range, *missing: int) -> list[int]:
    return [day for day in days if day not in missing]


def _look(rows: list[type_of_row], *keep: str, around: Around | None = None) -> tuple[Demand, QualityReport]:
    return demand_of(shop(rows), keep=set(keep), around=around)


def _closed(demand: Demand) -> list[int]:
    return np.flatnonzero(~demand.open_days).tolist()


def test_a_weekday_without_orders_is_closed_and_no_hole() -> None:
    sundays = [6, 13, 20, 27, 34]
    rows = steady(_without(range(36), *sundays))
    demand, report = _look(rows)
    assert _closed(demand) == sundays
    assert [(one.key, one.rule) for one in report.exclusions] == [("weekly_closed:sunday", HistoryRule.WEEKLY_CLOSED)]
    assert _closed(_look(rows, "weekly_closed:sunday")[0]) == []


def test_a_stretch_without_orders_is_a_hole_in_the_history() -> None:
    rows = steady(_without(range(28), 10, 11, 12))
    demand, report = _look(rows)
    assert _closed(demand) == [10, 11, 12]
    assert [(one.key, one.first, one.last) for one in report.of(HistoryRule.GAP)] == [
        ("gap:2026-03-12", date(2026, 3, 12), date(2026, 3, 14))
    ]
    assert _closed(_look(rows, "gap")[0]) == []


def test_a_stretch_at_a_holiday_or_a_closure_of_the_shop_is_a_closure() -> None:
    rows = steady(_without(range(28), 10, 11, 12))
    near = Around(holidays={FIRST + timedelta(days=13): "King's Day"})
    told = Around(closed={FIRST + timedelta(days=11): "stock-taking"})
    for around, reason in ((near, "King's Day"), (told, "stock-taking")):
        demand, report = _look(rows, around=around)
        assert _closed(demand) == [10, 11, 12]
        assert [(one.rule, one.subject) for one in report.exclusions] == [(HistoryRule.CLOSURE, reason)]


def test_a_small_shop_has_days_without_orders_by_chance() -> None:
    rows = [line(day, order=f"o{day}") for day in _without(range(28), 3, 4, 10, 17, 20, 21, 26)]
    assert _closed(_look(rows)[0]) == []


def test_a_first_and_last_day_of_which_only_a_part_is_there_teach_nothing() -> None:
    rows = [row for row in steady(range(28)) if str(row[0]) >= "2026-03-02 17:00" and str(row[0]) < "2026-03-29 11:00"]
    demand, report = _look(rows)
    assert _closed(demand) == [0, 27]
    assert [(one.rule, one.subject) for one in report.exclusions] == [
        (HistoryRule.CUT_DAY, "first"),
        (HistoryRule.CUT_DAY, "last"),
    ]


def test_stock_outs_that_the_file_tells_censor_the_product_that_day() -> None:
    rows = [*steady(range(28)), line(4, "cup", in_stock=True), line(5, "cup", in_stock=False)]
    rows += [line(6, "cup", in_stock=False), line(9, "cup", in_stock=True)]
    demand, report = _look(rows)
    cup = [product.sku for product in demand.products].index("cup")
    assert np.argwhere(~demand.in_stock).tolist() == [[5, cup], [6, cup]]
    assert [one.key for one in report.exclusions] == ["stock_out:cup:2026-03-07"]
    assert _look(rows, "stock_out:cup:2026-03-07")[0].in_stock.all()


def test_a_long_silence_of_a_busy_product_is_suspected_a_quiet_product_is_not() -> None:
    busy = steady(_without(range(80), *range(40, 60)), sku="cup", orders=2)
    quiet = [line(day, "vase", order=f"v{day}") for day in (1, 20, 60, 79)]
    demand, report = _look([*steady(range(80)), *busy, *quiet])
    assert [(one.key, one.last) for one in report.exclusions] == [
        ("stock_out_suspected:cup:2026-04-11", FIRST + timedelta(days=59))
    ]
    assert (~demand.in_stock).sum() == 20
    short = steady(_without(range(80), *range(40, 45)), sku="cup", orders=2)
    assert _look([*steady(range(80)), *short])[1].exclusions == ()


def test_visits_stand_beside_the_days_and_uncounted_days_are_unknown() -> None:
    around = Around(visits={FIRST: 120.0, FIRST + timedelta(days=1): 80.0})
    demand, _ = _look(steady(range(3)), around=around)
    assert demand.visits is not None
    assert demand.visits[:2].tolist() == [120, 80]
    assert np.isnan(demand.visits[2])


def test_the_report_warns_of_a_clock_that_is_not_the_shops() -> None:
    rows = [line(day, order=f"{day}-{hour}", hour=hour) for day in range(28) for hour in (3, 4, 12)]
    keys = {phrase.key for phrase in _look(rows)[1].warnings}
    assert keys == {"history.busy_night", "history.short", "history.no_stock_flags"}
