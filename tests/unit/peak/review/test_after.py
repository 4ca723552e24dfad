import numpy as np
import pytest

from springtide.contexts.peak.domain.paths.products import StoredPaths
from springtide.contexts.peak.domain.review.after import Figure, Overridden, review, updated
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.review import Priors
from tests.unit.peak.gateways.totals import totals_of

LEVELS = [level / 100 for level in range(1, 201)]
DAYS = 10
TOTALS = totals_of(orders_per_hour=[[10.0] * 24] * DAYS, levels=LEVELS)
EVENT = np.array([False] * 7 + [True] * 3)
BEFORE = Priors(event_uplift=2.0, common_sd=0.136, seen=3)


def reviewed(actual: np.ndarray, **more: object):
    given = {"event_days": EVENT, "figures": (), "overrides": (), "before": BEFORE, **more}
    return review(TOTALS, actual, **given)


def test_coverage_counts_event_days_apart() -> None:
    actual = np.where(EVENT, 240.0 * 1.95, 240.0)
    found = {(one.event, one.nominal): one for one in reviewed(actual).coverage}
    assert found[False, 0.9].found == 1.0
    assert found[True, 0.9].found == 0.0
    assert found[True, 0.99].found == 1.0
    assert (found[False, 0.5].points, found[True, 0.5].points) == (7, 3)


def test_products_add_up_counts_block_by_block() -> None:
    units = np.broadcast_to(np.arange(100, dtype=np.float32)[None, :, None], (600, 100, DAYS)).copy()
    paths = StoredPaths(season=TOTALS.season, skus=tuple(f"s{index}" for index in range(600)), units=units)
    sold = np.where(np.arange(600)[:, None] < 300, 10.0, 95.0) * np.ones((600, DAYS))
    found = {
        (one.event, one.nominal): one
        for one in reviewed(np.full(DAYS, 240.0), products=(paths, sold)).coverage
        if one.level == "product"
    }
    assert found[False, 0.9].found == pytest.approx(0.5)
    assert found[False, 0.99].found == pytest.approx(1.0)
    assert found[False, 0.9].points == 600 * 7


def test_a_figure_is_compared_with_its_paths_and_priced() -> None:
    planned = np.arange(1.0, 101.0)
    (hours,) = reviewed(
        np.full(DAYS, 240.0),
        figures=[Figure(step="staff", figure="hours", planned=planned, actual=95.0, over_minor=10, under_minor=100)],
    ).steps
    assert (hours.planned.p50, hours.error, hours.within) == (50.0, pytest.approx(0.9), False)
    assert hours.cost_minor == 4_500
    (spare,) = reviewed(
        np.full(DAYS, 240.0),
        figures=[Figure(step="staff", figure="hours", planned=planned, actual=40.0, over_minor=10, under_minor=100)],
    ).steps
    assert (spare.within, spare.cost_minor) == (True, 100)


def test_an_override_is_worth_what_it_took_off_the_error() -> None:
    actual = np.full(DAYS, 200.0)
    one = Overridden(
        id="o1", author="Leila", reason="campaign", with_it=actual * 1.1, without_it=actual * 0.7, actual=actual
    )
    (value,) = reviewed(actual, overrides=[one]).overrides
    assert (value.with_it, value.without_it, value.helped) == (pytest.approx(0.1), pytest.approx(0.3), True)


def test_priors_move_with_what_was_seen_and_less_the_more_was_seen_before() -> None:
    actual = np.where(EVENT, 960.0, 240.0)
    few = updated(BEFORE, TOTALS, actual, EVENT)
    many = updated(Priors(event_uplift=2.0, common_sd=0.136, seen=30), TOTALS, actual, EVENT)
    assert 2.0 < many.event_uplift < few.event_uplift < 4.0
    assert few.event_uplift == pytest.approx(2.0**0.75 * 4.0**0.25)
    assert few.common_sd > many.common_sd > 0.136
    assert (few.seen, many.seen) == (4, 31)


def test_bias_has_a_sign() -> None:
    assert reviewed(np.full(DAYS, 240.0 * 1.2)).bias == pytest.approx(0.2, abs=0.01)
    assert reviewed(np.full(DAYS, 240.0 * 0.8)).bias == pytest.approx(-0.2, abs=0.01)


def test_other_days_than_planned_are_refused() -> None:
    with pytest.raises(InvalidPeakInput, match="9 days came, the plan has 10"):
        reviewed(np.full(9, 1.0))
