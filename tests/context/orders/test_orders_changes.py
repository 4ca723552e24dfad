"""What happens to an order after the sale: shipped, cancelled, refunded, returned, paid."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from springtide.bootstrap import Node
from springtide.contracts.orders.api import (
    InvalidOrder,
    LineUnknown,
    NotCapturable,
    Order,
    OrderNotFound,
    OrdersApi,
    QuantityRefused,
)
from springtide.contracts.payments.api import AttemptState
from springtide.contracts.payments.events import OperationFailed
from springtide.platform.errors import Forbidden, Refusal
from springtide.platform.ids import uuid7
from tests.context.orders.orders_builders import OFFICE, placed, placement, staff
from tests.context.orders.orders_events import attempt_of, consumer_of, envelope, told


async def ship(api: OrdersApi, order_id: UUID, lines: dict[int, int] | None = None, key: str = "") -> Order:
    return await api.ship(
        caller=OFFICE, key=key or uuid7().hex, order_id=order_id, lines=lines or {}, carrier="PostNL", tracking="3S123"
    )


async def cancel(api: OrdersApi, order_id: UUID, lines: dict[int, int] | None = None) -> Order:
    return await api.cancel(caller=OFFICE, key=uuid7().hex, order_id=order_id, lines=lines or {}, reason="asked")


async def refund(api: OrdersApi, order_id: UUID, lines: dict[int, int], *, shipping: bool = False) -> Order:
    return await api.refund(
        caller=OFFICE, key=uuid7().hex, order_id=order_id, lines=lines, shipping=shipping, reason="broken"
    )


async def give_back(api: OrdersApi, order_id: UUID, lines: dict[int, int], *, restock: bool = True) -> Order:
    return await api.take_return(
        caller=OFFICE, key=uuid7().hex, order_id=order_id, lines=lines, restock=restock, reason="did not fit"
    )


async def test_shipping_in_two_parcels_asks_for_all_the_money_once(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    first = await ship(api, sold.order_id, {1: 2})
    assert (first.status, first.fulfilment_status) == ("open", "partly_fulfilled")
    second = await ship(api, sold.order_id)
    assert (second.status, second.fulfilment_status) == ("completed", "fulfilled")
    assert [shipment.lines for shipment in second.shipments] == [{1: 2}, {1: 1, 2: 2}]
    shipped = [payload for name, _, payload in told(node) if name == "orders.shipped"]
    assert [event["capture_minor"] for event in shipped] == [sold.quote.total_minor, 0]
    assert [(part["sku"], part["quantity"]) for event in shipped for part in event["shipped"]] == [
        ("MUG", 2), ("MUG", 1), ("CARD", 2),
    ]  # fmt: skip
    assert [version for _, version, _ in told(node)] == [1, 2, 3]
    assert await api.check(caller=OFFICE) == ()


async def test_cancelling_everything_gives_back_goods_and_shipping(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    one = await cancel(api, sold.order_id, {1: 1})
    assert one.status == "open"
    assert one.adjustments[0].money[0].gross_minor == -333
    order = await cancel(api, sold.order_id)
    assert (order.status, order.fulfilment_status) == ("cancelled", "not_needed")
    assert sum(row.gross_minor for adjustment in order.adjustments for row in adjustment.money) == -order.total_minor
    adjusted = [payload for name, _, payload in told(node) if name == "orders.adjusted"]
    assert sum(event["refund_minor"] for event in adjusted) == order.total_minor
    assert sum(part["quantity"] for event in adjusted for part in event["released"]) == 5
    assert (await api.money(caller=OFFICE)).items[0].unshipped == ()
    assert await api.check(caller=OFFICE) == ()


async def test_goods_that_come_back_after_a_refund_are_not_paid_twice(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    await ship(api, sold.order_id)
    await refund(api, sold.order_id, {1: 1}, shipping=True)
    order = await give_back(api, sold.order_id, {1: 3, 2: 2})
    assert order.fulfilment_status == "returned"
    assert sum(row.gross_minor for adjustment in order.adjustments for row in adjustment.money) == -order.total_minor
    last = told(node)[-1][2]
    assert [(part["sku"], part["quantity"]) for part in last["returned"]] == [("MUG", 3), ("CARD", 2)]
    with pytest.raises(QuantityRefused):
        await refund(api, sold.order_id, {1: 1})
    with pytest.raises(QuantityRefused):
        await refund(api, sold.order_id, {}, shipping=True)
    assert await api.check(caller=OFFICE) == ()


async def test_a_return_that_is_not_restocked_moves_money_only(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    await ship(api, sold.order_id)
    await give_back(api, sold.order_id, {2: 1}, restock=False)
    await give_back(api, sold.order_id, {2: 1}, restock=True)
    events = [payload for name, _, payload in told(node) if name == "orders.adjusted"]
    assert [sum(part["quantity"] for part in event["returned"]) for event in events] == [0, 1]
    assert [event["refund_minor"] for event in events] == [151, 150]


def facts(node: Node) -> list[Any]:
    tables = ("orders", "order_lines", "shipments", "adjustments", "timeline", "outbox", "audit")
    with psycopg.connect(node.settings.database_url) as connection:
        return [
            connection.execute(
                sql.SQL("select t::text from orders.{} as t order by 1").format(sql.Identifier(name))
            ).fetchall()
            for name in tables
        ]


@pytest.mark.parametrize(
    ("verb", "arguments", "refusal"),
    [
        (cancel, {"lines": {1: 4}}, QuantityRefused),
        (cancel, {"lines": {9: 1}}, LineUnknown),
        (cancel, {"lines": {1: 0}}, InvalidOrder),
        (cancel, {"lines": {1: 1, 2: 3}}, QuantityRefused),
        (ship, {"lines": {2: 3}}, QuantityRefused),
        (refund, {"lines": {1: 1}}, QuantityRefused),
        (refund, {"lines": {}}, InvalidOrder),
        (give_back, {"lines": {1: 1}}, QuantityRefused),
        (give_back, {"lines": {}}, InvalidOrder),
        (give_back, {"lines": {1: -1}}, InvalidOrder),
    ],
)
async def test_a_refused_change_changes_nothing(
    api: OrdersApi, node: Node, verb: Callable[..., Awaitable[Order]], arguments: dict[str, Any], refusal: type[Refusal]
) -> None:
    sold, _ = await placed(api)
    before = facts(node)
    with pytest.raises(refusal):
        await verb(api, sold.order_id, **arguments)
    assert before == facts(node)


async def test_changes_need_their_permission_and_an_order(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    before = facts(node)
    reader = staff("orders.read")
    with pytest.raises(Forbidden):
        await api.cancel(caller=reader, key="cancel-1", order_id=sold.order_id, lines={}, reason="")
    with pytest.raises(Forbidden):
        await api.refund(
            caller=staff("orders.write"),
            key="refund-1",
            order_id=sold.order_id,
            lines={1: 1},
            shipping=False,
            reason="",
        )
    with pytest.raises(OrderNotFound):
        await cancel(api, uuid7())
    with pytest.raises(InvalidOrder):
        await api.cancel(caller=OFFICE, key="cancel-2", order_id=sold.order_id, lines={}, reason="x" * 501)
    assert before == facts(node)


async def test_a_repeat_with_the_same_key_ships_once(api: OrdersApi) -> None:
    sold, _ = await placed(api)
    first = await ship(api, sold.order_id, {1: 1}, key="ship-once")
    assert first == await ship(api, sold.order_id, {1: 1}, key="ship-once")
    assert len(first.shipments) == 1


async def test_ten_at_once_cannot_cancel_more_than_there_is(api: OrdersApi) -> None:
    sold, _ = await placed(api)
    outcomes = await asyncio.gather(*(cancel(api, sold.order_id, {1: 1}) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(outcome, Order) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, QuantityRefused) for outcome in outcomes) == 7
    assert await api.check(caller=OFFICE) == ()


async def test_capture_is_asked_for_once_until_it_fails(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    await cancel(api, sold.order_id, {1: 1})
    await api.capture(caller=OFFICE, key="capture-1", order_id=sold.order_id, reason="")
    asked = [payload for name, _, payload in told(node) if name == "orders.capture_asked"]
    assert [event["amount_minor"] for event in asked] == [sold.quote.total_minor - 333]
    with pytest.raises(NotCapturable):
        await api.capture(caller=OFFICE, key="capture-2", order_id=sold.order_id, reason="")
    failed = OperationFailed(
        attempt_id=sold.attempt_id, checkout_id=sold.order_id, kind="capture", amount_minor=1, why="refused"
    )
    await consumer_of(node).take(envelope(failed))
    order = await api.capture(caller=OFFICE, key="capture-3", order_id=sold.order_id, reason="")
    assert [entry.what for entry in order.timeline] == [
        "placed",
        "cancel",
        "capture_asked",
        "capture_failed",
        "capture_asked",
    ]


async def test_the_newest_state_of_an_attempt_counts(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    total = sold.quote.total_minor
    consumer = consumer_of(node)
    for version, state, money in (
        (3, AttemptState.CAPTURED, {"authorised": total, "captured": total}),
        (2, AttemptState.AUTHORISED, {"authorised": total}),
        (4, AttemptState.CAPTURED, {"authorised": total, "captured": total, "refunded": 100}),
    ):
        await consumer.take(envelope(attempt_of(sold, state, version, **money), version=version))
    order = await api.get(caller=OFFICE, order_id=sold.order_id)
    assert (order.payment_status, order.captured_minor, order.refunded_minor) == ("partly_refunded", total, 100)
    assert [entry.what for entry in order.timeline] == ["placed", "captured", "refunded"]
    assert [name for name, _, _ in told(node)] == ["orders.placed", "orders.changed", "orders.changed"]


async def test_an_event_that_comes_before_the_order_is_not_lost(api: OrdersApi, node: Node) -> None:
    sold = placement()
    total = sold.quote.total_minor
    event = attempt_of(sold, AttemptState.CAPTURED, 2, authorised=total, captured=total)
    assert await consumer_of(node).take(envelope(event)) == "taken"
    await placed(api, sold)
    order = await api.get(caller=OFFICE, order_id=sold.order_id)
    assert (order.payment_status, order.captured_minor) == ("paid", total)


async def test_a_voided_authorisation_shows(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    await cancel(api, sold.order_id)
    event = attempt_of(sold, AttemptState.VOIDED, 2, authorised=sold.quote.total_minor)
    await consumer_of(node).take(envelope(event))
    order = await api.get(caller=OFFICE, order_id=sold.order_id)
    assert (order.payment_status, order.authorised_minor) == ("voided", 0)
    with pytest.raises(NotCapturable):
        await api.capture(caller=OFFICE, key="capture-1", order_id=sold.order_id, reason="")


async def test_what_is_append_only_cannot_be_changed_by_the_shop(api: OrdersApi, node: Node) -> None:
    sold, _ = await placed(api)
    await cancel(api, sold.order_id, {1: 1})
    with psycopg.connect(node.databases["orders"].url, autocommit=True) as connection:
        for statement in (
            "update orders.adjustments set reason = ''",
            "delete from orders.adjustment_money",
            "update orders.timeline set what = ''",
            "update orders.timeline_default set what = ''",
            "delete from orders.shipments",
            "update orders.documents set number = ''",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
