"""Values of planning.md sections 3 and 4, to the digits they are given with."""

import numpy as np
import pytest

from springtide.contexts.peak.domain.queues.delay import (
    allen_cunneen,
    erlang_b,
    erlang_c,
    halfin_whitt,
    md1_wait,
    mean_queue,
    mean_wait,
    occupancy,
    service_level,
)
from springtide.contexts.peak.domain.queues.patience import erlang_a
from springtide.contexts.peak.domain.queues.required import required_erlang_c, with_shrinkage


def given(value: float, digits: int) -> object:
    """The value as it is printed: within half a unit of its last digit."""
    return pytest.approx(value, abs=0.5 * 10**-digits)


@pytest.mark.parametrize(
    ("load", "agents", "blocked", "digits"), [(2, 5, 0.0366972, 7), (10, 15, 0.0364969, 7), (20, 30, 0.00845750, 8)]
)
def test_erlang_b(load: float, agents: int, blocked: float, digits: int) -> None:
    assert given(blocked, digits) == erlang_b(load, agents)


@pytest.mark.parametrize(
    ("load", "agents", "waiting", "digits"),
    [
        (1, 2, 1 / 3, 12),
        (2, 3, 4 / 9, 12),
        (5, 6, 0.587516, 6),
        (5, 8, 0.167267, 6),
        (8, 10, 0.409180, 6),
        (20, 24, 0.298072, 6),
        (20, 25, 0.209103, 6),
        (50, 55, 0.384547, 6),
        (100, 105, 0.515707, 6),
        (100, 110, 0.237008, 6),
    ],
)
def test_erlang_c(load: float, agents: int, waiting: float, digits: int) -> None:
    assert given(waiting, digits) == erlang_c(load, agents)


@pytest.mark.parametrize(
    ("agents", "waiting", "level", "asa_s"),
    [
        (11, 0.68212, 0.38961, 122.78),
        (12, 0.44939, 0.64016, 40.44),
        (13, 0.28527, 0.79560, 17.12),
        (14, 0.17413, 0.88835, 7.84),
        (15, 0.10204, 0.94145, 3.67),
        (16, 0.05734, 0.97056, 1.72),
    ],
)
def test_100_calls_in_half_an_hour_of_180_s(agents: int, waiting: float, level: float, asa_s: float) -> None:
    assert given(waiting, 5) == erlang_c(10, agents)
    assert pytest.approx(level, abs=1e-5) == service_level(10, agents, 180, 20)  # 13: .795595, printed as 79.56 %
    assert given(asa_s, 2) == mean_wait(10, agents, 180)


def test_80_20_needs_14_agents_and_20_with_shrinkage_as_the_pyworkforce_readme() -> None:
    agents = required_erlang_c(10.0, service_s=180, share=0.8, within_s=20, max_occupancy=0.85)
    assert int(agents) == 14
    assert int(with_shrinkage(agents, 0.3)) == 20
    assert given(0.714286, 6) == occupancy(10, 14)


def test_13_agents_are_a_trap() -> None:
    assert service_level(10, 13, 180, 20) < 0.8
    assert int(required_erlang_c(10.0, service_s=180, share=0.7955, within_s=20)) == 13


def test_the_worked_example_of_360_calls() -> None:
    assert given(0.23870, 5) == erlang_c(48, 55)
    assert given(0.84588, 5) == service_level(48, 55, 240, 15)
    assert given(8.184, 3) == mean_wait(48, 55, 240)


def test_erlang_a_against_c_as_garnett_mandelbaum_and_reiman() -> None:
    found = erlang_a(48, 50, service_s=60, patience_s=120)
    assert given(0.46777, 5) == found.waiting
    assert given(0.030912, 6) == found.abandoned
    assert given(3.709, 3) == found.mean_wait_s
    assert given(0.93032, 5) == found.occupancy
    assert given(0.69446, 5) == erlang_c(48, 50)
    assert given(20.83, 2) == mean_wait(48, 50, 60)
    assert given(0.96, 2) == occupancy(48, 50)


@pytest.mark.parametrize(("agents", "abandoned"), [(10, 0.1375), (11, 0.0942), (12, 0.0616)])
def test_erlang_a_at_and_above_full_load(agents: int, abandoned: float) -> None:
    assert given(abandoned, 4) == erlang_a(10, agents, service_s=180, patience_s=120).abandoned


@pytest.mark.parametrize(
    ("beta", "limit", "exact"), [(0.5, 0.5045, 0.5157), (1.0, 0.2234, 0.2370), (2.0, 0.0269, 0.0332)]
)
def test_halfin_whitt_and_the_exact_value_at_100_erlang(beta: float, limit: float, exact: float) -> None:
    assert given(limit, 4) == halfin_whitt(beta)
    assert given(exact, 4) == erlang_c(100, 100 + int(beta * 10))


def test_one_server() -> None:
    assert mean_queue(0.8, 1) == pytest.approx(3.2)
    assert mean_wait(0.8, 1, 1.0) + 1.0 == pytest.approx(5.0)  # M/M/1: W = 5 / mu
    assert md1_wait(0.8, 1.0) == pytest.approx(2.0)  # M/D/1: Wq = 2 / mu


@pytest.mark.parametrize(
    ("load", "agents", "waiting", "digits"),
    [(2, 3, 4 / 9, 12), (10, 12, 0.44939, 5), (10, 14, 0.17413, 5), (90, 100, 0.21694, 5)],
)
def test_mmc_share_who_wait(load: float, agents: int, waiting: float, digits: int) -> None:
    assert given(waiting, digits) == erlang_c(load, agents)


def test_mmc_queue_and_waits_in_service_times() -> None:
    assert given(0.88889, 5) == mean_queue(2, 3)
    assert given(0.22469, 5) == mean_wait(10, 12, 1.0)
    assert given(0.04353, 5) == mean_wait(10, 14, 1.0)
    assert given(0.02169, 5) == mean_wait(90, 100, 1.0)


def test_allen_cunneen_is_exact_for_one_server_and_half_for_constant_times() -> None:
    # Pollaczek-Khinchine: Wq = rho / (1 - rho) * (1 + Cs2) / 2 service times.
    assert allen_cunneen(0.8, 1, 1.0, arrival_cv2=1.0, service_cv2=3.0) == pytest.approx(8.0)
    assert allen_cunneen(10, 12, 1.0, arrival_cv2=1.0, service_cv2=0.0) == pytest.approx(mean_wait(10, 12, 1.0) / 2)
    assert np.isinf(allen_cunneen(1.0, 1, 1.0, arrival_cv2=1.0, service_cv2=1.0))
