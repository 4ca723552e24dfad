"""Where attempts go: by weight and health, the same on every repeat."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.payments.domain.health import Tally
from springtide.contexts.payments.domain.routing import Offer, factor, ranked, takes

IDS = [UUID(int=number * 0x9E3779B97F4A7C15 % (1 << 128)) for number in range(1, 4_001)]
weights = st.lists(st.integers(0, 1_000), min_size=1, max_size=5)
ids = st.uuids()


def offers_of(*given_weights: int) -> list[Offer]:
    return [Offer(gateway=f"gateway_{place}", weight=weight) for place, weight in enumerate(given_weights)]


def firsts(offers: list[Offer], factors: dict[str, float] | None = None) -> Counter[str]:
    return Counter(ranked(offers, attempt_id, factors or {})[0] for attempt_id in IDS)


def test_each_gateway_gets_the_share_of_its_weight() -> None:
    found = firsts(offers_of(60, 30, 10))
    shares = [found[f"gateway_{place}"] / len(IDS) for place in range(3)]
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.03)


def test_a_sick_gateway_gets_a_smaller_share() -> None:
    found = firsts(offers_of(100, 100), {"gateway_0": 0.1})
    assert found["gateway_0"] / len(IDS) == pytest.approx(0.1 / 1.1, abs=0.02)


def test_weight_zero_is_asked_last_in_the_order_of_the_settings() -> None:
    orders = {ranked(offers_of(0, 10, 0), attempt_id, {}) for attempt_id in IDS[:200]}
    assert orders == {("gateway_1", "gateway_0", "gateway_2")}


@given(weights=weights, attempt_id=ids)
def test_a_repeat_chooses_the_same_and_forgets_nobody(weights: list[int], attempt_id: UUID) -> None:
    offers = offers_of(*weights)
    order = ranked(offers, attempt_id, {})
    assert ranked(offers, attempt_id, {}) == order
    assert sorted(order) == sorted(offer.gateway for offer in offers)


@given(weights=st.lists(st.integers(1, 1_000), min_size=2, max_size=5), attempt_id=ids)
def test_a_gateway_that_is_gone_changes_nothing_between_the_others(weights: list[int], attempt_id: UUID) -> None:
    offers = offers_of(*weights)
    order = ranked(offers, attempt_id, {})
    assert ranked(offers[1:], attempt_id, {}) == tuple(one for one in order if one != offers[0].gateway)


@pytest.mark.parametrize(
    ("attempts", "failures", "slow", "expected"),
    [
        (9, 9, 0, 1.0),  # too few to judge
        (100, 0, 0, 1.0),
        (100, 5, 0, 1.0),
        (100, 6, 0, 0.5),
        (100, 21, 0, 0.1),
        (100, 0, 20, 0.5),
        (100, 21, 20, 0.05),
    ],
)
def test_health_lowers_the_weight_in_steps(attempts: int, failures: int, slow: int, expected: float) -> None:
    assert factor(Tally(attempts=attempts, failures=failures, slow=slow)) == pytest.approx(expected)


@pytest.mark.parametrize(("amount", "expected"), [(99, False), (100, True), (500, True), (501, False)])
def test_amounts_have_limits(amount: int, expected: bool) -> None:  # noqa: FBT001 - a row of the table
    assert takes(Offer(gateway="g", min_minor=100, max_minor=500), amount) is expected
