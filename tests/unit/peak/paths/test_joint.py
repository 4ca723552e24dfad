import numpy as np
import pytest

from springtide.contexts.peak.domain.paths.joint import JointPaths, draw_paths
from springtide.contexts.peak.domain.paths.quantiles import add_quantiles, product_quantiles
from springtide.contexts.peak.domain.paths.totals import quantile_of
from springtide.contexts.peak.domain.plan.summary import summary_of
from springtide.contracts.peak.errors import QuantilesDoNotAdd
from tests.unit.peak.paths.made import NO_EDITS, forecast_of, spread_of


@pytest.fixture(scope="module")
def joint() -> JointPaths:
    return draw_paths(forecast_of(400, 28), spread_of(400), edits=NO_EDITS, paths=1000)


def test_the_means_of_all_totals_are_the_forecast(joint: JointPaths) -> None:
    forecast, totals = joint.forecast, joint.totals
    assert totals.units.mean(axis=0).sum() == pytest.approx(forecast.units.sum(), rel=0.02)
    assert totals.daily_orders.mean(axis=0).sum() == pytest.approx(forecast.orders.sum(), rel=0.02)
    assert totals.lines.mean(axis=0).sum() == pytest.approx(forecast.lines.sum(), rel=0.02)
    assert totals.visits.sum(axis=2).mean(axis=0).sum() == pytest.approx(forecast.visits.sum(), rel=0.02)
    assert totals.revenue_minor.mean(axis=0).sum() == pytest.approx(forecast.revenue_minor.sum(), rel=0.02)


def test_orders_fall_into_the_hours_of_the_forecast_and_into_no_others(joint: JointPaths) -> None:
    by_hour = joint.totals.orders.sum(axis=(0, 1))
    assert by_hour[:8].sum() == by_hour[20:].sum() == 0
    assert by_hour[8:20] / by_hour.sum() == pytest.approx(np.full(12, 1 / 12), rel=0.02)


def test_a_good_season_is_good_for_orders_units_money_and_visits_on_the_same_path(joint: JointPaths) -> None:
    totals = joint.totals
    seasons = np.stack([
        totals.daily_orders.sum(axis=1), totals.units.sum(axis=1), totals.lines.sum(axis=1),
        totals.revenue_minor.sum(axis=1), totals.visits.sum(axis=(1, 2)),
    ])  # fmt: skip
    assert np.corrcoef(seasons).min() > 0.9


def test_joint_draws_spread_as_planning_notes_section_0_measured_and_independent_ones_far_too_little() -> None:
    """Notes, finding 1: sd 13.6 % and P90/P50 = 1.23 for joint draws, 1.026 for independent ones, 599 products."""
    forecast = forecast_of(599, 63, mean=0.8)
    alone = spread_of(599, common_sd=0, event_sd=0, day_sd=0, group_sd=0)
    seasons = {
        name: draw_paths(forecast, spread, edits=NO_EDITS, paths=1000).totals.units.sum(axis=1)
        for name, spread in {"joint": spread_of(599, common_sd=0.16), "independent": alone}.items()
    }
    p90 = {name: quantile_of(season, 0.9) / quantile_of(season, 0.5) for name, season in seasons.items()}
    assert 1.18 < p90["joint"] < 1.30
    assert 1.005 < p90["independent"] < 1.06


def test_the_sum_of_products_p90_is_far_above_p90_of_the_total(joint: JointPaths) -> None:
    p90 = product_quantiles(joint.products, [0.9]).units.sum(dtype=np.float64)
    assert p90 > 1.5 * quantile_of(joint.totals.units.sum(axis=1), 0.9)


def test_adding_quantiles_up_is_refused_by_every_way_in(joint: JointPaths) -> None:
    some = product_quantiles(joint.products, [0.5, 0.9], skus=["SKU-1", "SKU-2"])
    for add in (some.total, lambda: some + some, lambda: sum([some, some]), lambda: add_quantiles(some, some)):
        with pytest.raises(QuantilesDoNotAdd, match="total of each path"):
            add()


def test_product_quantiles_are_values_by_rank_that_some_path_has(joint: JointPaths) -> None:
    (block,) = joint.products.blocks(skus=["SKU-399"])
    found = product_quantiles(joint.products, [0.1, 0.9], skus=["SKU-399"])
    assert found.of("SKU-399", 0.9)[3] == quantile_of(block.units[0, :, 3], 0.9)
    assert found.of("SKU-399", 0.1)[3] == quantile_of(block.units[0, :, 3], 0.1)
    with pytest.raises(KeyError):
        found.of("SKU-399", 0.2)


def test_the_named_paths_stand_at_their_ranks(joint: JointPaths) -> None:
    summary, seasons = summary_of(joint), joint.totals.daily_orders.sum(axis=1)
    for path, share in ((summary.path_p50, 0.5), (summary.path_p90, 0.9), (summary.path_p99, 0.99)):
        assert (seasons <= seasons[path]).mean() >= share
        assert (seasons < seasons[path]).mean() < share
    assert summary.orders.p90 == seasons[summary.path_p90]
    assert summary.spread == pytest.approx(seasons.std() / seasons.mean())


def test_a_closed_day_sells_nothing() -> None:
    forecast = forecast_of(20, 7)
    for of_day in (forecast.orders, forecast.lines, forecast.visits, forecast.revenue_minor):
        of_day[2] = 0
    forecast.units[:, 2] = 0
    forecast.hours[2] = 0
    totals = draw_paths(forecast, spread_of(20), edits=NO_EDITS, paths=50).totals
    for of in (totals.orders, totals.visits, totals.lines, totals.units, totals.revenue_minor):
        assert np.isfinite(of).all()
        assert of[:, 2].sum() == 0
        assert of[:, 3].sum() > 0
