"""Events of orders as inventory receives them."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import FulfilmentStatus, OrderStatus, PaymentStatus
from springtide.contracts.orders.events import OrderAdjusted, OrderShipped
from springtide.platform.events import Envelope, Event
from springtide.platform.ids import uuid7


def envelope(event: Event, event_id: UUID | None = None) -> Envelope:
    return Envelope(
        id=event_id or uuid7(),
        type=event.TYPE,
        version=1,
        aggregate_id="o",
        aggregate_version=1,
        occurred_at=datetime(2011, 9, 1, tzinfo=UTC),
        actor="",
        cause="",
        trace="",
        market="GB",
        payload=msgspec.Raw(msgspec.json.encode(event)),
    )


def shipped(order_id: UUID, *units: Allocation) -> OrderShipped:
    return OrderShipped(
        order_id=order_id,
        number="1",
        market="GB",
        currency="GBP",
        total_minor=1,
        status=next(iter(OrderStatus)),
        payment_status=next(iter(PaymentStatus)),
        fulfilment_status=next(iter(FulfilmentStatus)),
        shipment_id=uuid7(),
        shipped=units,
    )


def adjusted(
    order_id: UUID, *, released: tuple[Allocation, ...] = (), returned: tuple[Allocation, ...] = ()
) -> OrderAdjusted:
    return OrderAdjusted(
        order_id=order_id,
        number="1",
        market="GB",
        currency="GBP",
        total_minor=1,
        status=next(iter(OrderStatus)),
        payment_status=next(iter(PaymentStatus)),
        fulfilment_status=next(iter(FulfilmentStatus)),
        adjustment_id=uuid7(),
        kind="cancel",
        released=released,
        returned=returned,
        refund_minor=0,
        reason="",
    )
