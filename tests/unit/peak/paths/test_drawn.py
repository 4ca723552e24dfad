import numpy as np
import pytest

from springtide.contexts.peak.domain.paths.joint import JointPaths, draw_paths
from springtide.contexts.peak.domain.paths.products import ProductPaths
from tests.unit.peak.paths.made import NO_EDITS, forecast_of, nothing_known, spread_of


@pytest.fixture(scope="module")
def joint() -> JointPaths:
    return draw_paths(forecast_of(), spread_of(), edits=NO_EDITS, seed=5, paths=600)


def all_units(products: ProductPaths, size: int = 256) -> np.ndarray:
    return np.concatenate([block.units for block in products.blocks(size)])


def test_the_units_of_a_path_are_the_sum_of_its_products(joint: JointPaths) -> None:
    assert (all_units(joint.products).sum(axis=0, dtype=np.float64) == joint.totals.units).all()


def test_draws_are_the_same_however_blocks_are_cut_and_for_one_sku_alone(joint: JointPaths) -> None:
    whole = all_units(joint.products)
    assert (all_units(joint.products, size=7) == whole).all()
    (alone,) = joint.products.blocks(skus=["SKU-31"])
    assert alone.skus == ("SKU-31",)
    assert (alone.units[0] == whole[31]).all()
    (turned,) = joint.products.blocks(skus=["SKU-31", "SKU-2"])
    assert (turned.units == whole[[31, 2]]).all()


def test_a_sku_nobody_knows_is_a_key_error(joint: JointPaths) -> None:
    with pytest.raises(KeyError, match="SKU-x"):
        next(joint.products.blocks(skus=["SKU-x"]))


def test_a_product_keeps_its_draws_when_others_are_dropped() -> None:
    many = draw_paths(forecast_of(), spread_of(), edits=NO_EDITS, paths=50)
    forecast = forecast_of()
    few = draw_paths(
        type(forecast)(**{
            **{name: getattr(forecast, name) for name in forecast.__slots__},
            "products": forecast.products[:9],
            "units": forecast.units[:9],
        }),
        spread_of(9),
        edits=NO_EDITS,
        paths=50,
    )  # fmt: skip
    assert (all_units(few.products) == all_units(many.products)[:9]).all()


def test_workers_change_nothing(joint: JointPaths) -> None:
    for workers in (1, 3):
        again = draw_paths(forecast_of(), spread_of(), edits=NO_EDITS, seed=5, paths=600, workers=workers)
        assert (again.totals.units == joint.totals.units).all()
        assert (again.totals.revenue_minor == joint.totals.revenue_minor).all()
        assert (again.totals.orders == joint.totals.orders).all()


def test_another_seed_is_another_future(joint: JointPaths) -> None:
    other = draw_paths(forecast_of(), spread_of(), edits=NO_EDITS, seed=6, paths=600)
    assert (other.totals.orders != joint.totals.orders).mean() > 0.3


def test_units_are_whole_and_never_negative(joint: JointPaths) -> None:
    units = all_units(joint.products)
    assert units.dtype == np.float32
    assert (units == np.floor(units)).all()
    assert units.min() == 0


def test_marginals_have_the_mean_of_the_forecast_and_the_variance_of_the_spread() -> None:
    forecast, spread = forecast_of(30, 100), spread_of(30, common_sd=0, event_sd=0, day_sd=0, group_sd=0, product_sd=0)
    units = all_units(draw_paths(forecast, spread, edits=NO_EDITS, paths=1000).products)
    mean = forecast.units.astype(np.float64)
    assert units.mean(axis=(1, 2)) == pytest.approx(mean.mean(axis=1), rel=0.05)
    variance = ((units - mean[:, None, :]) ** 2).mean(axis=(1, 2))
    assert variance == pytest.approx((mean + mean**2 / 2.0).mean(axis=1), rel=0.06)


def test_a_product_factor_lasts_the_season() -> None:
    forecast = forecast_of(6, 60, mean=40.0)
    spread = spread_of(6, common_sd=0, event_sd=0, day_sd=0, group_sd=0, product_sd=0.5, dispersion=np.inf)
    units = all_units(draw_paths(forecast, spread, edits=NO_EDITS, paths=1000).products)
    seasons = np.log(units.sum(axis=2) / forecast.units.sum(axis=1)[:, None])
    assert seasons.std(axis=1) == pytest.approx(0.5, rel=0.1)
    between = np.corrcoef(seasons)
    assert np.abs(between - np.eye(6)).max() < 0.15


def test_categories_move_together() -> None:
    forecast = forecast_of(8, 30, mean=40.0)
    spread = spread_of(8, common_sd=0, event_sd=0, day_sd=0, group_sd=0.4, product_sd=0, dispersion=np.inf)
    seasons = all_units(draw_paths(forecast, spread, edits=NO_EDITS, paths=500).products).sum(axis=2)
    between = np.corrcoef(seasons)
    assert between[1, 5] > 0.95
    assert abs(between[1, 6]) < 0.2


def test_without_any_spread_the_counts_are_poisson() -> None:
    forecast = forecast_of(5, 200, mean=3.0, event=range(0))
    units = all_units(draw_paths(forecast, nothing_known(5), edits=NO_EDITS, paths=500).products)
    assert units.var(axis=(1, 2)) == pytest.approx(units.mean(axis=(1, 2)), rel=0.03)
