"""Insight in a fresh database, with a checkout that says what it is told to."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.contexts.insight.subscribers import Subscribers
from springtide.contracts.checkout.api import CartHour, CheckoutApi
from springtide.contracts.orders.api import FulfilmentStatus, OrderStatus, PaymentStatus
from springtide.contracts.orders.events import OrderPlaced
from springtide.platform.caller import Caller, Kind, system
from springtide.platform.events import Envelope
from springtide.platform.ids import uuid7
from springtide.settings import Insight
from tests.conftest import NodeWith

STAFF = Caller(actor="0001", kind=Kind.STAFF, scopes=frozenset({"insight.read"}))
WEB = system("web")
AT = datetime(2026, 11, 22, 9, 30, 5, tzinfo=UTC)


class FakeCheckout:
    def __init__(self) -> None:
        self.hours: tuple[CartHour, ...] = ()

    async def cart_hours(self, *, caller: Caller, since: datetime) -> tuple[CartHour, ...]:
        caller.require("orders.read")
        return self.hours


@pytest.fixture
def checkout() -> FakeCheckout:
    return FakeCheckout()


InsightWith = Callable[..., Awaitable[Node]]


@pytest.fixture
def insight_with(node_with: NodeWith, checkout: FakeCheckout) -> InsightWith:
    """`node = await insight_with(ga4_measurement_id=…)`: settings of the section insight."""

    async def build(**options: Any) -> Node:
        return await node_with("insight", fakes={CheckoutApi: checkout}, insight=Insight(**options))

    return build


def placed(order_id: UUID | None = None, **changes: Any) -> OrderPlaced:
    values = {
        "order_id": order_id or uuid7(),
        "number": "100001",
        "market": "GB",
        "currency": "GBP",
        "total_minor": 3_490,
        "status": OrderStatus.OPEN,
        "payment_status": PaymentStatus.PAID,
        "fulfilment_status": FulfilmentStatus.UNFULFILLED,
        "placed_at": AT,
        "attempt_id": uuid7(),
        "customer_id": None,
        "lines": (("85123A", 2, 2_990),),
        **changes,
    }
    return OrderPlaced(**values)


async def take(node: Node, *events: OrderPlaced, targets: tuple[str, ...] = ()) -> None:
    """Hand the events to the subscriber in one transaction, as the consumer does."""
    pairs = [
        (
            Envelope(
                id=uuid7(),
                type=OrderPlaced.TYPE,
                version=1,
                aggregate_id=str(event.order_id),
                aggregate_version=1,
                occurred_at=event.placed_at,
                actor="system:checkout",
                cause="",
                trace="",
                market=event.market,
                payload=msgspec.Raw(msgspec.json.encode(event)),
            ),
            event,
        )
        for event in events
    ]
    async with node.databases["insight"].tx(system("insight")) as tx:
        await Subscribers(targets).placed(tx, pairs)
