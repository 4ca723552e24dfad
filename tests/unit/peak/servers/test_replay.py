import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.peak.domain.servers.need import processes_for, with_a_zone_gone
from springtide.contexts.peak.domain.servers.replay import (
    Rule,
    cpu,
    down_by_policy,
    fine_grained,
    floors_in_steps,
    replay,
    requests,
)
from springtide.platform.fleet.scaling import recommended

STEP = np.full(12, 1000.0)


def rule(**changes: object) -> Rule:
    given_: dict[str, object] = {
        "target": 35.0,
        "carries": 50.0,
        "least": 3,
        "most": 100,
        "ready_after_s": 0.0,
        "node_after_s": 0.0,
        "per_node": 10,
    }
    return Rule(**{**given_, **changes})  # type: ignore[arg-type]  # a test's table of fields


def counts(outcome_counts: np.ndarray) -> list[int]:
    """Return the counts without repeats."""
    found = outcome_counts.tolist()
    return [count for index, count in enumerate(found) if index == 0 or count != found[index - 1]]


def test_a_step_by_requests_is_followed_as_published() -> None:
    """1,000 requests a second, 50 carried by each, target 70 %, starting with 3, ready at once."""
    assert counts(replay(STEP, rule(), signal=requests).counts) == [3, 7, 14, 28]


def test_a_step_by_cpu_hides_the_load_and_stops_short() -> None:
    found = replay(STEP, rule(target=0.7), signal=cpu)
    assert counts(found.counts) == [3, 5, 8, 12, 18, 26]
    assert found.unmet > replay(STEP, rule()).unmet


def test_kubernetes_own_examples() -> None:
    assert recommended([200.0], target=100.0) == 2
    assert recommended([90.0] * 50, target=75.0) == 60


def test_a_policy_of_ten_per_cent_or_four_a_minute() -> None:
    found = [80]
    while len(found) < 8:
        found.append(down_by_policy(found[-1], wanted=1, percent=10.0, at_least=4))
    assert found == [80, 72, 64, 57, 51, 45, 40, 36]


def test_processes_for_a_rate() -> None:
    assert processes_for(500.0, latency_s=0.08, at_once=8.0, used=0.7) == 8
    assert processes_for(0.0, latency_s=0.08, at_once=8.0, used=0.7) == 0
    assert with_a_zone_gone(8, 3) == 12
    assert with_a_zone_gone(8, 1) == 8


def test_a_floor_by_the_clock_is_there_before_the_crowd() -> None:
    hours = np.zeros(24)
    hours[9:] = 1000.0
    day = fine_grained(hours, peak_minute=1.0)
    late = rule(ready_after_s=30.0, node_after_s=180.0)
    by_need = replay(day, late)
    early = replay(day, rule(ready_after_s=30.0, node_after_s=180.0, floors=floors_in_steps([(8.5, 24.0, 28)])))
    assert by_need.unmet > 0
    assert early.unmet == 0
    assert early.process_hours > by_need.process_hours


def test_a_limit_that_is_too_low_leaves_requests_unmet() -> None:
    found = replay(STEP, rule(most=10))
    assert found.counts.max() == 10
    assert found.unmet == pytest.approx(sum(max(0, 1000 - 50 * count) * 15.0 for count in found.counts))


@given(
    hours=st.lists(st.floats(min_value=0, max_value=1e4), min_size=24, max_size=24),
    spike=st.floats(min_value=1.0, max_value=4.0),
)
def test_a_day_in_steps_keeps_its_total(hours: list[float], spike: float) -> None:
    day = fine_grained(np.array(hours), peak_minute=spike)
    assert day.mean() == pytest.approx(np.mean(hours), rel=1e-9, abs=1e-9)
    assert (day >= 0).all()


def test_the_spike_is_as_high_as_the_peak_minute() -> None:
    day = fine_grained(np.array([10.0] * 23 + [100.0]), peak_minute=2.5)
    assert day.max() == pytest.approx(250.0)


@settings(max_examples=15, deadline=None)
@given(
    hours=st.lists(st.sampled_from([0.0, 40.0, 200.0, 900.0]), min_size=24, max_size=24),
    ready=st.sampled_from([0.0, 30.0]),
)
def test_standing_still_is_only_a_short_cut(hours: list[float], ready: float) -> None:
    """A day that never stays the same for two steps takes no short cut; next to nothing else differs."""
    day = fine_grained(np.array(hours), peak_minute=1.0)
    ripple = np.where(np.arange(day.size) % 2, 1e-7, 0.0)
    quick, slow = replay(day, rule(ready_after_s=ready)), replay(day + ripple, rule(ready_after_s=ready))
    assert (quick.counts == slow.counts).all()
