"""Arrivals follow the phases, are random as visitors are, and do not depend on how many workers share them."""

import statistics
from itertools import pairwise
from random import Random

import pytest

from springtide.rehearsal.load.arrivals import arrivals, expected, rate_at
from springtide.rehearsal.load.scenario import Phase

RAMP = Phase(name="ramp", seconds=100, from_per_s=0, to_per_s=40)
STEP = Phase(name="opening", seconds=50, from_per_s=100, to_per_s=100)
PHASES = (RAMP, STEP)


def test_as_many_come_as_expected_in_each_phase() -> None:
    found = list(arrivals(PHASES, Random(7)))
    assert expected(PHASES) == 7_000
    assert found == sorted(found)
    assert min(found) > 0
    assert max(found) < 150
    in_ramp = sum(at < 100 for at in found)
    assert in_ramp == pytest.approx(2_000, abs=4 * 2_000**0.5)
    assert len(found) - in_ramp == pytest.approx(5_000, abs=4 * 5_000**0.5)
    first_half = sum(at < 50 for at in found)  # a quarter of a ramp from zero comes in its first half
    assert first_half == pytest.approx(500, abs=4 * 500**0.5)


def test_gaps_on_the_plateau_are_exponential() -> None:
    found = list(arrivals((STEP,), Random(3)))
    gaps = [after - before for before, after in pairwise(found)]
    assert statistics.mean(gaps) == pytest.approx(0.01, rel=0.06)
    assert statistics.stdev(gaps) == pytest.approx(0.01, rel=0.08)  # as the mean: no clock, no bursts
    assert sum(gap > 0.01 for gap in gaps) / len(gaps) == pytest.approx(0.3679, abs=0.03)


def test_workers_share_the_rate() -> None:
    together = sorted(at for worker in range(4) for at in arrivals(PHASES, Random(f"1-{worker}"), share=0.25))
    assert len(together) == pytest.approx(7_000, abs=4 * 7_000**0.5)


def test_a_seed_repeats_them() -> None:
    assert list(arrivals(PHASES, Random(5))) == list(arrivals(PHASES, Random(5)))


def test_the_rate_is_that_of_the_phase() -> None:
    assert [rate_at(PHASES, at) for at in (-1, 0, 50, 100, 149, 150)] == [0, 0, 20, 100, 100, 0]
    assert list(arrivals((Phase(name="quiet", seconds=9, from_per_s=0, to_per_s=0),), Random(1))) == []
