from dataclasses import replace
from datetime import timedelta

import msgspec
import numpy as np
import pytest

from springtide.contexts.peak.domain.forecast.result import Forecast, Spread
from springtide.contexts.peak.domain.forecast.windows import Window, independent
from springtide.contexts.peak.domain.paths.calibrate import (
    PRIOR_COMMON_SD,
    PRIOR_DISPERSION,
    PRIOR_GROUP_SD,
    PRIOR_PRODUCT_SD,
    calibrate,
    spread_for,
    volume_class,
)
from springtide.contexts.peak.domain.paths.coverage import shares_below
from springtide.contexts.peak.domain.paths.joint import draw_paths
from tests.unit.peak.paths.made import FIRST, NO_EDITS, forecast_of, spread_of

PRODUCTS = 300


def pasts(forecast: Forecast, spread: Spread, count: int) -> list[Window]:
    """Return windows, one after the other, in which each time another path of the spread came true."""
    joint = draw_paths(forecast, spread, edits=NO_EDITS, seed=77, paths=count)
    units = np.concatenate([block.units for block in joint.products.blocks()])
    return [
        Window(
            first=FIRST + timedelta(days=path * forecast.season.days),
            skus=joint.products.skus,
            groups=joint.products.categories,
            expected=forecast.units,
            actual=units[:, path],
            usable=np.ones(forecast.units.shape, dtype=np.bool_),
            event_days=forecast.event_days,
        )
        for path in range(count)
    ]


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return forecast_of(PRODUCTS, 42)


def test_without_a_past_there_are_documented_priors(forecast: Forecast) -> None:
    learned = calibrate(())
    spread = spread_for(forecast, learned)
    assert learned.common_sd == PRIOR_COMMON_SD == 0.136  # planning notes, section 0, finding 1
    assert (spread.dispersion == np.float32(PRIOR_DISPERSION)).all()
    assert spread.product_sd == pytest.approx(PRIOR_PRODUCT_SD, rel=0.05)
    assert spread.learned_on == "documented priors"


def test_what_a_category_does_is_not_spread_again_by_the_product_that_is_all_of_it() -> None:
    """The only product of a shop has no factor of its own; of four alike each has the root of three quarters."""
    assert (spread_for(forecast_of(1, 42), calibrate(())).product_sd == 0).all()
    alike = forecast_of(4, 42)
    alike = replace(
        alike,
        products=tuple(replace(product, category="one") for product in alike.products),
        units=np.ones_like(alike.units),
    )
    own = spread_for(alike, calibrate(())).product_sd
    assert own == pytest.approx(PRIOR_PRODUCT_SD * np.sqrt(0.75))


@pytest.mark.parametrize("products", [1, 4, 300])
def test_the_season_as_a_whole_is_spread_as_learned_however_few_products_there_are(products: int) -> None:
    """Categories, products, weeks and days are parts of how far totals were off, and nothing on top of it."""
    forecast = forecast_of(products, 63, mean=20.0, event=range(0))
    learned = msgspec.structs.replace(calibrate(()), common_sd=0.3, group_sd=0.2, product_sd=(0.3,) * 5)
    drawn = draw_paths(forecast, spread_for(forecast, learned), edits=NO_EDITS, paths=1000).totals.units.sum(axis=1)
    assert np.log(drawn).std() == pytest.approx(0.3, rel=0.1)


def test_the_only_category_of_a_shop_is_the_shop() -> None:
    forecast = forecast_of(8, 30, mean=40.0)
    alike = replace(forecast, products=tuple(replace(one, category="") for one in forecast.products))
    assert spread_for(alike, calibrate(())).group_sd == 0
    assert 0 < spread_for(forecast, calibrate(())).group_sd < PRIOR_GROUP_SD


def test_weeks_that_move_together_are_told_from_days_that_do_not(forecast: Forecast) -> None:
    found = [
        calibrate(pasts(forecast, replace(spread_of(PRODUCTS, day_sd=0.2), week_sd=week_sd), 20))
        for week_sd in (0.0, 0.3)
    ]
    assert [one.week_sd for one in found] == [pytest.approx(0.05, abs=0.05), pytest.approx(0.3, rel=0.3)]
    assert [one.day_sd for one in found] == [pytest.approx(0.2, rel=0.2)] * 2


def test_one_season_that_broke_is_no_spread_for_ever(forecast: Forecast) -> None:
    windows = pasts(forecast, spread_of(PRODUCTS), 6)
    broken = replace(windows[0], expected=windows[0].expected / 1000)
    assert calibrate([broken, *windows[1:]]).common_sd < 0.5


def test_a_spread_that_was_there_is_found_again(forecast: Forecast) -> None:
    true = spread_of(PRODUCTS, common_sd=0.25, event_sd=0.2, day_sd=0.15, group_sd=0.2, product_sd=0.6, dispersion=1.0)
    learned = calibrate(pasts(forecast, true, 40))
    found = spread_for(forecast, learned)
    assert found.common_sd == pytest.approx(0.25, rel=0.35)
    assert found.event_sd == pytest.approx(0.2, rel=0.35)
    assert found.day_sd == pytest.approx(0.15, rel=0.35)
    assert found.group_sd == pytest.approx(0.2 * np.sqrt(0.75), rel=0.35)
    assert np.median(found.product_sd) == pytest.approx(0.6, rel=0.25)
    assert np.median(found.dispersion) == pytest.approx(1.0, rel=0.35)
    assert "40 windows (40.0 independent, 40 with events)" in found.learned_on


@pytest.mark.parametrize("true", [{"dispersion": 0.5, "product_sd": 0.7}, {"dispersion": 30.0, "product_sd": 0.2}])
def test_p90_of_products_holds_nine_times_of_ten(forecast: Forecast, true: dict[str, float]) -> None:
    kind = spread_of(PRODUCTS, **true)
    found = spread_for(forecast, calibrate(pasts(forecast, kind, 12)))
    drawn = draw_paths(forecast, found, edits=NO_EDITS, paths=400)
    p90 = np.concatenate([np.quantile(block.units.sum(axis=2), 0.9, axis=1) for block in drawn.products.blocks()])
    fresh = draw_paths(forecast, kind, edits=NO_EDITS, seed=123, paths=200)
    held = np.concatenate([block.units.sum(axis=2) for block in fresh.products.blocks()]) <= p90[:, None]
    assert 0.85 < held.mean() < 0.95


def test_few_windows_lean_on_the_priors(forecast: Forecast) -> None:
    wild = spread_of(PRODUCTS, common_sd=0.6)
    learned = [calibrate(pasts(forecast, wild, count)).common_sd for count in (1, 30)]
    assert abs(learned[0] - PRIOR_COMMON_SD) < abs(learned[1] - PRIOR_COMMON_SD)
    assert learned[1] > 0.4


def test_windows_that_overlap_count_once() -> None:
    window = pasts(forecast_of(5, 10), spread_of(5), 1)[0]
    assert independent([window, replace(window, first=window.first + timedelta(days=5))]) == 1.5
    assert independent([]) == 0


def test_days_that_cannot_be_used_say_nothing(forecast: Forecast) -> None:
    windows = pasts(forecast, spread_of(PRODUCTS), 6)
    spoilt = []
    for window in windows:
        actual, usable = window.actual.copy(), window.usable.copy()
        actual[:, 3:9], usable[:, 3:9] = 0, False
        spoilt.append(replace(window, actual=actual, usable=usable))
    clean, found = calibrate(windows), calibrate(spoilt)
    assert found.common_sd == pytest.approx(clean.common_sd, rel=0.15)
    assert found.product_sd == pytest.approx(clean.product_sd, rel=0.3)


def test_nothing_sold_at_all_is_survived(forecast: Forecast) -> None:
    window = pasts(forecast, spread_of(PRODUCTS), 1)[0]
    empty = calibrate([replace(window, actual=np.zeros_like(window.actual))])
    assert np.isfinite(empty.product_sd).all()
    assert empty.common_sd == pytest.approx(PRIOR_COMMON_SD * np.sqrt((1 + 42 / 63) / 2)), "the prior of six weeks"


def test_a_calibration_that_cannot_be_is_refused() -> None:
    good = calibrate(())
    for changed in ({"product_sd": (0.1,)}, {"common_sd": -1.0}, {"dispersion": (0.0,) * 5}):
        with pytest.raises(ValueError, match=r"are not negative|each class"):
            msgspec.structs.replace(good, **changed)


def test_slow_products_are_told_from_fast_ones() -> None:
    assert volume_class(np.array([0.05, 0.1, 1.0, 5.0, 50.0])).tolist() == [0, 1, 2, 3, 4]


def test_the_transform_of_counts_from_their_own_distribution_is_uniform() -> None:
    rng = np.random.default_rng(4)
    means = np.geomspace(0.2, 30, 20_000)
    counts = rng.poisson(means * rng.gamma(2.0, 0.5, means.size)).astype(np.float64)
    assert shares_below(counts, means, means + means**2 / 2) == pytest.approx([0.1, 0.5, 0.9, 0.99], abs=0.01)
    assert shares_below(counts, means, means)[2] < 0.85  # Poisson promises too much
