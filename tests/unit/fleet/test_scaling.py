"""Kubernetes' formula: the examples of its documentation, and what keeps it from flapping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.platform.fleet.scaling import Scaler, recommended


@pytest.mark.parametrize(
    ("rates", "target", "wanted"),
    [
        pytest.param([200.0] * 3, 100.0, 6, id="200 against 100 doubles"),
        pytest.param([50.0] * 4, 100.0, 2, id="50 against 100 halves"),
        pytest.param([109.0] * 5, 100.0, 5, id="within the tolerance above"),
        pytest.param([91.0] * 5, 100.0, 5, id="within the tolerance below"),
        pytest.param([111.0] * 5, 100.0, 6, id="beyond the tolerance, rounded up"),
        pytest.param([0.0] * 3, 100.0, 0, id="nobody asks"),
        pytest.param([300.0, 0.0], 100.0, 3, id="the average counts"),
        pytest.param([None, None], 100.0, 2, id="nobody has said anything yet"),
    ],
)
def test_desired_is_current_times_average_over_target(rates, target, wanted):
    assert recommended(rates, target=target) == wanted


def test_a_silent_process_counts_as_idle_before_going_up():
    assert recommended([300.0, None], target=100.0) == 3  # not 6: 300 over two
    assert recommended([150.0, None], target=100.0) == 2  # 75 a process would be going down: nothing changes


def test_a_silent_process_counts_as_fully_used_before_going_down():
    assert recommended([20.0, None], target=100.0) == 2  # 60 a process: 1.2, rounded up
    assert recommended([85.0, None], target=100.0) == 2  # 92.5: within the tolerance


def test_going_up_is_at_most_to_the_double_or_by_four():
    scaler = Scaler(target=1.0, least=1, most=50)
    assert scaler.decide([100.0], now_s=0) == 5
    assert scaler.decide([100.0] * 5, now_s=1) == 10
    assert scaler.decide([100.0] * 30, now_s=2) == 50


def test_going_down_waits_for_the_highest_of_the_window():
    scaler = Scaler(target=100.0, least=1, most=8, window_s=300)
    assert scaler.decide([100.0] * 4, now_s=0) == 4
    assert scaler.decide([10.0] * 4, now_s=100) == 4
    assert scaler.decide([60.0] * 4, now_s=200) == 4
    assert scaler.decide([10.0] * 4, now_s=301) == 3  # what was wanted at 200 s is the highest now
    assert scaler.decide([10.0] * 3, now_s=600) == 1


def test_the_bounds_have_the_last_word():
    scaler = Scaler(target=10.0, least=2, most=3, window_s=0)
    assert scaler.decide([0.0, 0.0, 0.0], now_s=0) == 2
    assert scaler.decide([90.0, 90.0], now_s=1) == 3


@given(
    rates=st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=20),
    target=st.floats(0.1, 1e5),
    least=st.integers(1, 5),
    more=st.integers(0, 20),
)
def test_whatever_is_said_the_number_lies_within_the_bounds(rates, target, least, more):
    scaler = Scaler(target=target, least=least, most=least + more)
    wanted = scaler.decide(rates, now_s=0)
    assert least <= wanted <= least + more
    assert wanted <= max(least, 2 * len(rates), len(rates) + 4)
