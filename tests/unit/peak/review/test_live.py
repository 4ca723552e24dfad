from itertools import pairwise

import numpy as np
import pytest

from springtide.contexts.peak.domain.review.live import live_view
from springtide.contexts.peak.domain.review.weigh import weigh
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
        "campaign_too_strong",
        "season_above_p90",
        "season_above_p90_support",
    }


def test_hours_without_an_order_that_every_path_has_are_named() -> None:
    actual = sold(1.0, 30)
    actual[4:24] = 0
    (quiet,) = live_view(TOTALS, actual).quiet
    assert (quiet.first.hour, quiet.last.hour, round(quiet.expected)) == (4, 0, 201)
    assert live_view(TOTALS, sold(0.1, 30)).quiet == ()


def test_what_paths_say_of_a_path_they_do_not_have_is_calibrated() -> None:
    """One path at a time is taken for the truth: four seasons of five lie in P10 to P90 of the others."""
    random = np.random.Generator(np.random.Philox(8))
    season = random.lognormal(0, 0.15, (300, 1))
    days = random.lognormal(0, 0.3, (300, 20))
    paths = random.poisson(50.0 * season * days).astype(np.float64)
    seen = 8
    inside = 0
    for truth in range(200):
        others = np.delete(paths, truth, axis=0)
        so_far, rest = others[:, :seen].sum(axis=1), others[:, seen:].sum(axis=1)
        sold_by_now = float(paths[truth, :seen].sum())
        weighed = weigh(so_far, rest, sold_by_now)
        low, high = weighed.ranks(sold_by_now + rest * weighed.factors, (0.1, 0.9))
        inside += low <= paths[truth].sum() <= high
    assert inside / 200 == pytest.approx(0.8, abs=0.06)


def test_enough_paths_count_also_far_from_all_of_them() -> None:
    paths = np.linspace(100.0, 200.0, 200)
    far = weigh(paths, paths * 9, 400.0)
    assert far.effective >= 40
    assert far.ranks(400.0 + paths * 9 * far.factors, (0.5,))[0] == pytest.approx(4_000.0, rel=0.02)
    assert weigh(np.full(200, 7.0), paths, 9.0).factors == pytest.approx(1.0)


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
