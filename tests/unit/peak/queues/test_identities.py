"""What must hold for every load: identities, limits, monotonicity, and sense at the edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.peak.domain.queues.delay import erlang_b, erlang_c, mean_queue, mean_wait, service_level
from springtide.contexts.peak.domain.queues.lag import lagged_load
from springtide.contexts.peak.domain.queues.patience import erlang_a
from springtide.contexts.peak.domain.queues.required import required_erlang_a, required_erlang_c, with_shrinkage

SETTINGS = settings(max_examples=30, derandomize=True, deadline=None, database=None)
loads = st.floats(0.01, 300.0)
agents = st.integers(1, 300)
seconds = st.floats(5.0, 2_000.0)


@SETTINGS
@given(load=loads, n=agents, service=seconds, patience=seconds, within=st.floats(0.0, 300.0))
def test_erlang_a_is_consistent(load: float, n: int, service: float, patience: float, within: float) -> None:
    found = erlang_a(load, n, service_s=service, patience_s=patience, within_s=within)
    assert found.abandoned == pytest.approx(found.mean_wait_s / patience)  # P(ab) = theta E[W]
    assert found.occupancy == pytest.approx(load * (1 - found.abandoned) / n)
    assert found.occupancy <= 1 + 1e-9
    assert 0 <= found.answered_within <= 1 - found.abandoned + 1e-9
    assert found.waiting >= erlang_b(load, n) - 1e-9


@SETTINGS
@given(load=loads, n=agents)
def test_without_patience_erlang_a_is_b(load: float, n: int) -> None:
    found = erlang_a(load, n, service_s=100.0, patience_s=1e-7)
    assert found.abandoned == pytest.approx(erlang_b(load, n), rel=1e-5, abs=1e-9)


@SETTINGS
@given(n=agents, busy=st.floats(0.05, 0.97))
def test_with_endless_patience_erlang_a_is_c(n: int, busy: float) -> None:
    found = erlang_a(busy * n, n, service_s=100.0, patience_s=1e10, within_s=30.0)
    assert found.waiting == pytest.approx(erlang_c(busy * n, n), rel=1e-4, abs=1e-12)
    assert found.mean_wait_s == pytest.approx(mean_wait(busy * n, n, 100.0), rel=1e-3, abs=1e-9)
    assert found.answered_within == pytest.approx(service_level(busy * n, n, 100.0, 30.0), rel=1e-4)


@SETTINGS
@given(load=loads, service=seconds, patience=seconds, within=st.floats(0.0, 120.0))
def test_more_agents_never_hurt(load: float, service: float, patience: float, within: float) -> None:
    n = np.arange(0, 40) + int(load * 0.8)
    found = erlang_a(load, n, service_s=service, patience_s=patience, within_s=within)
    assert (np.diff(found.answered_within) >= -1e-9).all()
    assert (np.diff(found.abandoned) <= 1e-9).all()
    assert (np.diff(service_level(load, n, service, within)) >= -1e-9).all()


@SETTINGS
@given(n=agents, service=seconds, patience=seconds, within=st.floats(0.0, 120.0))
def test_more_load_never_helps(n: int, service: float, patience: float, within: float) -> None:
    load = np.linspace(0.0, 2.0, 50) * n
    found = erlang_a(load, n, service_s=service, patience_s=patience, within_s=within)
    assert (np.diff(found.answered_within) <= 1e-9).all()


@SETTINGS
@given(load=st.floats(0.01, 40.0), share=st.floats(0.5, 0.99), patience=st.floats(5.0, 400.0))
def test_required_is_the_first_that_meets_the_target(load: float, share: float, patience: float) -> None:
    n = int(required_erlang_a(load, service_s=240.0, patience_s=patience, share=share, within_s=20.0))

    def level(agents: int) -> float:
        return float(erlang_a(load, agents, service_s=240.0, patience_s=patience, within_s=20.0).answered_within)

    assert level(n) >= share - 1e-9
    assert level(n - 1) < share + 1e-9
    bound = int(required_erlang_c(load, service_s=240.0, share=share, within_s=20.0))
    assert service_level(load, bound, 240.0, 20.0) >= share - 1e-9
    assert service_level(load, bound - 1, 240.0, 20.0) < share + 1e-9


def test_overload_of_erlang_c_waits_for_ever() -> None:
    assert erlang_c([3.0, 4.0], 3) == pytest.approx([1.0, 1.0])
    assert np.isinf(mean_wait([3.0, 4.0], 3, 60.0)).all()
    assert np.isinf(mean_queue(3.0, 3))
    assert service_level(4.0, 3, 60.0, 1e9) == pytest.approx(0.0)


def test_nobody_calls_or_nobody_works() -> None:
    idle = erlang_a(0.0, [0, 3], service_s=60.0, patience_s=60.0)
    assert idle.abandoned[1] == 0.0
    assert idle.occupancy[1] == 0.0
    closed = erlang_a(2.0, 0, service_s=60.0, patience_s=60.0)
    assert closed.abandoned == pytest.approx(1.0)
    assert closed.answered_within == pytest.approx(0.0)
    assert required_erlang_c([0.0], service_s=60.0, share=0.8, within_s=20.0).tolist() == [0]


def test_a_thousand_agents_stay_exact() -> None:
    n, load = 1000, np.array([1.0, 500.0, 950.0, 999.0, 1000.0, 1200.0, 5000.0])
    found = erlang_a(load, n, service_s=240.0, patience_s=120.0, within_s=20.0)
    for column in (found.waiting, found.abandoned, found.mean_wait_s, found.occupancy, found.answered_within):
        assert np.isfinite(column).all()
    balance = load * (1 - found.abandoned)
    assert balance == pytest.approx(n * found.occupancy)
    assert found.abandoned[-1] == pytest.approx(0.8, abs=1e-6)  # far beyond its capacity: the fluid limit
    assert erlang_b(1000.0, 1000) == pytest.approx(0.02460, abs=5e-4)  # about sqrt(2 / (pi n))


@pytest.mark.parametrize(("agents_working", "rostered"), [(0, 0), (7, 10), (14, 20), (15, 22)])
def test_shrinkage_divides(agents_working: int, rostered: int) -> None:
    assert int(with_shrinkage(agents_working, 0.3)) == rostered


def test_values_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="loads"):
        erlang_b(-1.0, 2)
    with pytest.raises(ValueError, match="patience"):
        erlang_a(1.0, 2, service_s=60.0, patience_s=np.inf)
    with pytest.raises(ValueError, match="shrinkage"):
        with_shrinkage(3, 1.0)
    with pytest.raises(ValueError, match="share"):
        required_erlang_c(3.0, service_s=60.0, share=1.0, within_s=20.0)


def test_lag_keeps_all_work_and_comes_late() -> None:
    arrivals = np.array([[0.0, 100.0, 100.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    load, left = lagged_load(arrivals, service_s=900.0, interval_s=1800.0)
    assert load.sum() * 1800.0 + left * 900.0 == pytest.approx(200.0 * 900.0)  # nothing lost: erlang x time = work
    assert load[0, 1] < 50.0 < 50.0 + load[0, 3]
    short, _ = lagged_load(arrivals, service_s=1.0, interval_s=1800.0)
    assert short[0, :3] == pytest.approx(arrivals[0, :3] / 1800.0, rel=1e-2)
