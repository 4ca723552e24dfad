"""The need of a path against the slow way: walk day by day with the order and without it, and count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from springtide.contexts.peak.domain.stock.benefit import Needs, UnitCosts, benefit_of, best_quantity, curves_of
from springtide.contexts.peak.domain.stock.needs import walk
from springtide.contexts.peak.domain.stock.newsvendor import newsvendor_poisson

PERIODS = 8
units = st.lists(st.integers(0, 9), min_size=PERIODS, max_size=PERIODS)


def day_by_day(
    demand: list[int], on_hand: int, receipts: list[int], order: int, arrives: int
) -> tuple[list[int], list[int]]:
    stock, lost, left = on_hand, [], []
    for period, asked in enumerate(demand):
        stock += receipts[period] + (order if period == arrives else 0)
        sold = min(stock, asked)
        stock -= sold
        lost.append(asked - sold)
        left.append(stock)
    return lost, left


@given(
    demand=units,
    receipts=units,
    on_hand=st.integers(0, 20),
    order=st.integers(0, 30),
    arrives=st.integers(0, PERIODS - 1),
)
@settings(max_examples=100, deadline=None)
def test_an_order_sells_its_need_and_leaves_the_rest(
    demand: list[int], receipts: list[int], on_hand: int, order: int, arrives: int
) -> None:
    walked = walk(
        np.array([[demand]], dtype=np.float32),
        on_hand=np.array([on_hand], dtype=np.float32),
        receipts=np.array([receipts], dtype=np.float32),
    )
    lost, left = day_by_day(demand, on_hand, receipts, 0, 0)
    lost_with, left_with = day_by_day(demand, on_hand, receipts, order, arrives)
    for until in range(arrives + 1, PERIODS + 1):
        need = float(walked.need(np.array([arrives]), np.array([until]))[0, 0])
        assert sum(lost) - sum(lost[until:]) - sum(lost_with[:until]) == min(order, need)
        assert left_with[until - 1] - left[until - 1] == max(order - need, 0)
    assert (walked.volume(np.ones(1, dtype=np.float32))[0] == left).all()
    out = int(walked.first_out()[0, 0])
    assert out == next((period for period, count in enumerate(lost) if count), PERIODS)


def needs_of(draws: NDArray[np.float32]) -> Needs:
    return Needs(units=draws[None, :, :], periods=np.ones(1))


def costs_of(shortage: float, holding: float, leftover: float = 0.0) -> UnitCosts:
    return UnitCosts(shortage=np.array([shortage]), holding=np.array([holding]), leftover=np.array([leftover]))


def test_one_period_from_an_empty_shelf_is_the_newsvendor() -> None:
    draws = np.random.Generator(np.random.Philox(3)).poisson(6, (1, 200_000)).astype(np.float32)
    costs = costs_of(4, 1)
    best = best_quantity(needs_of(draws), costs, np.array([1]))
    exact = newsvendor_poisson(holding=1, shortage=4, mean=6)
    assert best[0] == exact.level
    cost = 4 * draws.mean() - benefit_of(best, needs_of(draws), costs)[0]
    assert cost == pytest.approx(exact.cost, rel=0.01)


@given(demand=st.lists(st.integers(0, 40), min_size=1, max_size=30), pack=st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_whole_packs_and_no_other_pack_count_is_better(demand: list[int], pack: int) -> None:
    needs, costs = needs_of(np.array([demand], dtype=np.float32)), costs_of(3, 0.5, 0.7)
    best = int(best_quantity(needs, costs, np.array([pack]))[0])
    assert best % pack == 0
    values = [float(benefit_of(np.array([count * pack]), needs, costs)[0]) for count in range(50)]
    assert max(values) == pytest.approx(values[best // pack])


@given(demand=st.lists(st.integers(0, 40), min_size=1, max_size=30), more=st.floats(0, 10))
@settings(max_examples=40, deadline=None)
def test_a_dearer_shortage_never_orders_less(demand: list[int], more: float) -> None:
    needs = needs_of(np.array([demand], dtype=np.float32))
    less = best_quantity(needs, costs_of(1, 0.5), np.array([1]))
    assert best_quantity(needs, costs_of(1 + more, 0.5), np.array([1])) >= less


def test_certain_demand_is_ordered() -> None:
    needs = needs_of(np.full((1, 50), 17, dtype=np.float32))
    assert best_quantity(needs, costs_of(1, 0.1), np.array([1])) == 17


def test_what_costs_more_to_keep_than_to_lose_is_not_ordered() -> None:
    needs = needs_of(np.full((1, 50), 17, dtype=np.float32) * np.arange(50))
    assert best_quantity(needs, costs_of(1, 0.1, 100), np.array([1])) == 0


def test_curves_hold_the_best_level_and_bend_down() -> None:
    draws = np.random.Generator(np.random.Philox(5)).poisson([[3], [30], [0.2]], (3, 500)).astype(np.float32)
    costs = UnitCosts(shortage=np.full(3, 4.0), holding=np.full(3, 0.2), leftover=np.full(3, 1.0))
    curves = curves_of(needs_of(draws), costs, np.array([1, 6, 4]))
    assert (curves.levels % np.array([[1], [6], [4]]) == 0).all()
    for product in range(3):
        levels, at = np.unique(np.concatenate([[0], curves.levels[product]]), return_index=True)
        values = np.concatenate([[0.0], curves.benefit[product]])[at]
        assert (np.diff(np.diff(values) / np.diff(levels)) <= 1e-6).all()
        assert values.max() == pytest.approx(max(values[levels == curves.best[product]]))
