"""Ids of the past, and what the bulk port makes of an order of history."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.orders.domain.imports import sums_of
from springtide.contracts.common import ExternalRef
from springtide.contracts.orders.api import (
    FulfilmentStatus,
    ImportedLine,
    ImportedOrder,
    OrderStatus,
    PaymentStatus,
)
from springtide.contracts.pricing.api import TaxedRow
from springtide.platform.ids import uuid7_at


def money(gross: int) -> TaxedRow:
    return TaxedRow(gross_minor=gross, net_minor=gross, tax_minor=0, rate_bp=0, tax_category="standard")


def order(*lines: tuple[int, int, int, int], shipping: int = 0) -> ImportedOrder:
    """Lines as (ordered, cancelled, returned, gross)."""
    return ImportedOrder(
        external_ref=ExternalRef("uci502", "1"),
        placed_at=datetime(2011, 3, 1, tzinfo=UTC),
        market="GB",
        seller="marlow",
        currency="GBP",
        country="GB",
        customer_ref="",
        lines=tuple(
            ImportedLine(
                sku="S",
                name="",
                ordered=ordered,
                cancelled=cancelled,
                returned=returned,
                unit_minor=gross,
                money=money(gross),
            )
            for ordered, cancelled, returned, gross in lines
        ),
        shipping=(money(shipping),) if shipping else (),
    )


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)), st.text(max_size=20))  # noqa: DTZ001 - zone is added below
def test_an_id_of_the_past_tells_its_time_and_is_the_same_again(moment: datetime, seed: str) -> None:
    at = moment.replace(tzinfo=UTC)
    found = uuid7_at(at, seed)
    assert found == uuid7_at(at.astimezone(timezone(timedelta(hours=5))), seed)
    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert found.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert found != uuid7_at(at, seed + "x")


def test_a_time_without_a_zone_names_no_moment() -> None:
    with pytest.raises(ValueError, match="zone"):
        uuid7_at(datetime(2011, 3, 1), "x")  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize(
    ("past", "status", "payment", "fulfilment", "refunded"),
    [
        (order((4, 0, 0, 400)), "completed", "paid", "fulfilled", 0),
        (order((4, 1, 1, 400), shipping=50), "completed", "partly_refunded", "fulfilled", 200),
        (order((4, 4, 0, 400)), "cancelled", "refunded", "not_needed", 400),
        (order((4, 0, 4, 400)), "completed", "refunded", "returned", 400),
        (order((4, 0, 0, -400)), "completed", "refunded", "fulfilled", 400),
        (order((1, 0, 0, 0)), "completed", "paid", "fulfilled", 0),
        (order((-2, 0, 0, -100), (3, 0, 0, 400)), "completed", "paid", "fulfilled", 0),
    ],
)
def test_states_of_history(
    past: ImportedOrder, status: OrderStatus, payment: PaymentStatus, fulfilment: FulfilmentStatus, refunded: int
) -> None:
    sums = sums_of(past)
    assert (sums.status, sums.payment_status, sums.fulfilment_status) == (status, payment, fulfilment)
    assert sums.refunded_minor == refunded
    assert sums.total_minor == sums.goods_minor + sums.shipping_minor
