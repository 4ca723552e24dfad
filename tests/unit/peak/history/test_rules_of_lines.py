"""What of an order line is demand, and how each exclusion is taken back."""

from datetime import date

import pytest

from springtide.contexts.peak.domain.history.demand_of import demand_of
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.history import HistoryRule, QualityReport
from tests.unit.peak.history.shop import line, shop, steady, type_of_row

USUAL = steady(range(28))


def _units(extra: list[type_of_row], *keep: str) -> tuple[float, QualityReport]:
    demand, report = demand_of(shop([*USUAL, *extra]), keep=set(keep))
    assert demand.units.sum() == report.units
    return report.units - 28 * 10 * 2, report


def _keys(report: QualityReport, rule: HistoryRule) -> list[str]:
    return [exclusion.key for exclusion in report.of(rule)]


def test_a_shop_without_oddities_is_taken_whole() -> None:
    units, report = _units([])
    assert units == 0
    assert report.exclusions == ()
    assert (report.orders, report.lines, report.days, report.open_days) == (280, 280, 28, 28)
    assert report.revenue_minor == 560 * 500


@pytest.mark.parametrize("party", [{"order": "sale"}, {"customer": "ada"}])
def test_a_credit_within_a_day_takes_units_off_the_sale(party: dict[str, str]) -> None:
    sale = line(5, quantity=6, order="sale", customer="ada")
    back = line(6, quantity=-4, **({"order": "back"} | party), hour=11)  # type: ignore[arg-type]  # keywords by name
    units, report = _units([sale, back])
    assert units == 2
    key = f"cancelled:{'sale' if 'order' in party else 'back'}:mug"
    assert _keys(report, HistoryRule.CANCELLED) == [key]
    assert report.of(HistoryRule.CANCELLED)[0].units == 4
    assert _units([sale, back], key)[0] == 6
    assert _units([sale, back], "cancelled")[0] == 6


def test_a_later_credit_is_a_return_and_demand_stays() -> None:
    sale = line(5, quantity=6, order="sale", customer="ada")
    back = line(6, quantity=-4, order="back", customer="ada", hour=13)
    units, report = _units([sale, back])
    assert units == 6
    assert _keys(report, HistoryRule.RETURNED) == ["returned:back:mug"]
    assert _units([sale, back], "returned:back:mug")[0] == 2


def test_a_credit_larger_than_the_sales_of_the_day_is_split() -> None:
    rows = [
        line(5, quantity=3, order="a", customer="ada", hour=13),
        line(5, quantity=2, order="b", customer="ada", hour=15),
        line(6, quantity=-9, order="back", customer="ada", hour=10),
    ]
    units, report = _units(rows)
    assert units == 0
    assert report.of(HistoryRule.CANCELLED)[0].units == 5
    assert report.of(HistoryRule.RETURNED)[0].units == -4
    assert report.orders == 280, "the orders that were cancelled whole are none"


def test_a_sale_is_never_taken_back_before_it_was_made() -> None:
    rows = [line(5, quantity=-4, customer="ada", hour=9), line(5, quantity=4, customer="ada", hour=10)]
    assert _units(rows)[0] == 4


def test_units_that_the_file_calls_cancelled_are_none() -> None:
    rows = [line(5, quantity=6, order="x", cancelled=6), line(5, quantity=4, order="y", cancelled=1)]
    units, report = _units(rows)
    assert units == 3
    assert _keys(report, HistoryRule.CANCELLED) == ["cancelled:x", "cancelled:y"]
    assert _units(rows, "cancelled:x")[0] == 9


def test_an_order_written_twice_counts_once_but_equal_lines_of_an_order_stay() -> None:
    order = [line(5, "mug", order="o"), line(5, "cup", order="o"), line(5, "mug", order="o")]
    equal = [line(6, "mug", order="e"), line(6, "mug", order="e")]
    units, report = _units([*order, *order, *equal])
    assert units == 6 + 4
    assert _keys(report, HistoryRule.DUPLICATE) == ["duplicate:o"]
    assert _units([*order, *order, *equal], "duplicate:o")[0] == 12 + 4


def test_lines_at_price_zero_are_left_out() -> None:
    units, report = _units([line(5, quantity=7, price=0, order="gift")])
    assert units == 0
    assert (_keys(report, HistoryRule.FREE), report.orders) == (["free:gift:mug"], 280)
    assert _units([line(5, quantity=7, price=0, order="gift")], "free")[0] == 7


def test_a_bulk_line_is_left_out_while_its_order_counts() -> None:
    units, report = _units([line(5, quantity=400, order="hotel"), line(5, quantity=20, order="party")])
    assert units == 20
    assert _keys(report, HistoryRule.BULK) == ["bulk:hotel:mug"]
    assert report.orders == 282
    assert _units([line(5, quantity=400, order="hotel")], "bulk:hotel:mug")[0] == 400


def test_a_product_that_always_sells_in_large_lots_is_not_bulk() -> None:
    lots = [line(day, "nails", quantity=500 + 100 * (day % 5), order=f"n{day}") for day in range(28)]
    assert _units(lots)[1].of(HistoryRule.BULK) == ()


def test_a_price_out_of_proportion_is_mended_and_the_units_stay() -> None:
    slip = [line(5, quantity=2, price=50_000, order="slip")]
    units, report = _units(slip)
    assert units == 2
    assert report.revenue_minor == 562 * 500
    assert _keys(report, HistoryRule.PRICE_OUTLIER) == ["price_outlier:slip:mug"]
    assert _units(slip, "price_outlier")[1].revenue_minor == 560 * 500 + 2 * 50_000


def test_a_key_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        _units([], "bulk:nobody:mug", "bulk")
    assert [mistake.rule for mistake in refused.value.mistakes] == ["unknown_key"]
    assert "bulk:nobody:mug" in str(refused.value)


def test_an_empty_past_and_one_of_credits_only_are_refused() -> None:
    for rows in ([], [line(1, quantity=-2)]):
        with pytest.raises(InvalidPeakInput) as refused:
            demand_of(shop(rows))
        assert [mistake.rule for mistake in refused.value.mistakes] == ["empty"]


def test_a_mistyped_year_is_refused() -> None:
    with pytest.raises(InvalidPeakInput, match="mistyped"):
        demand_of(shop([line(0), line(12_000)]))


def test_the_demand_has_days_products_hours_and_prices() -> None:
    rows = [
        line(0, "cup", 3, 250, order="a", hour=9),
        line(0, "mug", 1, 500, order="a", hour=9),
        line(2, "mug", 4, 500),
    ]
    demand, _ = demand_of(shop(rows))
    assert (demand.first, demand.last, demand.days) == (date(2026, 3, 2), date(2026, 3, 4), 3)
    assert [(one.sku, one.price_minor) for one in demand.products] == [("cup", 250), ("mug", 500)]
    assert demand.units.tolist() == [[3, 1], [0, 0], [0, 4]]
    assert demand.orders.tolist() == [1, 0, 1]
    assert demand.lines.tolist() == [2, 0, 1]
    assert demand.revenue_minor.tolist() == [1250, 0, 2000]
    assert demand.orders_by_hour[0, 9] == demand.orders_by_hour[2, 12] == 1
