"""Feed a context with events as its consumer would, and read what it told, without a bus."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from springtide.bootstrap import Node
from springtide.contracts.orders.api import Placement
from springtide.contracts.payments.api import Attempt, AttemptState
from springtide.contracts.payments.events import AttemptChanged
from springtide.platform.events import Envelope, Event
from springtide.platform.ids import uuid7
from springtide.platform.inbox import Consumer


def consumer_of(node: Node, context: str = "orders") -> Consumer:
    by_type = {subscription.event.TYPE: subscription for subscription in node.built[context].subscriptions}
    return Consumer(node.databases[context], node.bus, by_type, name=context)


def envelope(event: Event, *, aggregate_id: object = "x", version: int = 1) -> Envelope:
    return Envelope(
        id=uuid7(),
        type=event.TYPE,
        version=1,
        aggregate_id=str(aggregate_id),
        aggregate_version=version,
        occurred_at=datetime.now(UTC),
        actor="system:test",
        cause="",
        trace="",
        market="NL",
        payload=msgspec.Raw(msgspec.json.encode(event)),
    )


def told(node: Node) -> list[tuple[str, int, dict[str, Any]]]:
    """(type, aggregate version, payload) of every event, oldest first."""
    with psycopg.connect(node.settings.database_url) as connection:
        rows = connection.execute("select type, aggregate_version, payload from orders.outbox order by seq").fetchall()
    return [(name, version, msgspec.json.decode(payload)) for name, version, payload in rows]


async def take_own(node: Node) -> None:
    """Let orders take its own events, as the stream would bring them."""
    consumer = consumer_of(node)
    with psycopg.connect(node.settings.database_url) as connection:
        rows = connection.execute(
            "select id, type, version, aggregate_id, aggregate_version, market, payload, actor, cause, trace,"
            " occurred_at"
            " from orders.outbox where type in ('orders.placed', 'orders.adjusted', 'orders.shipped') order by seq"
        ).fetchall()
    for row in rows:
        names = ("id", "type", "version", "aggregate_id", "aggregate_version", "market", "payload", "actor", "cause",
                 "trace", "occurred_at")  # fmt: skip
        values = dict(zip(names, row, strict=True))
        await consumer.take(Envelope(**{**values, "payload": msgspec.Raw(values["payload"])}))


def attempt_of(sold: Placement, state: AttemptState, version: int, **money: int) -> AttemptChanged:
    return AttemptChanged(
        attempt=Attempt(
            id=sold.attempt_id,
            checkout_id=sold.order_id,
            market="NL",
            method="ideal",
            gateway="sandbox",
            state=state,
            amount_minor=sold.quote.total_minor,
            currency="EUR",
            authorised_minor=money.get("authorised", 0),
            captured_minor=money.get("captured", 0),
            refunded_minor=money.get("refunded", 0),
            version=version,
        )
    )
