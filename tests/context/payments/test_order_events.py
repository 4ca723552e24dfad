"""Events of orders overtake each other and what is known: payments comes to the same sums."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from springtide.contracts.orders.api import FulfilmentStatus, OrderStatus, PaymentStatus
from springtide.contracts.orders.events import OrderAdjusted, OrderShipped, OrderState
from springtide.contracts.payments.api import Attempt, AttemptState
from springtide.platform.ids import uuid7
from tests.context.orders.orders_events import consumer_of, envelope
from tests.context.payments.till import Till

TOTAL = 3490


def state(attempt: Attempt) -> dict[str, Any]:
    return {
        "order_id": attempt.checkout_id,
        "number": "NL-1001",
        "market": "NL",
        "currency": "EUR",
        "total_minor": TOTAL,
        "status": OrderStatus.OPEN,
        "payment_status": PaymentStatus.AUTHORISED,
        "fulfilment_status": FulfilmentStatus.UNFULFILLED,
    }


def shipped(attempt: Attempt, capture_minor: int) -> OrderShipped:
    return OrderShipped(**state(attempt), shipment_id=uuid7(), shipped=(), capture_minor=capture_minor)


def adjusted(attempt: Attempt, refund_minor: int) -> OrderAdjusted:
    return OrderAdjusted(
        **state(attempt),
        adjustment_id=uuid7(),
        kind="cancel",
        released=(),
        returned=(),
        refund_minor=refund_minor,
        reason="cancel",
    )


async def take(till: Till, attempt: Attempt, events: Sequence[OrderState]) -> None:
    """Let payments take the events one by one, each of them twice, as a stream may bring them."""
    consumer = consumer_of(till.node, "payments")
    for version, event in enumerate(events, 2):
        delivered = envelope(event, aggregate_id=attempt.checkout_id, version=version)
        assert [await consumer.take(delivered), await consumer.take(delivered)] == ["taken", "repeated"]


async def failures(till: Till) -> list[dict[str, Any]]:
    rows = await till.fetch("select payload from payments.outbox where type = 'payments.operation_failed' order by seq")
    return [msgspec.json.decode(payload) for (payload,) in rows]


async def settled(till: Till, attempt: Attempt) -> dict[str, Any]:
    """Let the loops work until nothing is ordered any more; return the gateway's payment."""
    await till.until(attempt, lambda _: True)
    while any(row.state == "pending" for row in (await till.payment(attempt)).operations):
        await till.turn()
    return await till.at_gateway(attempt)


def sums(payment: dict[str, Any]) -> tuple[int, int, int]:
    return payment["captured_minor"], payment["refunded_minor"], payment["released_minor"]


async def test_an_adjustment_without_money_moves_none(till: Till) -> None:
    attempt = await till.start()
    before = await till.counts()
    await take(till, attempt, [adjusted(attempt, 0)])
    assert await till.counts() == before


async def test_what_is_cancelled_whole_is_released(till: Till) -> None:
    attempt = await till.start()
    await take(till, attempt, [adjusted(attempt, TOTAL)])
    assert sums(await settled(till, attempt)) == (0, 0, TOTAL)
    assert (await till.now(attempt)).state is AttemptState.VOIDED


@pytest.mark.parametrize("is_settled_between", [True, False])
async def test_a_cancellation_before_the_shipment_costs_the_same_in_either_order(
    till: Till, *, is_settled_between: bool
) -> None:
    """490 are cancelled, then the rest is shipped; the events overtake each other."""
    for first_is_cancelled in (True, False):
        attempt = await till.start()
        events: list[OrderState] = [adjusted(attempt, 490), shipped(attempt, TOTAL - 490)]
        for event in events if first_is_cancelled else reversed(events):
            await take(till, attempt, [event])
            if is_settled_between:
                await settled(till, attempt)
        assert sums(await settled(till, attempt)) == (TOTAL - 490, 0, 490)
    assert await failures(till) == []
    assert await till.check() == ()


async def test_a_refund_that_overtakes_the_shipment_costs_the_same(till: Till) -> None:
    """Everything is shipped and captured, then 490 are paid back; the refund comes first."""
    attempt = await till.start()
    await take(till, attempt, [adjusted(attempt, 490), shipped(attempt, TOTAL)])
    captured, refunded, _ = sums(await settled(till, attempt))
    assert captured - refunded == TOTAL - 490
    assert await failures(till) == []


async def test_what_was_captured_already_is_not_a_failure(till: Till) -> None:
    attempt = await till.start(method="bank_redirect")
    await take(till, attempt, [shipped(attempt, TOTAL)])
    assert sums(await settled(till, attempt)) == (TOTAL, 0, 0)
    assert await failures(till) == []


async def test_what_cannot_be_ordered_is_told(till: Till) -> None:
    attempt = await till.start()
    await take(till, attempt, [adjusted(attempt, TOTAL)])
    await settled(till, attempt)
    await take(till, attempt, [shipped(attempt, TOTAL), adjusted(attempt, 1)])
    told = [(one["kind"], one["amount_minor"], one["why"]) for one in await failures(till)]
    assert told == [("capture", TOTAL, "payment_attempt_not_live"), ("refund", 1, "payment_attempt_not_live")]
    assert sums(await settled(till, attempt)) == (0, 0, TOTAL)
