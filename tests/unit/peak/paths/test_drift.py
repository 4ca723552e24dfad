"""How far levels of forecasts walk is found again, and not taken for luck."""

from datetime import date, timedelta

import numpy as np
import pytest

from springtide.contexts.peak.domain.forecast.windows import Total, Window
from springtide.contexts.peak.domain.paths.drift import drift_of
from springtide.contracts.peak.paths import USUAL_DRIFT_SD

DAYS = 91


def windows(count: int, *, walk: float, luck: float, apart_days: int = DAYS) -> list[Window]:
    """Return back-tests of one product, off by a walking level and by each week's luck."""
    draw = np.random.Generator(np.random.Philox(3))
    made = []
    for number in range(count):
        level = draw.normal(0, 0.13) + np.concatenate([[0.0], np.cumsum(draw.normal(0, walk, DAYS // 7 - 1))])
        off = np.repeat(np.exp(level + draw.normal(0, luck, DAYS // 7)), 7)
        expected = np.full(DAYS, 200.0)
        made.append(
            Window(
                first=date(2011, 1, 1) + timedelta(days=apart_days * number),
                skus=("mug",),
                groups=("home",),
                expected=np.ones((1, DAYS), dtype=np.float32),
                actual=np.ones((1, DAYS), dtype=np.float32),
                usable=np.ones((1, DAYS), dtype=np.bool_),
                event_days=np.zeros(DAYS, dtype=np.bool_),
                orders=Total(expected=expected, actual=expected * off),
            )
        )
    return made


@pytest.mark.parametrize("walk", [0.02, 0.1])
def test_a_walk_that_was_there_is_found_again(walk: float) -> None:
    found = drift_of(windows(200, walk=walk, luck=0.1), season_sd=0.13)
    assert found == pytest.approx(walk, abs=0.012)


def test_luck_alone_is_no_walk() -> None:
    assert drift_of(windows(200, walk=0.0, luck=0.15), season_sd=0.13) < 0.02


def test_few_windows_and_overlapping_ones_lean_on_the_prior() -> None:
    assert drift_of([], season_sd=0.13) == USUAL_DRIFT_SD
    once = drift_of(windows(1, walk=0.3, luck=0.05), season_sd=0.13)
    eight = drift_of(windows(8, walk=0.3, luck=0.05), season_sd=0.13)
    same_days = drift_of(windows(8, walk=0.3, luck=0.05, apart_days=1), season_sd=0.13)
    assert USUAL_DRIFT_SD < once < eight
    assert same_days < eight
