from itertools import pairwise

import numpy as np
import pytest

from springtide.contexts.peak.domain.review.live import live_view
from springtide.contracts.peak.errors import InvalidPeakInput
from tests.unit.peak.gateways.totals import totals_of

LEVELS = [level / 100 for level in range(1, 201)]
TOTALS = totals_of(orders_per_hour=[[10.0] * 24] * 5, levels=LEVELS)
HOURS = 5 * 24


def sold(level: float, hours: int) -> np.ndarray:
    return np.full(hours, 10.0 * level)


def test_before_the_first_hour_the_plan_is_what_is_expected() -> None:
    view = live_view(TOTALS, np.zeros(0))
    assert view.expected_season == pytest.approx(view.planned_season) or view.expected_season.p50 == 1200.0
    assert (view.hours_seen, view.rank, view.like) == (0, 0.5, "P50")
    assert not any(trigger.fired for trigger in view.triggers)


@pytest.mark.parametrize(("level", "like"), [(0.2, "P10"), (1.0, "P50"), (1.8, "P90"), (1.98, "P99")])
def test_what_was_sold_names_its_path(level: float, like: str) -> None:
    view = live_view(TOTALS, sold(level, 24))
    assert view.like == like
    assert view.rank == pytest.approx(level / 2, abs=0.011)
    assert view.expected_season.p50 == pytest.approx(1200.0 * level, rel=0.05)


def test_the_outlook_narrows_and_ends_at_what_was_sold() -> None:
    width = [
        view.expected_season.p90 - view.expected_season.p10
        for view in (live_view(TOTALS, sold(1.3, hours)) for hours in (0, 12, 60, HOURS))
    ]
    assert all(later < earlier for earlier, later in pairwise(width))
    end = live_view(TOTALS, sold(1.3, HOURS))
    assert end.expected_season.p10 == end.expected_season.p99 == pytest.approx(1.3 * 1200)


def test_a_path_nobody_planned_is_still_told() -> None:
    view = live_view(TOTALS, sold(5.0, 24))
    assert view.rank == 1.0
    assert view.like == "P99"
    assert view.expected_season.p50 >= 24 * 50.0
    assert {trigger.id for trigger in view.triggers if trigger.fired} == {
        "rate_above_p90",
        "rate_above_p99",
        "season_above_p90",
        "season_above_p90_support",
    }


def test_a_weak_start_fires_the_other_way() -> None:
    fired = {trigger.id for trigger in live_view(TOTALS, sold(0.05, 24)).triggers if trigger.fired}
    assert fired == {"rate_below_p10", "season_below_p10"}


def test_one_hour_alone_fires_no_rate() -> None:
    fired = {trigger.id for trigger in live_view(TOTALS, sold(1.95, 1)).triggers if trigger.fired}
    assert "rate_above_p90" not in fired


def test_the_fan_shows_what_came_and_stays_small() -> None:
    long = totals_of(orders_per_hour=[[10.0] * 24] * 100, levels=LEVELS)
    view = live_view(long, sold(1.0, 37))
    assert len(view.fan) <= 242
    seen = [hour for hour in view.fan if hour.actual is not None]
    assert seen[-1].actual == pytest.approx(370.0)
    assert all(hour.planned.p10 <= hour.planned.p50 <= hour.planned.p90 for hour in view.fan)


@pytest.mark.parametrize(
    ("actual", "rule"), [(np.ones(HOURS + 1), "beyond_the_season"), (np.array([1.0, -1.0, np.nan]), "no_count")]
)
def test_what_cannot_have_been_sold_is_refused(actual: np.ndarray, rule: str) -> None:
    with pytest.raises(InvalidPeakInput) as refusal:
        live_view(TOTALS, actual)
    assert {mistake.rule for mistake in refusal.value.mistakes} == {rule}
