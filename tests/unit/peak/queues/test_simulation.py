"""The simulation and the closed forms, written independently, agree within the noise of replications."""

import numpy as np
import pytest

from springtide.contexts.peak.domain.queues.delay import erlang_c, mean_wait
from springtide.contexts.peak.domain.queues.patience import erlang_a
from springtide.contexts.peak.domain.queues.simulate import simulate

REPLICATIONS, HALF_HOURS, WARM_UP = 20, 100, 4


def replicate(load: float, agents: int, service_s: float, patience_s: float) -> np.ndarray:
    """Rows of (share who wait, mean wait, share answered at all, share answered within 20 s)."""
    rows = []
    for replication in range(REPLICATIONS):
        found = simulate(
            np.full(HALF_HOURS, load * 1800.0 / service_s),
            np.full(HALF_HOURS, agents),
            interval_s=1800.0,
            service_s=service_s,
            patience_s=patience_s,
            random=np.random.Generator(np.random.Philox([7, replication])),
        )
        steady = found.arrival_s > WARM_UP * 1800.0
        wait, answered = found.wait_s[steady], found.answered[steady]
        rows.append((
            (wait > 0).mean(), wait.mean(), answered.mean(), (answered & (wait <= 20)).mean(),
        ))  # fmt: skip
    return np.array(rows)


def assert_within_noise(expected: list[float], rows: np.ndarray) -> None:
    half_width = 3.6 * rows.std(axis=0, ddof=1) / np.sqrt(REPLICATIONS)  # 99.8 % of Student's t with 19 degrees
    assert (np.abs(rows.mean(axis=0) - expected) <= half_width).all(), (rows.mean(axis=0), expected, half_width)
    assert (half_width < 0.2 * np.array(expected)).all()


def test_erlang_c() -> None:
    rows = replicate(10.0, 14, 180.0, np.inf)[:, :2]
    assert_within_noise([float(erlang_c(10, 14)), float(mean_wait(10, 14, 180.0))], rows)


@pytest.mark.parametrize("agents", [9, 11])
def test_erlang_a(agents: int) -> None:
    exact = erlang_a(10.0, agents, service_s=180.0, patience_s=120.0, within_s=20.0)
    expected = [exact.waiting, exact.mean_wait_s, 1.0 - exact.abandoned, exact.answered_within]
    assert_within_noise([float(value) for value in expected], replicate(10.0, agents, 180.0, 120.0))


def test_agents_come_and_go() -> None:
    found = simulate(
        np.array([40.0, 40.0, 40.0]),
        np.array([0, 30, 0]),
        interval_s=1800.0,
        service_s=60.0,
        patience_s=np.inf,
        random=np.random.Generator(np.random.Philox(1)),
    )
    served_at = found.arrival_s + found.wait_s
    early, late = found.arrival_s < 1800.0, found.arrival_s >= 3600.0
    assert found.answered[early].all()
    assert (served_at[early] >= 1800.0).all()
    assert not found.answered[late & (found.arrival_s > 4200.0)].any()
    assert found.answered_within(0.0) < 1.0


def test_same_seed_same_callers() -> None:
    def run() -> list[float]:
        random = np.random.Generator(np.random.Philox(3))
        calls = simulate(
            np.array([20.0]), np.array([2]), interval_s=1800.0, service_s=200.0, patience_s=90.0, random=random
        )
        return calls.wait_s.tolist()

    assert run() == run()
