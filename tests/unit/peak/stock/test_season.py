from datetime import date

import msgspec
import numpy as np
import pytest

from springtide.contexts.peak.domain.paths.products import StoredPaths
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.stock.report import report_of
from springtide.contexts.peak.domain.stock.season import StockResult, plan_stock
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.stock import StockPlan, StockRow
from springtide.demo.company import load_company

COMPANY = load_company()
SEASON = Season(first=date(2011, 9, 1), days=100)
PEAK = date(2011, 11, 25)
PRODUCTS, PATHS = 36, 200
SKUS = tuple(f"sku{number:02}" for number in range(PRODUCTS))


def paths_of(rate: float = 6.0) -> StoredPaths:
    random = np.random.Generator(np.random.Philox(11))
    common = random.lognormal(-0.02, 0.2, (1, PATHS, 1))
    units = random.poisson(rate * common, (PRODUCTS, PATHS, SEASON.days)).astype(np.float32)
    return StoredPaths(season=SEASON, skus=SKUS, units=units)


def rows_of(on_hand: int = 150) -> list[StockRow]:
    return [
        StockRow(
            sku=sku,
            category="christmas-paper" if number % 12 == 7 else "mugs-and-cups",
            supplier=COMPANY.suppliers[number % 12].id,
            price_minor=800 + 10 * number,
            on_hand=on_hand,
            weekly_units=42.0,
            pack_size=6,
            receipts=((date(2011, 9, 20), 60),) if number % 5 == 0 else (),
        )
        for number, sku in enumerate(SKUS)
    ]


@pytest.fixture(scope="module")
def result() -> StockResult:
    return plan_stock(paths_of(), rows_of(), COMPANY)


@pytest.fixture(scope="module")
def plan(result: StockResult) -> StockPlan:
    return report_of(result, peak_day=PEAK)


def test_the_buy_list_adds_up(result: StockResult, plan: StockPlan) -> None:
    assert plan.lines
    for line in plan.lines:
        assert line.units == line.packs * 6 == line.own_units + line.external_units
        assert line.order_on <= line.arrives_p50 <= line.arrives_p90 <= SEASON.last or line.lost_before_minor > 0
        assert line.lost_after_minor <= line.lost_before_minor
    assert plan.spend_minor == sum(line.cost_minor for line in plan.lines)
    assert plan.spend_minor == sum(order.spend_minor for order in plan.suppliers)
    assert sum(line.units for line in plan.lines) == result.purchase.quantity.sum()


def test_orders_reach_the_minimum_or_are_not_placed(plan: StockPlan) -> None:
    for order in plan.suppliers:
        assert order.spend_minor == 0 or order.spend_minor >= order.minimum_minor
        assert (order.outcome == "order") == (order.units > 0)


def test_orders_are_placed_on_the_suppliers_day(plan: StockPlan) -> None:
    for order in plan.suppliers:
        weekday = next(supplier.order_day for supplier in COMPANY.suppliers if supplier.id == order.supplier)
        assert order.order_on is not None
        assert order.order_on.strftime("%a") == weekday


def test_a_lead_time_beyond_the_season_is_too_late_and_said_first(plan: StockPlan) -> None:
    ningbo = next(order for order in plan.suppliers if order.supplier == "ningbo-christmas")
    assert ningbo.arrives_p50 == date(2011, 12, 13)  # Wed 7 September, 90 days, 7 of them closed
    assert ningbo.last_order is None
    late = [found for found in plan.exceptions if found.supplier == "ningbo-christmas"]
    assert {found.reason.key for found in late} <= {"stock.no_order_in_season", "stock.out_before_arrival"}
    assert late


def test_exceptions_come_worst_first_with_days_and_cover(plan: StockPlan) -> None:
    risks = [found.value_at_risk_minor for found in plan.exceptions]
    assert risks == sorted(risks, reverse=True)
    for found in plan.exceptions:
        assert 0 <= found.cover_days <= SEASON.days
        assert found.unavoidable_minor <= found.value_at_risk_minor
        assert found.stock_out is None or found.stock_out_early is None or found.stock_out_early <= found.stock_out


def test_orders_lose_less_on_every_path_than_no_orders(result: StockResult) -> None:
    assert (result.lost_margin <= result.lost_margin_without + 1e-6).all()
    assert result.lost_margin.mean() < result.lost_margin_without.mean()


def test_the_money_is_followed_to_the_seasons_end(result: StockResult, plan: StockPlan) -> None:
    returns = plan.returns
    assert returns is not None
    assert returns.sold.mean + returns.left.mean == pytest.approx(plan.spend_minor, abs=len(plan.lines))
    assert returns.left.p10 <= returns.left.p50 <= returns.left.p90
    by_line = sum(line.lost_before_minor - line.lost_after_minor for line in plan.lines)
    assert returns.saved_minor == pytest.approx(by_line, abs=len(plan.lines))
    assert 0 < returns.saved_minor <= returns.margin.mean
    spent = [0, *(one.spend_minor for one in returns.tranches)]
    worth = [0, *(one.worth_minor for one in returns.tranches)]
    assert spent[-1] == pytest.approx(plan.spend_minor, abs=len(plan.lines))
    slopes = np.diff(worth) / np.diff(spent)
    assert (np.diff(slopes) <= 0).all(), "the best comes first"
    assert slopes[-1] > -0.1, "nothing is bought at a loss but what fills up a minimum order"
    less = result.lost_margin_without.mean() - result.lost_margin.mean()
    assert less == pytest.approx(returns.margin.mean, rel=1e-3), "what nobody orders again is what these orders sell"


def test_a_product_that_is_not_worth_keeping_is_said_to_be_so() -> None:
    """It may sell out and an order could come, but what one path would sell is not worth the rent on the others."""
    dear = [msgspec.structs.replace(row, on_hand=0, unit_volume_m3=3.0, price_minor=20) for row in rows_of()]
    plan = report_of(plan_stock(paths_of(0.05), dear, COMPANY), peak_day=PEAK)
    assert plan.lines == ()
    assert plan.returns is not None
    assert plan.returns.tranches == ()
    assert "stock.not_worth_keeping" in {found.reason.key for found in plan.exceptions}


def test_deadlines_stand_before_the_busiest_day(plan: StockPlan) -> None:
    leeds = next(deadline for deadline in plan.deadlines if deadline.name == "Aire Valley Paper")
    assert leeds.last_day == date(2011, 11, 7)  # the last Monday 18 days before Friday 25 November
    assert leeds.needed_on == PEAK
    assert leeds.lead_days == 18


def test_the_same_input_gives_the_same_plan_however_blocks_are_cut(plan: StockPlan) -> None:
    class Cut(StoredPaths):
        def blocks(self, size=3, skus=None):  # type: ignore[no-untyped-def]
            return super().blocks(5, skus)

    whole = paths_of()
    again = report_of(plan_stock(Cut(season=SEASON, skus=SKUS, units=whole.units), rows_of(), COMPANY), peak_day=PEAK)
    assert msgspec.json.encode(again) == msgspec.json.encode(plan)


def test_plenty_of_stock_orders_nothing() -> None:
    result = plan_stock(paths_of(), rows_of(on_hand=5000), COMPANY)
    assert result.purchase.quantity.sum() == 0
    assert report_of(result, peak_day=PEAK).exceptions == ()


def test_a_budget_is_kept() -> None:
    free = plan_stock(paths_of(), rows_of(), COMPANY)
    spend = int((free.purchase.quantity * free.articles.unit_cost).sum())
    half = plan_stock(paths_of(), rows_of(), COMPANY, budget_minor=spend // 2)
    assert 0 < (half.purchase.quantity * half.articles.unit_cost).sum() <= spend // 2


def test_twice_the_demand_never_orders_less_in_all() -> None:
    less = plan_stock(paths_of(3.0), rows_of(), COMPANY).purchase.quantity.sum()
    assert plan_stock(paths_of(6.0), rows_of(), COMPANY).purchase.quantity.sum() >= less


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"on_hand": -1}, "negative_stock"),
        ({"pack_size": 0}, "pack_not_positive"),
        ({"supplier": "nobody"}, "unknown_supplier"),
        ({"sku": "ghost"}, "unknown_sku"),
        ({"sku": "sku01"}, "duplicate"),
        ({"receipts": ((date(2011, 9, 9), -4),)}, "receipt_negative"),
    ],
)
def test_rows_that_do_not_fit_are_named(changed: dict[str, object], rule: str) -> None:
    first, *others = rows_of()
    with pytest.raises(InvalidPeakInput) as refusal:
        plan_stock(paths_of(), [msgspec.structs.replace(first, **changed), *others], COMPANY)
    assert [found.rule for found in refusal.value.mistakes] == [rule]
