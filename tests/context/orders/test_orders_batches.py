"""What orders does on many events at once: the same as one by one, also with a failing one and with late states."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from springtide.bootstrap import Node
from springtide.contracts.orders.api import FulfilmentStatus, OrdersApi, OrderStatus, PaymentStatus
from springtide.contracts.orders.events import OrderPlaced
from springtide.contracts.payments.api import AttemptState
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.events import Envelope
from springtide.platform.ids import uuid7
from tests.conftest import NodeWith
from tests.context.orders.orders_builders import OFFICE, FakePricing, placed, placement
from tests.context.orders.orders_events import attempt_of, consumer_of, envelope, take_own, told


def rows(node: Node, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(node.settings.database_url) as connection:
        return connection.execute(query.encode()).fetchall()


def change(node: Node, statement: str) -> None:
    with psycopg.connect(node.settings.database_url) as connection:
        connection.execute(statement.encode())


def placed_event(order_id: UUID, number: str) -> Envelope:
    event = OrderPlaced(
        order_id=order_id,
        number=number,
        market="NL",
        currency="EUR",
        total_minor=1,
        status=OrderStatus.OPEN,
        payment_status=PaymentStatus.PAID,
        fulfilment_status=FulfilmentStatus.UNFULFILLED,
        placed_at=datetime(2026, 11, 22, tzinfo=UTC),
        attempt_id=uuid7(),
        customer_id=None,
        lines=(),
    )
    return envelope(event, aggregate_id=order_id)


async def sold_orders(api: OrdersApi, many: int) -> list[UUID]:
    return [(await placed(api))[0].order_id for _ in range(many)]


async def test_invoices_of_a_batch_are_numbered_without_gaps_and_issued_once(api: OrdersApi, node: Node) -> None:
    first = await sold_orders(api, 1)
    await take_own(node)
    order_ids = await sold_orders(api, 6)
    batch = [placed_event(order_id, "n") for order_id in (*first, *order_ids, uuid7())]
    consumer = consumer_of(node)
    assert await consumer.take_together(batch) == 8
    assert await consumer.take_together(batch) == 0
    assert await consumer.take_together([placed_event(order_id, "again") for order_id in order_ids]) == 6
    issued = rows(node, "select sequence, order_id from orders.documents order by sequence")
    assert [sequence for sequence, _ in issued] == [1, 2, 3, 4, 5, 6, 7]
    assert [order_id for _, order_id in issued] == [*first, *order_ids]
    assert rows(node, "select last from orders.document_counters") == [(7,)]
    assert rows(node, "select count(*) from orders.mails where kind = 'received'") == [(8,)]
    assert await api.check(caller=OFFICE) == ()


async def test_a_batch_that_fails_issues_nothing(api: OrdersApi, node: Node) -> None:
    order_ids = await sold_orders(api, 4)
    change(node, f"alter table orders.document_pages add constraint bad check (order_id <> '{order_ids[2]}')")
    consumer = consumer_of(node)
    batch = [placed_event(order_id, "n") for order_id in order_ids]
    failed = 0
    for events in (batch, *([event] for event in batch)):
        try:
            await consumer.take_together(events)
        except psycopg.errors.CheckViolation:
            failed += 1
    assert failed == 2
    assert rows(node, "select sequence from orders.documents order by sequence") == [(1,), (2,), (3,)]
    assert rows(node, "select last from orders.document_counters") == [(3,)]
    assert await api.check(caller=OFFICE) == ()


async def test_a_state_that_tells_nothing_new_touches_no_order_and_still_guards_against_older_ones(
    api: OrdersApi, node: Node
) -> None:
    sold = [(await placed(api))[0] for _ in range(3)]
    consumer = consumer_of(node)
    before = told(node)
    news = [envelope(attempt_of(each, AttemptState.AUTHORISED, 2, authorised=each.quote.total_minor)) for each in sold]
    assert await consumer.take_together(news) == 3
    assert told(node) == before
    assert rows(node, "select distinct version from orders.attempts") == [(2,)]
    late = [envelope(attempt_of(each, AttemptState.AUTHORISED, 1, authorised=0)) for each in sold]
    assert await consumer.take_together(late) == 3
    assert told(node) == before
    assert set(rows(node, "select authorised_minor from orders.orders")) == {(sold[0].quote.total_minor,)}


async def test_several_states_of_an_attempt_in_one_batch_count_once_and_before_the_order_is_there(
    api: OrdersApi, node: Node
) -> None:
    early, sold = placement(), (await placed(api))[0]
    total = sold.quote.total_minor
    consumer = consumer_of(node)
    batch = [
        envelope(attempt_of(each, state, version, authorised=total, captured=captured))
        for each in (early, sold)
        for state, version, captured in ((AttemptState.CAPTURED, 3, total), (AttemptState.AUTHORISED, 1, 0))
    ]
    assert await consumer.take_together(batch) == 4
    await placed(api, early)
    paid = rows(node, "select payment_status, captured_minor from orders.orders")
    assert paid == [("paid", total), ("paid", total)]
    assert [name for name, _, _ in told(node)].count("orders.changed") == 1


async def test_a_mail_that_fails_is_put_off_and_delays_no_other(node_with: NodeWith, tmp_path: Path) -> None:
    node = await node_with("orders", fakes={PricingApi: FakePricing()})
    api = node.ask(OrdersApi)
    order_ids = await sold_orders(api, 3)
    await consumer_of(node).take_together([placed_event(order_id, "n") for order_id in order_ids])
    (send_mails,) = [loop.work for loop in node.built["orders"].loops if loop.name == "send_mails"]
    in_the_way = tmp_path / "mail" / f"order-received-{order_ids[1]}.eml"
    in_the_way.mkdir(parents=True)
    assert await send_mails() == 3
    assert await send_mails() == 0
    unsent = "select order_id, attempts, due_at > now() from orders.mails where sent_at is null"
    assert rows(node, unsent) == [(order_ids[1], 1, True)]
    assert len([path for path in (tmp_path / "mail").iterdir() if path.is_file() and path.suffix == ".eml"]) >= 2
    in_the_way.rmdir()
    change(node, "update orders.mails set due_at = now() - interval '1 second' where sent_at is null")
    assert await send_mails() == 1
    assert in_the_way.is_file()
    assert rows(node, "select min(attempts), max(attempts) from orders.mails where sent_at is not null") == [(1, 2)]


async def test_a_mail_is_given_up_after_twelve_attempts(api: OrdersApi, node: Node, tmp_path: Path) -> None:
    (order_id,) = await sold_orders(api, 1)
    await consumer_of(node).take_together([placed_event(order_id, "n")])
    (tmp_path / "mail" / f"order-received-{order_id}.eml").mkdir(parents=True)
    (send_mails,) = [loop.work for loop in node.built["orders"].loops if loop.name == "send_mails"]
    change(node, "update orders.mails set attempts = 11")
    assert await send_mails() == 1
    assert rows(node, "select due_at > now() + interval '1 year' from orders.mails where sent_at is null") == [(True,)]


async def test_what_a_killed_process_had_taken_is_sent_by_the_next(api: OrdersApi, node: Node, tmp_path: Path) -> None:
    (order_id,) = await sold_orders(api, 1)
    await consumer_of(node).take_together([placed_event(order_id, "n")])
    change(node, "update orders.mails set attempts = 1, due_at = now() + interval '120 seconds'")
    (send_mails,) = [loop.work for loop in node.built["orders"].loops if loop.name == "send_mails"]
    assert await send_mails() == 0
    change(node, "update orders.test_clock set offset_s = 121")
    assert await send_mails() == 1
    assert (tmp_path / "mail" / f"order-received-{order_id}.eml").is_file()
