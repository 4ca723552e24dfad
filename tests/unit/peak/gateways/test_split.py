from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.peak.domain.gateways.attempts import PaymentClass
from springtide.contexts.peak.domain.gateways.split import HEADROOM, Rates, split, takes
from springtide.contracts.peak.company import Figure, Gateway
from springtide.contracts.peak.errors import Infeasible

CARD_GB = PaymentClass(method="card", country="GB", share=0.75, requests=4.0)
CARD_NL = PaymentClass(method="card", country="NL", share=0.15, requests=4.0)
BANK_NL = PaymentClass(method="bank_redirect", country="NL", share=0.10, requests=3.0)
CLASSES = (CARD_GB, CARD_NL, BANK_NL)


def figure(value: float, unit: str = "x") -> Figure:
    return Figure(value=value, unit=unit, assumption="of this test")


def gateway(
    name: str,
    *,
    limit: float = 100.0,
    fee: float = 1.0,
    share: float = 100.0,
    methods: Sequence[str] = ("card", "bank_redirect"),
    countries: Sequence[str] = ("GB", "NL"),
) -> Gateway:
    return Gateway(
        id=name,
        name=name,
        methods=tuple(methods),
        countries=tuple(countries),
        share_limit=figure(share),
        fixed_fee=figure(10),
        percent_fee=figure(fee),
        rate_limit=figure(limit),
        limit_lead=figure(42),
        settlement=figure(2),
        authorisation_rate=figure(95),
    )


def rates(orders_per_s: float = 5.0) -> Rates:
    return Rates(orders_per_s=orders_per_s, order_minor=4_000.0, margin_minor=2_000.0)


def requests_of(shares: np.ndarray, orders_per_s: float) -> np.ndarray:
    return shares @ [paid.requests for paid in CLASSES] * orders_per_s


def test_the_cheapest_gateway_takes_all_while_its_limit_allows_it() -> None:
    found = split([gateway("dear", fee=2.0), gateway("cheap", fee=1.0)], CLASSES, rates())
    assert found.shares.tolist() == [[0.0, 0.0, 0.0], [0.75, 0.15, 0.1]]
    assert found.asked.tolist() == [0.0, 0.0]


def test_a_limit_is_used_to_seven_tenths_and_the_rest_goes_to_the_next() -> None:
    found = split([gateway("dear", fee=2.0), gateway("cheap", fee=1.0, limit=20.0)], CLASSES, rates(5.0))
    assert requests_of(found.shares, 5.0)[1] == pytest.approx(HEADROOM * 20.0)
    # Without the dear one the cheap one has to carry everything, within its whole limit: 19.5 of 20 requests a second.
    assert requests_of(found.lost[0], 5.0)[1] == pytest.approx(19.5)
    assert found.asked.tolist() == [0.0, 0.0]


def test_a_limit_that_cannot_take_over_has_to_grow() -> None:
    found = split([gateway("dear", fee=2.0), gateway("cheap", fee=1.0, limit=10.0)], CLASSES, rates(5.0))
    assert found.asked[1] == pytest.approx(19.5 - 10.0)
    assert found.asked[0] == pytest.approx(0.0)


def test_an_agreed_share_is_kept() -> None:
    found = split([gateway("dear", fee=2.0), gateway("cheap", fee=1.0, share=60.0)], CLASSES, rates())
    assert found.shares.sum(axis=1).tolist() == pytest.approx([0.4, 0.6])


def test_a_method_of_one_gateway_stays_uncovered_without_it() -> None:
    found = split([gateway("cards", methods=["card"]), gateway("all")], CLASSES, rates())
    assert found.shares[0, 2] == 0.0
    assert found.uncovered[1].tolist() == pytest.approx([0.0, 0.0, 0.1])
    assert found.uncovered[0].tolist() == pytest.approx([0.0, 0.0, 0.0])


def test_agreed_shares_that_leave_no_plan_are_named() -> None:
    with pytest.raises(Infeasible) as refusal:
        split([gateway("a", share=30.0), gateway("b", share=40.0)], CLASSES, rates())
    assert refusal.value.code == "peak_infeasible"
    assert "a at most 30" in refusal.value.detail


@settings(max_examples=60, deadline=None)
@given(
    limits=st.lists(st.floats(min_value=1.0, max_value=200.0), min_size=2, max_size=4),
    fees=st.lists(st.floats(min_value=0.1, max_value=4.0), min_size=4, max_size=4),
    orders_per_s=st.floats(min_value=0.01, max_value=100.0),
)
def test_every_plan_pays_everything_within_what_is_allowed_or_asked(
    limits: list[float], fees: list[float], orders_per_s: float
) -> None:
    gateways = [gateway(f"g{index}", limit=limit, fee=fees[index]) for index, limit in enumerate(limits)]
    found = split(gateways, CLASSES, rates(orders_per_s))
    allowed = np.array(limits) + found.asked
    assert found.shares.sum(axis=0) == pytest.approx([paid.share for paid in CLASSES], abs=1e-6)
    assert (requests_of(found.shares, orders_per_s) <= HEADROOM * allowed * (1 + 1e-6) + 1e-6).all()
    for lost, shares in enumerate(found.lost):
        assert shares[lost].sum() == 0.0
        assert shares.sum(axis=0) + found.uncovered[lost] == pytest.approx([paid.share for paid in CLASSES], abs=1e-6)
        assert (requests_of(shares, orders_per_s) <= allowed * (1 + 1e-6) + 1e-6).all()


def test_a_gateway_takes_a_method_only_where_it_is_offered() -> None:
    only_gb = msgspec.structs.replace(gateway("a"), countries=("GB",))
    assert takes(only_gb, CARD_GB)
    assert not takes(only_gb, CARD_NL)
