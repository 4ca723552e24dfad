"""What payments does when orders tells: capture what left, give back what was taken off, tell what cannot be."""

from typing import Any
from uuid import UUID

from springtide.contracts.orders.api import FulfilmentStatus, OrderStatus, PaymentStatus
from springtide.contracts.orders.events import CaptureAsked, OrderAdjusted, OrderShipped
from springtide.contracts.payments.api import Attempt, AttemptState
from springtide.platform.events import Event
from springtide.platform.ids import uuid7
from tests.context.orders.orders_events import consumer_of, envelope
from tests.context.payments.till import Till


def state_of(attempt: Attempt) -> dict[str, Any]:
    return {
        "order_id": attempt.checkout_id,
        "number": "NL-1",
        "market": "NL",
        "currency": "EUR",
        "total_minor": attempt.amount_minor,
        "status": OrderStatus.OPEN,
        "payment_status": PaymentStatus.AUTHORISED,
        "fulfilment_status": FulfilmentStatus.UNFULFILLED,
    }


def shipped(attempt: Attempt, capture_minor: int) -> OrderShipped:
    return OrderShipped(**state_of(attempt), shipment_id=uuid7(), shipped=(), capture_minor=capture_minor)


def adjusted(attempt: Attempt, refund_minor: int, adjustment_id: UUID) -> OrderAdjusted:
    return OrderAdjusted(
        **state_of(attempt),
        adjustment_id=adjustment_id,
        kind="refund",
        released=(),
        returned=(),
        refund_minor=refund_minor,
        reason="asked for",
    )


async def tell(till: Till, event: Event, *, times: int = 1) -> None:
    taken = envelope(event)
    for _ in range(times):
        await consumer_of(till.node, "payments").take(taken)


async def test_a_shipment_captures_once_however_often_it_is_told(till: Till) -> None:
    attempt = await till.start()
    await tell(till, shipped(attempt, 3490), times=2)
    await till.until(attempt, lambda now: now.state is AttemptState.CAPTURED)
    assert await till.gateway_entries(attempt) == [("authorised", 3490), ("captured", 3490)]


async def test_a_shipment_that_asks_for_nothing_orders_nothing(till: Till) -> None:
    attempt = await till.start()
    await tell(till, shipped(attempt, 0))
    assert (await till.payment(attempt)).operations == ()


async def test_staff_asked_for_the_money(till: Till) -> None:
    attempt = await till.start()
    await tell(till, CaptureAsked(**state_of(attempt), amount_minor=3490, reason="asked by staff"))
    done = await till.until(attempt, lambda now: now.state is AttemptState.CAPTURED)
    assert done.captured_minor == 3490


async def test_an_adjustment_gives_back_and_is_named_in_the_ledger(till: Till) -> None:
    attempt, adjustment = await till.start(), uuid7()
    await tell(till, shipped(attempt, 3490))
    await tell(till, adjusted(attempt, 490, adjustment))
    await till.until(attempt, lambda now: now.refunded_minor == 490)
    ledger = (await till.payment(attempt)).ledger
    assert [(row.amount_minor, row.cause) for row in ledger if row.kind == "refunded"] == [(490, str(adjustment))]


async def test_what_cannot_be_ordered_is_told_and_taken(till: Till) -> None:
    attempt = await till.start(scenario={"buyer": "declines", "webhook": "never"})
    await tell(till, shipped(attempt, 3490))
    assert (await till.payment(attempt)).operations == ()
    types = await till.fetch("select type from payments.outbox order by seq")
    assert types[-1] == ("payments.operation_failed",)
