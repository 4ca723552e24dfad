"""Invoices, credit notes and mail: made by orders' own events, gapless, in the buyer's language."""

import asyncio
import email
from email import policy
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from springtide.bootstrap import Node
from springtide.contracts.customers.events import CustomerErased
from springtide.contracts.orders.api import OrderNotFound, OrdersApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.ids import uuid7
from tests.conftest import NodeWith
from tests.context.orders.orders_builders import OFFICE, FakePricing, placed, placement
from tests.context.orders.orders_events import consumer_of, envelope, take_own


async def test_documents_add_up_to_what_is_owed(api: OrdersApi, node: Node) -> None:
    sold, receipt = await placed(api)
    await api.cancel(caller=OFFICE, key="cancel-1", order_id=sold.order_id, lines={1: 1}, reason="asked")
    await take_own(node)
    await take_own(node)
    order = await api.get_with_token(caller=guest(), order_id=sold.order_id, token=receipt.token)
    year = order.documents[0].issued_on.year
    assert [(one.number, one.gross_minor) for one in order.documents] == [
        (f"MF-I{year}-000001", order.total_minor),
        (f"MF-C{year}-000001", -333),
    ]
    invoice = await api.document(
        caller=guest(), order_id=sold.order_id, token=receipt.token, number=order.documents[0].number
    )
    credit = await api.document(caller=OFFICE, order_id=sold.order_id, token="", number=order.documents[1].number)
    for words in (
        "Factuur",
        'lang="nl"',
        "NL001234567B01",
        "21 %",
        "Ann Buyer",
        "Keizersgracht 1",
        "€ 17,96",
        receipt.number,
    ):
        assert words in invoice
    for words in ("Creditnota", f"MF-I{year}-000001", "€ -3,33"):
        assert words in credit
    assert await api.check(caller=OFFICE) == ()


async def test_a_name_cannot_write_into_the_page(api: OrdersApi, node: Node) -> None:
    sold, receipt = await placed(api, placement(name="<script>alert(1)</script>", locale="xx"))
    await take_own(node)
    order = await api.get(caller=OFFICE, order_id=sold.order_id)
    page = await api.document(
        caller=guest(), order_id=sold.order_id, token=receipt.token, number=order.documents[0].number
    )
    assert "<script>" not in page
    assert 'lang="en"' in page


async def test_documents_are_for_those_who_may_see_the_order(api: OrdersApi, node: Node) -> None:
    customer_id = uuid7()
    sold, _ = await placed(api, placement(customer_id=customer_id))
    await take_own(node)
    number = (await api.get(caller=OFFICE, order_id=sold.order_id)).documents[0].number
    mine = Caller(actor=str(customer_id), kind=Kind.CUSTOMER)
    assert number in await api.document(caller=mine, order_id=sold.order_id, token="", number=number)
    for caller, wanted in (
        (guest(), number),
        (Caller(actor=str(uuid7()), kind=Kind.CUSTOMER), number),
        (OFFICE, "X"),
        (OFFICE, "\0"),
    ):
        with pytest.raises(OrderNotFound):
            await api.document(caller=caller, order_id=sold.order_id, token="", number=wanted)


async def test_numbers_are_gapless_when_many_are_issued_at_once_and_some_fail(api: OrdersApi, node: Node) -> None:
    for _ in range(12):
        await placed(api)
    with psycopg.connect(node.settings.database_url, autocommit=True) as connection:
        connection.execute("create sequence orders.turns")
        connection.execute(
            "create function orders.stumble() returns trigger language plpgsql security definer as $$ begin"
            " if nextval('orders.turns') % 3 = 0 then raise serialization_failure; end if; return new; end $$"
        )
        connection.execute(
            "create trigger stumble before insert on orders.document_pages for each row"
            " execute function orders.stumble()"
        )
    outcomes = await asyncio.gather(*(take_own(node) for _ in range(4)), return_exceptions=True)
    assert any(isinstance(outcome, Exception) for outcome in outcomes)
    while any(isinstance(one, Exception) for one in await asyncio.gather(take_own(node), return_exceptions=True)):
        pass
    with psycopg.connect(node.settings.database_url) as connection:
        found = connection.execute("select sequence from orders.documents order by sequence").fetchall()
    assert [number for (number,) in found] == list(range(1, 13))
    assert await api.check(caller=OFFICE) == ()


async def mails_in(folder: Path, many: int) -> dict[str, EmailMessage]:
    deadline = asyncio.get_running_loop().time() + 30
    while True:
        found = sorted((folder / "mail").glob("[!.]*.eml"))
        if len(found) >= many:
            return {
                path.name.split("-")[1]: email.message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[misc]
                for path in found
            }
        assert asyncio.get_running_loop().time() < deadline, f"{len(found)} mails"
        await asyncio.sleep(0.05)


async def test_the_buyer_is_written_to_in_their_language(node_with: NodeWith, tmp_path: Path) -> None:
    node = await node_with("orders", fakes={PricingApi: FakePricing()}, background=True)
    api = node.ask(OrdersApi)
    sold, receipt = await placed(api, placement(locale="sv"))
    await api.ship(
        caller=OFFICE, key="ship-one", order_id=sold.order_id, lines={1: 3}, carrier="PostNord", tracking="SE1"
    )
    await api.cancel(caller=OFFICE, key="cancel-rest", order_id=sold.order_id, lines={}, reason="asked")
    mails = await mails_in(tmp_path, 3)
    assert set(mails) == {"received", "shipped", "adjusted"}
    received = mails["received"]
    assert received["To"] == "ann@example.com"
    assert received["Subject"] == f"Vi har tagit emot din beställning {receipt.number}"
    text = received.get_body(("plain",))
    assert text is not None
    assert receipt.token in text.get_content()
    assert "3 x MUG kaart" in text.get_content()
    html = received.get_body(("html",))
    assert html is not None
    assert 'lang="sv"' in html.get_content()
    assert "PostNord" in mails["shipped"].as_string()
    assert "3,01" in mails["adjusted"].get_body(("plain",)).get_content()  # type: ignore[union-attr]


async def test_orders_of_an_erased_customer_are_overwritten_at_the_retention_date(
    api: OrdersApi, node: Node, set_clock: object
) -> None:
    customer_id = uuid7()
    sold, _ = await placed(api, placement(customer_id=customer_id))
    other, _ = await placed(api, placement(email="bo@example.com", name="Bo Other"))
    await take_own(node)
    await consumer_of(node).take(envelope(CustomerErased(customer_id=customer_id)))
    (erase_due,) = [loop.work for loop in node.built["orders"].loops if loop.name == "erase_due"]
    assert await erase_due() == 0
    assert (await api.get(caller=OFFICE, order_id=sold.order_id)).contact.email == "ann@example.com"
    await set_clock(node, 7.01 * 365.25 * 86_400)  # type: ignore[operator]
    assert await erase_due() == 1
    order = await api.get(caller=OFFICE, order_id=sold.order_id)
    assert (order.contact.email, order.billing_address.name, order.shipping_address.country) == ("", "", "NL")
    assert (await api.get(caller=OFFICE, order_id=other.order_id)).contact.email == "bo@example.com"
    with psycopg.connect(node.settings.database_url) as connection:
        for table in ("orders", "document_pages", "timeline", "audit", "adjustments", "mails"):
            rows = str(
                connection.execute(
                    sql.SQL("select t::text from orders.{} as t").format(sql.Identifier(table))
                ).fetchall()
            )
            for word in ("ann@", "Ann Buyer"):
                assert word not in rows, table
