from datetime import date

import numpy as np
import pytest

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.budget.lines import Steps, _goods, _income, _net, budget_on
from springtide.contexts.peak.domain.fulfilment.lanes import express_extra
from springtide.contexts.peak.domain.fulfilment.plan import plan_fulfilment
from springtide.contexts.peak.domain.gateways.plan import plan_gateways
from springtide.contexts.peak.domain.servers.plan import plan_servers
from springtide.contexts.peak.domain.staff.costs import CostPaths
from springtide.contracts.peak.budget import BudgetFigures, BudgetPlan, BudgetTerms
from springtide.demo.company import load_company
from tests.unit.peak.gateways.totals import totals_of

COMPANY = load_company()
LEVELS = [level / 10 for level in range(1, 21)]
TOTALS = totals_of(orders_per_hour=[[10.0] * 24] * 28, levels=LEVELS, first=date(2011, 11, 1), order_minor=6_000.0)
ORDERS = 10 * 24 * 28
PARCELS = plan_fulfilment(TOTALS, COMPANY)


def staff() -> CostPaths:
    paths = TOTALS.paths
    return CostPaths(
        own=np.full(paths, 2_000_000.0),
        own_support=np.full(paths, 600_000.0),
        seasonal=np.full(paths, 500_000.0),
        overtime=np.linspace(0.0, 300_000.0, paths),
        call_centre=np.full(paths, 200_000.0),
    )


@pytest.fixture(scope="module")
def budget() -> BudgetPlan:
    steps = Steps(
        stock=None,
        fulfilment=PARCELS,
        staff=staff(),
        returning=np.roll(TOTALS.daily_orders, 7, axis=1),
        gateways=plan_gateways(TOTALS, COMPANY),
        servers=plan_servers(TOTALS, COMPANY),
    )
    return budget_on(TOTALS, COMPANY, steps, BudgetTerms(), BudgetFigures())


def middle(budget: BudgetPlan, line: str) -> float:
    return next(one for one in budget.lines if one.line == line).planned_minor


def test_every_line_of_a_season_is_there(budget: BudgetPlan) -> None:
    assert [line.line for line in budget.lines] == [
        *("goods", "marketing", "logistics", "surcharge", "express", "staff", "agencies", "support"),
        *("technology", "cloud_overrun", "returns", "fees"),
    ]
    assert sum(line.planned_minor for line in budget.lines) == pytest.approx(budget.total.p50, abs=len(budget.lines))


def test_lines_follow_the_path_or_stay(budget: BudgetPlan) -> None:
    spread = {line.line: line.cost.p90 / line.cost.p10 for line in budget.lines if line.cost.p10}
    assert spread["returns"] == pytest.approx(1.8 / 0.2)
    assert spread["marketing"] == pytest.approx(1.0)
    assert spread["agencies"] == pytest.approx(1.0)


def test_parcels_cost_on_every_path_what_fulfilment_says(budget: BudgetPlan) -> None:
    """Each line's band is that of the step's own money, path by path; together they miss and double nothing."""
    packing = 45 * PARCELS.due
    paid = {
        "logistics": PARCELS.postage_minor - PARCELS.express_minor + PARCELS.external_minor + packing,
        "surcharge": PARCELS.surcharge_minor,
        "express": PARCELS.express_minor,
    }
    for line, money in paid.items():
        assert next(one for one in budget.lines if one.line == line).cost == band_of(money.sum(axis=1)), line
    whole = PARCELS.postage_minor + PARCELS.surcharge_minor + PARCELS.external_minor + packing
    assert sum(money.sum() for money in paid.values()) == pytest.approx(whole.sum())


def test_what_the_next_day_costs_extra_is_apart_and_no_more_than_that() -> None:
    extra = express_extra(PARCELS.lanes)
    assert [cost > 0 for cost in extra] == [lane.is_express for lane in PARCELS.lanes]
    assert (extra <= [lane.price_minor for lane in PARCELS.lanes]).all()
    assert 0 < PARCELS.express_minor.sum() < PARCELS.postage_minor.sum()


def test_the_desk_is_support_and_everybody_else_is_staff(budget: BudgetPlan) -> None:
    assert middle(budget, "support") == pytest.approx(600_000 + 200_000)
    assert middle(budget, "staff") >= 1_400_000
    people = sum(middle(budget, line) for line in ("staff", "agencies", "support"))
    assert people == pytest.approx(2_000_000 + 500_000 + 200_000 + 150_000, abs=20_000)


def test_returns_are_paid_when_they_come(budget: BudgetPlan) -> None:
    assert middle(budget, "returns") == pytest.approx(ORDERS * 0.08 * 380, rel=0.06)


def test_a_margin_is_what_the_goods_leave_of_the_net() -> None:
    figures = BudgetFigures()
    net = _net(TOTALS, figures).sum(axis=1)
    goods = _goods(TOTALS, COMPANY, None, figures).paid_minor.sum(axis=1)
    margin = _income(TOTALS, COMPANY, plan_gateways(TOTALS, COMPANY), figures).margin_minor
    assert margin + goods == pytest.approx(net)
    assert (margin > 0).all()


def test_money_comes_when_it_is_settled_and_without_vat(budget: BudgetPlan) -> None:
    received = sum(week.back.p50 for week in budget.weeks)
    assert 0 < received < ORDERS * 6_000 / 1.2
    first = budget.weeks[0]
    assert first.back.p50 < budget.weeks[-1].back.p50
    assert first.balance.p50 < 0
