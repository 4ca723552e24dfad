"""An outlook from the middle of a season holds what it promises, also where levels of seasons wander."""

import numpy as np
import pytest
from numpy.typing import NDArray

from springtide.contexts.peak.domain.review.outlook import outlook_of

DAYS, PATHS = 84, 400
SEASON_SD, DAY_SD, WALK_SD = 0.15, 0.2, 0.06


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def planned(paths: int = PATHS, *, level_sd: float = SEASON_SD) -> NDArray[np.float64]:
    """Draw paths whose level stays what it is, with days of their own."""
    draw = random(1)
    level = np.exp(draw.normal(0, level_sd, (paths, 1)))
    return draw.poisson(90.0 * level * np.exp(draw.normal(0, DAY_SD, (paths, DAYS)))).astype(np.float64)


def seasons(count: int, walk_sd: float) -> NDArray[np.float64]:
    """Draw seasons whose level also walks; together it is as far off as the paths'."""
    draw = random(2)
    walk = np.cumsum(draw.normal(0, walk_sd / np.sqrt(7), (count, DAYS)), axis=1)
    start_sd = np.sqrt(max(0.0, SEASON_SD**2 - float(walk.mean(axis=1).var())))
    level = np.exp(draw.normal(0, start_sd, (count, 1)) + walk)
    return draw.poisson(90.0 * level * np.exp(draw.normal(0, DAY_SD, (count, DAYS)))).astype(np.float64)


def held(paths: NDArray[np.float64], truths: NDArray[np.float64], *, seen: int, drift_sd: float) -> float:
    """Return the share of seasons whose rest lay from P10 to P90."""
    rest = paths[:, seen:].sum(axis=1)
    inside = 0
    for truth in truths:
        looked = outlook_of(paths, truth[:seen], per_day=1, drift_sd=drift_sd)
        low, high = np.quantile(rest * looked.factors, (0.1, 0.9))
        inside += bool(low <= truth[seen:].sum() <= high)
    return inside / len(truths)


@pytest.mark.parametrize("seen", [7, 28, 56, 77])
def test_four_rests_of_five_lie_within_p10_to_p90_where_levels_wander(seen: int) -> None:
    assert held(planned(), seasons(400, WALK_SD), seen=seen, drift_sd=WALK_SD) == pytest.approx(0.8, abs=0.06)


def test_an_outlook_that_knows_no_walk_is_far_too_sure() -> None:
    assert held(planned(), seasons(400, WALK_SD), seen=56, drift_sd=0.0) < 0.65


def test_levels_that_stay_are_told_as_sharply_as_they_can_be() -> None:
    assert held(planned(), seasons(400, 0.0), seen=28, drift_sd=0.0) == pytest.approx(0.8, abs=0.06)


def test_the_first_hours_leave_the_season_as_wide_as_it_was_planned() -> None:
    paths = planned()
    hourly = np.repeat(paths / 24, 24, axis=1)
    looked = outlook_of(hourly, hourly.mean(axis=0)[:3], per_day=24, drift_sd=WALK_SD)
    rest = hourly[:, 3:].sum(axis=1)
    assert np.log(rest * looked.factors).std() <= 1.02 * np.log(rest).std()
    assert np.median(rest * looked.factors) == pytest.approx(np.median(rest), rel=0.02)


def test_the_last_weeks_say_more_than_those_before_them() -> None:
    paths = planned()
    usual = paths.mean(axis=0)
    early, late = usual[:56].copy(), usual[:56].copy()
    early[:14] *= 1.4
    late[-14:] *= 1.4
    rests = [
        np.median(paths[:, 56:].sum(axis=1) * outlook_of(paths, sold, per_day=1, drift_sd=WALK_SD).factors)
        for sold in (early, late)
    ]
    assert rests[1] > 1.05 * rests[0]


@pytest.mark.parametrize("paths", [1, 2, 40])
def test_few_paths_do_not_learn_their_own_luck(paths: int) -> None:
    drawn = planned(paths)
    looked = outlook_of(drawn, 3.0 * drawn.mean(axis=0)[:70], per_day=1, drift_sd=WALK_SD)
    rest = drawn[:, 70:].sum(axis=1)
    assert np.isfinite(looked.factors).all()
    assert rest.mean() * 0.9 <= np.median(rest * looked.factors) <= 3.3 * rest.mean()


def test_a_season_that_sold_nothing_has_an_outlook_too() -> None:
    looked = outlook_of(planned(), np.zeros(28), per_day=1, drift_sd=WALK_SD)
    assert np.isfinite(looked.factors).all()
    assert looked.factors.max() < 0.5


@pytest.mark.parametrize("seen", [0, DAYS])
def test_before_and_after_a_season_nothing_is_moved(seen: int) -> None:
    drawn = planned()
    assert outlook_of(drawn, drawn[0, :seen], per_day=1, drift_sd=WALK_SD).factors == pytest.approx(1.0)
