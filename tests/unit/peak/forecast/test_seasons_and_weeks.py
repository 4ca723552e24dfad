"""What a product's week and the shop's year have of their own, and what is only chance."""

import numpy as np
import pytest
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.groups import groups_of
from springtide.contexts.peak.domain.forecast.seasonal import season_index
from springtide.contexts.peak.domain.forecast.setting import setting_of
from springtide.contexts.peak.domain.forecast.weekdays import own_weekdays
from tests.unit.peak.forecast.shops import MONDAY, NO_EVENTS, shop

DAYS = 26 * 7
EVEN = np.full(DAYS, 1 / 7)


def _sold(means: NDArray[np.float64], seed: int = 3) -> NDArray[np.float64]:
    return np.random.Generator(np.random.Philox(seed)).poisson(means).astype(np.float64)


def test_a_product_keeps_a_week_of_its_own_and_the_others_the_shops() -> None:
    """Bread sells on Saturdays. The week still adds up, so its level is left alone."""
    means = np.full((DAYS, 30), 20.0)
    means[:, 0] = np.array([10, 10, 10, 10, 10, 80, 10])[np.arange(DAYS) % 7]
    demand = shop(_sold(means))
    own = own_weekdays(demand, EVEN, groups_of(demand.products))
    assert own is not None
    assert own.sum(axis=0) == pytest.approx(np.full(30, 7.0))
    assert own[5, 0] > 3.5
    assert np.abs(own[:, 1:] - 1).max() < 0.35
    setting = setting_of(demand, MONDAY.replace(year=2024, month=7, day=14), NO_EVENTS)
    saturday, monday = setting.index_ahead()[5, 0], setting.index_ahead()[0, 0]
    assert saturday > 4 * monday


def test_weeks_that_differ_by_chance_are_all_the_shops() -> None:
    demand = shop(_sold(np.full((DAYS, 200), 0.4)))
    assert own_weekdays(demand, EVEN, groups_of(demand.products)) is None
    weekly = shop(_sold(np.where(np.arange(DAYS)[:, None] % 7 == 0, 20.0, 0.0) * np.ones(5)))
    on_mondays = np.where(np.arange(DAYS) % 7 == 0, 1.0, 0.0)
    assert own_weekdays(weekly, on_mondays, groups_of(weekly.products)) is None


def test_a_season_is_believed_as_far_as_it_is_more_than_the_luck_of_weeks() -> None:
    """Slow parts without a season get nearly none; a Christmas is left as high as it was."""
    year, calendar = np.arange(400), np.full(400, 1 / 7)
    masked = np.zeros(400, dtype=np.bool_)
    flat = _sold(np.full((400, 1), 3.0))
    without = season_index(flat, calendar, ahead=7, masked=masked)
    assert np.abs(without - 1).max() < 0.12
    peak = 1 + 1.5 * np.exp(-(((year % 364) - 340) ** 2) / 600)
    with_peak = season_index(_sold(peak[:, None] * 400), calendar, ahead=7, masked=masked)
    assert with_peak[340, 0] / np.median(with_peak) > 2.0


@pytest.mark.parametrize(("same", "height"), [(True, 0.25), (False, 0.0)])
def test_a_season_is_believed_as_far_as_two_years_agree(same: bool, height: float) -> None:  # noqa: FBT001 - a case
    """A wave of a quarter that comes at the same time each year is a season; one that moves on is none."""
    days = np.arange(728)
    moved = np.where(days < 364, 0.0, 0.0 if same else np.pi)
    means = (400 * (1 + 0.25 * np.cos(2 * np.pi * days / 364 + moved)))[:, None]
    index = season_index(_sold(means), np.full(728, 1 / 7), ahead=182, masked=np.zeros(728, dtype=np.bool_))
    assert index[-182:, 0].max() - 1 == pytest.approx(height, abs=0.05)


def test_one_year_alone_leaves_a_peak_and_takes_a_wave_for_a_level_that_wanders() -> None:
    days, calendar, masked = np.arange(364), np.full(364, 1 / 7), np.zeros(364, dtype=np.bool_)
    wave = (1 + 0.1 * np.cos(2 * np.pi * days / 364)) * 400
    assert np.abs(season_index(_sold(wave[:, None]), calendar, ahead=1, masked=masked) - 1).max() < 0.03
    peak = (1 + 1.5 * np.exp(-((days - 340) ** 2) / 600)) * 400
    assert season_index(_sold(peak[:, None]), calendar, ahead=1, masked=masked)[340, 0] > 1.8
