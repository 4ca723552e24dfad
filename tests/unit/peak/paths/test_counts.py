import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from springtide.contexts.peak.domain.paths.counts import SLICES, gamma_table, poisson_at, rounded_dispersion
from springtide.contexts.peak.domain.paths.streams import even_normals, normals, stream, tails

EVEN = ((np.arange(50_000) + 0.5) / 50_000).astype(np.float32)


def drawn(mean: float, tail: np.ndarray = EVEN) -> np.ndarray:
    return poisson_at(np.full(tail.size, mean, dtype=np.float32), tail)


@pytest.mark.parametrize("mean", [0.0004, 0.03, 0.7, 2.0, 5.5, 9.99])
def test_small_means_are_inverted_exactly(mean: float) -> None:
    exact = stats.poisson.isf(EVEN.astype(np.float64), np.float32(mean))
    assert np.mean(drawn(mean) != exact) < 1e-4  # where float32 cannot tell two tails apart
    assert np.abs(drawn(mean) - exact).max() <= 1


@pytest.mark.parametrize("mean", [10.0, 10.5, 14.0, 30.0, 100.0, 2500.0])
def test_large_means_are_within_a_unit_of_the_exact_quantile(mean: float) -> None:
    exact = stats.poisson.isf(EVEN.astype(np.float64), mean)
    off = drawn(mean) - exact
    assert np.abs(off).max() <= 1 + mean / 1000
    assert np.mean(off != 0) < 0.02
    assert abs(off.mean()) < 0.001
    assert drawn(mean).mean() == pytest.approx(mean, rel=1e-3)
    assert drawn(mean).var() == pytest.approx(mean, rel=0.015)


@given(
    tail=st.floats(1e-7, 1.0),
    mean=st.floats(0.0, 5000.0),
    times=st.floats(1.0, 30.0),
)
def test_a_larger_mean_never_gives_a_smaller_number_for_the_same_bits(tail: float, mean: float, times: float) -> None:
    one = np.array([tail], dtype=np.float32)
    lower = poisson_at(np.array([mean], dtype=np.float32), one)
    higher = poisson_at(np.array([mean * times], dtype=np.float32), one)
    assert higher[0] >= lower[0] - (1 if mean < 10 <= mean * times else 0)


def test_the_rarest_tail_ends_the_search_where_the_distribution_ends() -> None:
    rarest = np.full(3, 0.5 * 2.0**-32, dtype=np.float32)
    found = poisson_at(np.array([0.0001, 1.0, 9.9], dtype=np.float32), rarest)
    assert found.tolist() <= [3, 13, 30]
    assert (found >= 1).all()


def test_a_mean_of_nothing_gives_nothing() -> None:
    assert drawn(0.0).sum() == 0


@pytest.mark.parametrize("dispersion", [0.2, 1.0, 5.1, 80.0])
def test_gamma_factors_have_mean_1_and_the_variance_of_the_dispersion(dispersion: float) -> None:
    table = gamma_table(dispersion).astype(np.float64)
    assert table.size == SLICES
    assert (np.diff(table) >= 0).all()
    assert table.mean() == pytest.approx(1.0, abs=1e-5)
    assert table.var() == pytest.approx(1 / dispersion, rel=0.01)


def test_infinite_dispersion_is_poisson() -> None:
    assert (gamma_table(rounded_dispersion(float("inf"))) == 1).all()


def test_dispersions_are_rounded_to_steps_of_five_percent() -> None:
    for dispersion in (0.02, 0.5, 3.3, 41.0):
        assert rounded_dispersion(dispersion) == pytest.approx(dispersion, rel=0.026)


def test_streams_are_known_by_their_names_and_nothing_else() -> None:
    assert (tails(stream(1, "units", "A"), 9) == tails(stream(1, "units", "A"), 9)).all()
    first = tails(stream(1, "units", "A"), 9)
    for other in (stream(2, "units", "A"), stream(1, "units", "B"), stream(1, "mixing", "A"), stream(1, "unitsA")):
        assert (tails(other, 9) != first).all()


def test_normal_numbers_are_normal() -> None:
    z = normals(stream(3, "z"), 100_000)
    assert stats.kstest(z, "norm").pvalue > 0.001
    even = even_normals(stream(3, "z"), 1001)
    assert np.sort(even)[500] == 0
    assert even.std() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(even[1:], even[:-1])[0, 1]) < 0.15
