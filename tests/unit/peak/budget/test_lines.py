from datetime import date

import numpy as np
import pytest

from springtide.contexts.peak.domain.budget.lines import Steps, budget_on
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


def staff() -> CostPaths:
    paths = TOTALS.paths
    return CostPaths(
        own=np.full(paths, 2_000_000.0),
        seasonal=np.full(paths, 500_000.0),
        overtime=np.linspace(0.0, 300_000.0, paths),
        call_centre=np.full(paths, 200_000.0),
    )


@pytest.fixture(scope="module")
def budget() -> BudgetPlan:
    steps = Steps(
        stock=None,
        staff=staff(),
        gateways=plan_gateways(TOTALS, COMPANY),
        servers=plan_servers(TOTALS, COMPANY),
    )
    return budget_on(TOTALS, COMPANY, steps, BudgetTerms(), BudgetFigures())


def middle(budget: BudgetPlan, line: str) -> float:
    return next(one for one in budget.lines if one.line == line).planned_minor


def test_every_line_of_a_season_is_there(budget: BudgetPlan) -> None:
    assert [line.line for line in budget.lines] == [
        *("goods", "marketing", "logistics", "express", "staff", "agencies", "support", "technology", "cloud_overrun"),
        *("returns", "fees"),
    ]
    assert sum(line.planned_minor for line in budget.lines) == pytest.approx(budget.total.p50, abs=len(budget.lines))


def test_lines_follow_the_path_or_stay(budget: BudgetPlan) -> None:
    spread = {line.line: line.cost.p90 / line.cost.p10 for line in budget.lines if line.cost.p10}
    assert spread["logistics"] == pytest.approx(1.8 / 0.2)
    assert spread["marketing"] == pytest.approx(1.0)
    assert spread["agencies"] == pytest.approx(1.0)


def test_parcels_cost_their_carrier_and_their_box(budget: BudgetPlan) -> None:
    cheapest = min(
        product.price.value
        for carrier in COMPANY.carriers
        for product in carrier.products
        if COMPANY.carriers[0].products[0].zones[0] in product.zones
    )
    assert middle(budget, "logistics") == pytest.approx(ORDERS * 1.08 * (cheapest + 45), rel=1e-4)


def test_money_comes_when_it_is_settled_and_without_vat(budget: BudgetPlan) -> None:
    received = sum(week.back.p50 for week in budget.weeks)
    assert 0 < received < ORDERS * 6_000 / 1.2
    first = budget.weeks[0]
    assert first.back.p50 < budget.weeks[-1].back.p50
    assert first.balance.p50 < 0
