"""The lowest price of the 30 days before a reduction."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.pricing.domain.omnibus import (
    PricePoint,
    Reduction,
    announced,
    lowest_prior,
    require_prior_prices,
)
from springtide.contracts.pricing.api import NoPriorPrice
from tests.unit.pricing.builders import NOW


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def history(*points: tuple[float, int, int]) -> list[PricePoint]:
    return [PricePoint(ago(days), list_minor, effective) for days, list_minor, effective in points]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], None),
        ([(400, 1000, 1000)], 1000),
        ([(400, 800, 800), (40, 1000, 1000)], 1000),  # the 800 was over before the 30 days
        ([(400, 800, 800), (30, 1000, 1000)], 1000),  # over exactly when they began
        ([(400, 800, 800), (29, 1000, 1000)], 800),  # still held on the first of them
        ([(20, 1000, 1000), (10, 1000, 700), (5, 1000, 1000)], 700),
        ([(0, 1000, 700)], None),  # began with the reduction itself
    ],
)
def test_lowest_prior_price(points: list[tuple[float, int, int]], expected: int | None) -> None:
    assert expected == lowest_prior(history(*points), NOW)


def test_a_reduction_is_announced_with_its_prior_price_since_it_began() -> None:
    points = history((400, 1000, 1000), (3, 1000, 800))
    assert announced(points, NOW) == Reduction(800, 1000, ago(3))
    assert announced(points, ago(4)) is None


def test_a_price_that_is_not_lower_than_before_is_not_called_a_reduction() -> None:
    raised_and_reduced = history((400, 1000, 1000), (12, 1000, 700), (10, 1200, 1200), (1, 1200, 900))
    assert announced(raised_and_reduced, NOW) is None
    first_price_is_reduced = history((1, 1000, 800))
    assert announced(first_price_is_reduced, NOW) is None


def test_a_second_reduction_shows_the_lowest_price_before_itself() -> None:
    points = history((400, 1000, 1000), (10, 1000, 900), (2, 1000, 800))
    assert announced(points, NOW) == Reduction(800, 900, ago(2))


def test_a_repeated_entry_does_not_restart_the_reduction() -> None:
    points = history((400, 1000, 1000), (40, 1000, 800), (2, 1000, 800))
    assert announced(points, NOW) == Reduction(800, 1000, ago(40))


def test_products_without_an_earlier_price_refuse_the_reduction() -> None:
    histories = {"old": history((400, 1000, 1000)), "new": history((0, 1000, 1000))}
    assert require_prior_prices(["old"], histories, NOW) == {"old": 1000}
    with pytest.raises(NoPriorPrice) as refused:
        require_prior_prices(["old", "new", "unheard"], histories, NOW)
    assert refused.value.facts == {"count": 2, "skus": ["new", "unheard"]}


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 50)), min_size=1, max_size=30))
def test_the_prior_price_is_the_lowest_of_any_day_of_the_thirty(entries: list[tuple[int, int]]) -> None:
    points = sorted((PricePoint(ago(days), price, price) for days, price in entries), key=lambda point: point.at)
    held = []
    for hour in range(30 * 24):
        moment = ago(30) + timedelta(hours=hour)
        in_force = [point.effective_minor for point in points if point.at <= moment]
        held += in_force[-1:]
    on_the_hour = lowest_prior(points, NOW)
    same_moment_entries = len({point.at for point in points}) < len(points)
    if held and not same_moment_entries:
        assert on_the_hour == min(held)
