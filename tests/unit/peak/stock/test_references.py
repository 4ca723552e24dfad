"""Values of the textbooks, to the digits they are given in.

FoSCT: Snyder and Shen, Fundamentals of Supply Chain Theory; the rest computed with stockpyl 1.0.2.
"""

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.peak.domain.stock.lots import (
    eoq,
    eoq_cost,
    order_up_to_poisson,
    reorder_point,
    wagner_whitin,
)
from springtide.contexts.peak.domain.stock.newsvendor import (
    critical_ratio,
    newsvendor_normal,
    newsvendor_poisson,
    standard_loss,
)
from springtide.contexts.peak.domain.stock.service_tree import Stage, place_safety_stock

costs = st.floats(0.01, 100)


@pytest.mark.parametrize(
    ("holding", "shortage", "mean", "sd", "lead_time", "level", "cost"),
    [
        (0.18, 0.70, 50, 8, 0, 56.6039559, 1.9976052),  # FoSCT 4.3
        (2, 18, 120, 10, 0, 132.815516, 35.0996664),
        (0.18, 0.70, 50, 8, 4, 264.766894, 4.466781),
    ],
)
def test_newsvendor_normal(  # noqa: PLR0917 - a row of the table
    holding: float, shortage: float, mean: float, sd: float, lead_time: float, level: float, cost: float
) -> None:
    found = newsvendor_normal(holding=holding, shortage=shortage, mean=mean, sd=sd, lead_time=lead_time)
    assert found.level == pytest.approx(level, abs=1e-6)
    assert found.cost == pytest.approx(cost, abs=1e-6)


def test_newsvendor_poisson() -> None:
    found = newsvendor_poisson(holding=1, shortage=4, mean=6)
    assert found.level == 8
    assert found.cost == pytest.approx(3.5701069, abs=1e-7)


def test_economic_order_quantity() -> None:
    found = eoq(order_cost=8, holding=0.225, demand=1300)
    assert (found.quantity, found.cost) == pytest.approx((304.04678, 68.410526), abs=1e-5)


def test_order_up_to_poisson() -> None:
    found = order_up_to_poisson(order_cost=5, holding=1, shortage=4, mean=6)
    assert (found.low, found.high) == (4, 10)
    assert found.cost == pytest.approx(8.0341116, abs=1e-7)


def test_wagner_whitin() -> None:
    found = wagner_whitin([90, 120, 80, 70], order_cost=500, holding=2)
    assert found.orders == (210, 0, 150, 0)
    assert found.cost == 1380


def test_reorder_point_by_the_expected_inventory_level() -> None:
    found = reorder_point(order_cost=8, holding=0.225, shortage=7.5, demand=1300, sd=150, lead_time=1 / 12)
    assert (found.point, found.quantity, found.cost) == pytest.approx((213.970, 318.590, 95.451), abs=1e-3)


def test_guaranteed_service_tree_of_foscts_example_6_5() -> None:
    stages = {
        1: Stage(processing=2, holding=1, bound_sd=sqrt(2), inbound=1),
        2: Stage(processing=1, holding=3, bound_sd=1, promised=0),
        3: Stage(processing=1, holding=2, bound_sd=sqrt(2)),
        4: Stage(processing=1, holding=3, bound_sd=1, promised=1),
    }
    found = place_safety_stock(stages, [(1, 3), (3, 2), (3, 4)])
    assert found.promises == {1: 0, 2: 0, 3: 0, 4: 1}
    assert found.cost == pytest.approx(8.27791687, abs=1e-8)


def test_standard_loss_at_the_ratio_of_five_to_six() -> None:
    z = newsvendor_normal(holding=1, shortage=5, mean=0, sd=1).level
    assert z == pytest.approx(0.9674216, abs=1e-7)
    assert standard_loss(z) == pytest.approx(0.0886140, abs=1e-7)


@settings(max_examples=50, deadline=None)
@given(order_cost=costs, holding=costs, demand=costs)
def test_twice_the_economic_lot_costs_a_quarter_more(order_cost: float, holding: float, demand: float) -> None:
    best = eoq(order_cost=order_cost, holding=holding, demand=demand)
    double = eoq_cost(2 * best.quantity, order_cost=order_cost, holding=holding, demand=demand)
    assert double / best.cost == pytest.approx(1.25)


@settings(max_examples=50, deadline=None)
@given(cost=costs, mean=st.floats(0, 1000), sd=st.floats(0, 100))
def test_equal_costs_order_the_median(cost: float, mean: float, sd: float) -> None:
    assert newsvendor_normal(holding=cost, shortage=cost, mean=mean, sd=sd).level == pytest.approx(mean)


@given(holding=costs, shortage=costs, more=costs, mean=st.floats(0.1, 200))
@settings(max_examples=50, deadline=None)
def test_dearer_shortages_never_order_less(holding: float, shortage: float, more: float, mean: float) -> None:
    assert critical_ratio(over=holding, under=shortage + more) >= critical_ratio(over=holding, under=shortage)
    little = newsvendor_poisson(holding=holding, shortage=shortage, mean=mean).level
    assert newsvendor_poisson(holding=holding, shortage=shortage + more, mean=mean).level >= little


@settings(max_examples=50, deadline=None)
@given(holding=costs, shortage=costs, mean=st.floats(0, 1000))
def test_without_spread_demand_is_ordered(holding: float, shortage: float, mean: float) -> None:
    found = newsvendor_normal(holding=holding, shortage=shortage, mean=mean, sd=0)
    assert (found.level, found.cost) == (mean, 0)
