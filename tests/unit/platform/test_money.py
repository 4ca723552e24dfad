from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.platform.money import allocate, exponent, round_half_up

TOTALS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@given(TOTALS, WEIGHTS)
def test_parts_sum_to_the_total_exactly(total: int, weights: list[int]) -> None:
    assert sum(allocate(total, weights)) == total


@given(TOTALS, WEIGHTS.filter(any))
def test_no_part_is_a_whole_unit_away_from_its_share(total: int, weights: list[int]) -> None:
    for part, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(TOTALS, WEIGHTS.filter(any))
def test_no_weight_gets_nothing_and_no_part_changes_sign(total: int, weights: list[int]) -> None:
    for part, weight in zip(allocate(total, weights), weights, strict=True):
        assert part == 0 if weight == 0 else part * total >= 0


@given(TOTALS, WEIGHTS)
def test_larger_weight_never_gets_less(total: int, weights: list[int]) -> None:
    parts = sorted(zip(weights, map(abs, allocate(total, weights)), strict=True))
    for (weight, part), (next_weight, next_part) in pairwise(parts):
        assert weight == next_weight or part <= next_part


@given(TOTALS, WEIGHTS)
def test_a_refund_splits_like_its_charge(total: int, weights: list[int]) -> None:
    assert allocate(-total, weights) == [-part for part in allocate(total, weights)]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (10, [0, 0, 0], [4, 3, 3]),
        (1, [5, 3, 2], [1, 0, 0]),
        (-7, [1, 1], [-4, -3]),
        (0, [], []),
    ],
)
def test_ties_go_to_the_earlier_position(total: int, weights: list[int], parts: list[int]) -> None:
    assert allocate(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, []), (5, [1, -1])])
def test_what_cannot_be_split_is_an_error(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"over nothing|negative"):
        allocate(total, weights)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_rounding_is_to_the_nearest_and_symmetric(numerator: int, denominator: int) -> None:
    rounded = round_half_up(numerator, denominator)
    assert abs(rounded - Fraction(numerator, denominator)) <= Fraction(1, 2)
    assert round_half_up(-numerator, denominator) == -rounded


@pytest.mark.parametrize(("numerator", "rounded"), [(5, 1), (4, 0), (-5, -1), (-4, 0), (15, 2), (25, 3)])
def test_halves_go_away_from_zero(numerator: int, rounded: int) -> None:
    assert round_half_up(numerator, 10) == rounded


def test_rounding_by_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="positive"):
        round_half_up(1, 0)


@pytest.mark.parametrize(("currency", "digits"), [("GBP", 2), ("EUR", 2), ("SEK", 2), ("JPY", 0), ("KWD", 3)])
def test_digits_of_a_currency(currency: str, digits: int) -> None:
    assert exponent(currency) == digits
