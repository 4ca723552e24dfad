"""Orders, units and revenue are off by different amounts, and are one future all the same."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from springtide.contexts.peak.domain.forecast.windows import Total, Window
from springtide.contexts.peak.domain.paths.calibrate import calibrate, spread_for
from springtide.contexts.peak.domain.paths.joint import JointPaths, draw_paths
from springtide.contexts.peak.domain.paths.measures import layered
from tests.unit.peak.paths.made import FIRST, NO_EDITS, forecast_of, nothing_known, spread_of

BASKETS = replace(spread_of(200, day_sd=0.1), basket_day_sd=0.3, price_day_sd=0.2)


def pasts(count: int) -> list[Window]:
    """Return windows in which baskets and prices moved as BASKETS says."""
    forecast = forecast_of(200, 42)
    joint = draw_paths(forecast, BASKETS, edits=NO_EDITS, seed=77, paths=count)
    units = np.concatenate([block.units for block in joint.products.blocks()])
    return [
        Window(
            first=FIRST + timedelta(days=path * 42),
            skus=joint.products.skus,
            groups=joint.products.categories,
            expected=forecast.units,
            actual=units[:, path],
            usable=np.ones(forecast.units.shape, dtype=np.bool_),
            event_days=forecast.event_days,
            orders=Total(expected=forecast.orders, actual=joint.totals.daily_orders[path]),
            revenue=Total(expected=forecast.revenue_minor, actual=joint.totals.revenue_minor[path]),
            prices=np.array([product.price_minor for product in forecast.products]),
        )
        for path in range(count)
    ]


def day_sd(draws: np.ndarray) -> float:
    """Return how far single days scatter around their path's own level, on the log scale."""
    logs = np.log(np.maximum(draws, 1e-9))
    return float(np.std(logs - logs.mean(axis=1, keepdims=True) - logs.mean(axis=0) + logs.mean()))


@pytest.fixture(scope="module")
def drawn() -> JointPaths:
    return draw_paths(forecast_of(200, 30, mean=20.0), BASKETS, edits=NO_EDITS, paths=400)


def test_a_layer_is_what_is_left_above_the_one_below() -> None:
    layers = layered({"orders": 0.3, "units": 0.5, "revenue": 0.5})
    assert (layers.shared, layers.basket, layers.price) == (0.3, pytest.approx(0.4), 0.0)
    calm = layered({"orders": 0.5, "units": 0.3})
    assert (calm.shared, calm.basket, calm.price) == (0.5, 0.0, 0.0), "units are never drawn calmer than orders"
    assert layered({"units": 0.4}).shared == 0.4, "a history without orders has one layer"


def test_baskets_move_units_and_revenue_and_leave_orders_alone(drawn: JointPaths) -> None:
    calm = draw_paths(drawn.forecast, replace(BASKETS, basket_day_sd=0.0, price_day_sd=0.0), edits=NO_EDITS, paths=400)
    assert np.array_equal(drawn.totals.orders, calm.totals.orders)
    assert day_sd(drawn.totals.units) > day_sd(calm.totals.units) + 0.1
    assert day_sd(drawn.totals.revenue_minor) > day_sd(drawn.totals.units)
    assert drawn.totals.units.mean() == pytest.approx(calm.totals.units.mean(), rel=0.02)
    assert drawn.totals.revenue_minor.mean() == pytest.approx(calm.totals.revenue_minor.mean(), rel=0.02)


def test_units_still_are_the_sum_of_products(drawn: JointPaths) -> None:
    summed = sum(block.units.sum(axis=0, dtype=np.float64) for block in drawn.products.blocks())
    assert np.array_equal(summed, drawn.sums.units)


def test_each_measure_finds_its_own_days_again() -> None:
    found = spread_for(forecast_of(200, 42), calibrate(pasts(25)))
    assert found.day_sd == pytest.approx(0.1, abs=0.04)
    assert found.basket_day_sd == pytest.approx(0.3, rel=0.25)
    assert found.price_day_sd == pytest.approx(0.2, rel=0.4)


def test_without_orders_units_speak_for_all() -> None:
    alone = [replace(window, orders=None, revenue=None) for window in pasts(10)]
    learned = calibrate(alone)
    assert learned.basket_day_sd == learned.price_day_sd == 0.0
    assert learned.day_sd > 0.2


def test_nothing_learned_is_a_factor_of_exactly_one() -> None:
    calm = draw_paths(forecast_of(), nothing_known(), edits=NO_EDITS, paths=20)
    assert (calm.products.factors.basket == 1).all()
    assert (calm.products.factors.price == 1).all()
