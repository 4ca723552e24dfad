"""Placing: once, whole, readable by who may read it."""

import asyncio

import psycopg
import pytest

from springtide.bootstrap import Node
from springtide.contracts.orders.api import InvalidOrder, OrderNotFound, OrdersApi
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7
from tests.context.orders.orders_builders import CHECKOUT, OFFICE, placed, placement, staff


async def test_an_order_is_stored_as_it_was_sold(api: OrdersApi) -> None:
    sold, receipt = await placed(api)
    order = await api.get_with_token(caller=guest(), order_id=sold.order_id, token=receipt.token)
    assert receipt.number == "MF-100001"
    assert order.total_minor == sold.quote.total_minor == sum(line.money.gross_minor for line in order.lines) + 495
    assert [(line.sku, line.ordered, line.name) for line in order.lines] == [
        ("MUG", 3, "MUG kaart"),
        ("CARD", 2, "CARD kaart"),
    ]
    assert order.fx_to_base == "0.86"
    assert (order.status, order.payment_status, order.fulfilment_status) == ("open", "authorised", "unfulfilled")
    assert [entry.what for entry in order.timeline] == ["placed"]
    assert order.lines[0].allocations[0].quantity == 3
    assert order.contact == sold.contact


async def test_placing_again_gives_the_same_receipt_under_the_same_and_another_key(api: OrdersApi) -> None:
    sold, receipt = await placed(api)
    assert receipt == await api.place(caller=CHECKOUT, key=f"place-{sold.order_id}", placement=sold)
    assert receipt == await api.place(caller=CHECKOUT, key="another-key", placement=sold)
    assert len((await api.money(caller=OFFICE)).items) == 1


async def test_twenty_at_once_place_one_order(api: OrdersApi, node: Node) -> None:
    sold = placement()
    receipts = await asyncio.gather(
        *(api.place(caller=CHECKOUT, key=f"racing-{turn}", placement=sold) for turn in range(20))
    )
    assert len(set(receipts)) == 1
    with psycopg.connect(node.settings.database_url) as connection:
        assert connection.execute("select count(*) from orders.order_lines").fetchone() == (2,)
        assert connection.execute("select count(*) from orders.outbox").fetchone() == (1,)


async def test_a_live_order_cannot_carry_an_import_batch(api: OrdersApi, node: Node) -> None:
    with pytest.raises(InvalidOrder):
        await placed(api, placement(batch="history"))
    with psycopg.connect(node.settings.database_url) as connection:
        assert connection.execute("select count(*) from orders.orders").fetchone() == (0,)
    await placed(api)
    with psycopg.connect(node.settings.database_url) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("update orders.orders set import_batch = 'x'")


async def test_only_those_who_may_see_an_order(api: OrdersApi) -> None:
    customer_id = uuid7()
    sold, receipt = await placed(api, placement(customer_id=customer_id))
    mine = Caller(actor=str(customer_id), kind=Kind.CUSTOMER)
    assert (await api.get(caller=mine, order_id=sold.order_id)).token == receipt.token
    assert (await api.get(caller=OFFICE, order_id=sold.order_id)).token == ""
    for caller in (guest(), Caller(actor=str(uuid7()), kind=Kind.CUSTOMER)):
        with pytest.raises(OrderNotFound):
            await api.get(caller=caller, order_id=sold.order_id)
    with pytest.raises(Forbidden):
        await api.get(caller=staff("catalog.write"), order_id=sold.order_id)
    with pytest.raises(Forbidden):
        await api.place(caller=guest(), key="guest-places", placement=placement())
    for token in ("", receipt.token[:-1] + "~", "ü"):
        with pytest.raises(OrderNotFound):
            await api.get_with_token(caller=guest(), order_id=sold.order_id, token=token)
    with pytest.raises(OrderNotFound):
        await api.get(caller=OFFICE, order_id=uuid7())


async def test_money_lists_live_orders_by_page(api: OrdersApi) -> None:
    orders = [(await placed(api))[0] for _ in range(3)]
    first = await api.money(caller=OFFICE, limit=2)
    second = await api.money(caller=OFFICE, after=first.after, limit=2)
    assert [item.order_id for item in (*first.items, *second.items)] == sorted(sold.order_id for sold in orders)
    assert second.after is None
    assert {(left.sku, left.quantity) for left in first.items[0].unshipped} == {("MUG", 3), ("CARD", 2)}
    assert await api.check(caller=OFFICE) == ()
    with pytest.raises(InvalidOrder):
        await api.money(caller=OFFICE, after="nonsense")


async def test_the_audit_log_names_who_did_what(api: OrdersApi) -> None:
    sold, _ = await placed(api)
    await api.cancel(caller=OFFICE, key="cancel-1", order_id=sold.order_id, lines={1: 1}, reason="Ann called")
    reader = staff("audit.read")
    entries = await api.list_audit(caller=reader, aggregate_id=str(sold.order_id))
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("order_cancel", OFFICE.principal),
        ("order_placed", "system:checkout"),
    ]
    assert entries[0].difference == {"gross_minor": "-333", "units": "1"}
    older = await api.list_audit(caller=reader, before=str(entries[0].id), limit=1)
    assert older == entries[1:]
    with pytest.raises(Forbidden):
        await api.list_audit(caller=OFFICE)
