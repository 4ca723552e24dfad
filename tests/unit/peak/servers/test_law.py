import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.peak.domain.servers.law import Law, fit
from springtide.contracts.peak.errors import InvalidPeakInput

# SPEC SDM91 on a Sun server, as distributed with the R package usl, which prints a=.0277285, b=.0001044, g=89.9952.
LOADS = np.array([1, 18, 36, 72, 108, 144, 216], dtype=np.float64)
THROUGHPUTS = np.array([64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2])


def test_the_published_fit_is_found_again() -> None:
    law = fit(LOADS, THROUGHPUTS)
    assert law.contention == pytest.approx(0.0277285, abs=5e-7)
    assert law.coherency == pytest.approx(0.0001044, abs=5e-8)
    assert law.alone == pytest.approx(89.9952, abs=5e-4)
    assert law.best_load == pytest.approx(96.52, abs=5e-3)
    assert law.most == pytest.approx(1883.9, abs=5e-2)


@settings(max_examples=30, deadline=None)
@given(
    contention=st.floats(min_value=0.005, max_value=0.3),
    coherency=st.floats(min_value=1e-5, max_value=1e-3),
    alone=st.floats(min_value=5.0, max_value=500.0),
)
def test_a_law_is_found_in_its_own_points(contention: float, coherency: float, alone: float) -> None:
    law = Law(contention=contention, coherency=coherency, alone=alone)
    found = fit(LOADS, np.array([law.at(load) for load in LOADS]))
    assert found.most == pytest.approx(law.most, rel=1e-3)


def test_without_coherency_throughput_levels_off() -> None:
    law = Law(contention=0.05, coherency=0.0, alone=10.0)
    assert law.best_load == math.inf
    assert law.most == pytest.approx(200.0)
    assert Law(contention=0.0, coherency=0.0, alone=10.0).most == math.inf


@pytest.mark.parametrize(
    ("loads", "throughputs"), [([1.0, 2.0], [1.0, 2.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), ([0.0, 2, 3], [1.0, 2, 3])]
)
def test_useless_observations_are_refused(loads: list[float], throughputs: list[float]) -> None:
    with pytest.raises(InvalidPeakInput):
        fit(np.array(loads), np.array(throughputs))
