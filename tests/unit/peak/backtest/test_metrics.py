"""Metrics by hand."""

import numpy as np
import pytest

from springtide.contexts.peak.domain.backtest import metrics

ACTUAL = np.array([10.0, 0.0, 30.0])
SAID = np.array([12.0, 3.0, 25.0])


def test_wape_divides_sums_by_sums() -> None:
    """|2| + |3| + |-5| over 40."""
    assert metrics.wape(ACTUAL, SAID) == pytest.approx(10 / 40)


def test_bias_keeps_the_sign() -> None:
    """2 + 3 - 5 is nothing; always 1 too much is 3 over 40."""
    assert metrics.bias(ACTUAL, SAID) == pytest.approx(0.0)
    assert metrics.bias(ACTUAL, ACTUAL + 1) == pytest.approx(3 / 40)


def test_pinball_weighs_too_little_by_the_share() -> None:
    """At 0.9: 10 too little costs 9, 10 too much costs 1."""
    assert metrics.pinball(np.array([10.0]), np.array([0.0]), 0.9) == pytest.approx(9.0)
    assert metrics.pinball(np.array([0.0]), np.array([10.0]), 0.9) == pytest.approx(1.0)


def test_coverage_counts_what_lies_at_the_quantile_as_covered() -> None:
    """10 <= 10, 0 <= 3, but 30 > 25."""
    assert metrics.coverage(ACTUAL, np.array([10.0, 3.0, 25.0])) == pytest.approx(2 / 3)


def test_nothing_sold_has_no_wape() -> None:
    """There is nothing to divide by, and no figure is invented."""
    assert np.isnan(metrics.wape(np.zeros(2), np.ones(2)))


def test_value_added_is_the_share_below_the_benchmark() -> None:
    """0.3 against 0.4 adds a quarter; against nothing there is nothing to add to."""
    assert metrics.value_added(0.3, 0.4) == pytest.approx(0.25)
    assert metrics.value_added(0.3, 0.0) == 0.0


def test_equal_blocks_have_an_interval_without_width() -> None:
    """Whatever weeks are drawn, the figure is the same."""
    interval = metrics.block_bootstrap([(1.0, 4.0)] * 5, seed=1)
    assert (interval.value, interval.low, interval.high) == (0.25, 0.25, 0.25)


def test_the_bootstrap_repeats_itself_and_holds_the_figure() -> None:
    """Same seed, same interval; blocks that differ give it a width around the figure."""
    blocks = [(float(n % 3), 10.0) for n in range(12)]
    first, again = (metrics.block_bootstrap(blocks, seed=7) for _ in range(2))
    assert first == again
    assert first.low < first.value < first.high
