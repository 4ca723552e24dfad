"""The simple methods on series whose answer is known."""

import numpy as np
import pytest

from springtide.contexts.peak.domain.forecast import baselines

ONE = np.ones((20, 1))


def test_all_methods_answer_a_constant_with_itself() -> None:
    """5 a week, every week; Croston with its correction of alpha / 2."""
    sold = 5 * ONE
    assert baselines.moving_average(sold, ONE, 13) == pytest.approx(5.0)
    assert baselines.naive(sold, ONE) == pytest.approx(5.0)
    assert baselines.tsb(sold, ONE) == pytest.approx(5.0)
    assert baselines.croston_sba(sold, ONE) == pytest.approx(5.0 * 0.95)


def test_croston_answers_every_second_week_with_half_its_size() -> None:
    """8 units every 2 weeks are 4 a week, less the correction."""
    sold = np.zeros((40, 1))
    sold[1::2] = 8.0
    assert baselines.croston_sba(sold, np.ones((40, 1))) == pytest.approx(4.0 * 0.95)


def test_tsb_fades_without_sales_and_croston_does_not() -> None:
    """After 10 empty weeks TSB has lost 1 - 0.9 ** 10."""
    sold = 5 * ONE.copy()
    sold[10:] = 0
    assert baselines.tsb(sold, ONE) == pytest.approx(5.0 * 0.9**10)
    assert baselines.croston_sba(sold, ONE) == pytest.approx(5.0 * 0.95)


def test_a_closed_week_is_no_weak_week() -> None:
    """Half the exposure with half the units leaves the rate; none of it is skipped."""
    sold, exposure = 6 * ONE.copy(), ONE.copy()
    sold[-2], exposure[-2] = 3.0, 0.5
    sold[-1], exposure[-1] = 0.0, 0.0
    for rate in (
        baselines.moving_average(sold, exposure, 4),
        baselines.naive(sold, exposure),
        baselines.tsb(sold, exposure),
    ):
        assert rate == pytest.approx(6.0)


def test_last_years_week_needs_a_year() -> None:
    """51 weeks have none; 60 weeks give week 8 for the next one."""
    sold = np.arange(60.0)[:, None]
    assert baselines.same_week_last_year(sold[:51], np.ones((51, 1)), 3) is None
    year_ago = baselines.same_week_last_year(sold, np.ones((60, 1)), 3)
    assert year_ago is not None
    assert year_ago[:, 0].tolist() == [8.0, 9.0, 10.0]


def test_nothing_ever_sold_is_nothing() -> None:
    """And no method divides by 0."""
    for method in (baselines.naive, baselines.croston_sba, baselines.tsb):
        assert method(np.zeros((5, 2)), np.zeros((5, 2))).tolist() == [0.0, 0.0]
