"""After the sale, in real processes: orders, payments, inventory and the gateway end with the same figures."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from system.buyer import Buyer
from system.office import OWNER, SUPPORT, WAREHOUSE, Office, eventually, office_of
from system.shop import RunningShop
from system.test_first_order import mail_to
from system.test_kills import LEASES_S, died

from springtide.contracts.orders.api import (
    DocumentKind,
    FulfilmentStatus,
    LineUnknown,
    NotCapturable,
    Order,
    OrdersApi,
    OrderStatus,
    PaymentStatus,
    QuantityRefused,
)
from springtide.contracts.payments.api import AmountRefused, PaymentsApi
from springtide.platform.errors import Forbidden, Refusal
from springtide.platform.usecase import new_key

LANTERN, HOLDER = "84879", "85123A"


@pytest.fixture
async def office(shop: RunningShop) -> AsyncIterator[Office]:
    async with office_of(shop) as opened:
        yield opened


def owed(order: Order) -> int:
    """What the order costs after its adjustments."""
    return order.total_minor + sum(row.gross_minor for one in order.adjustments for row in one.money)


def paid_back(order: Order) -> int:
    """What the newest adjustment gives back."""
    return -sum(row.gross_minor for row in order.adjustments[-1].money)


async def test_a_card_order_is_shipped_in_part_cancelled_refunded_and_returned(
    shop: RunningShop, buyer: Buyer, office: Office
):
    buyer.email = f"after-{shop.layout}@example.com"
    order = await office.bought(buyer, "card", (LANTERN, 3), (HOLDER, 2))
    total = order.total_minor
    assert (order.payment_status, order.authorised_minor) == (PaymentStatus.AUTHORISED, total)
    lanterns, holders = await office.units(LANTERN), await office.units(HOLDER)

    await office.ship(order, {1: 2})
    order = await office.until(order, payment_status=PaymentStatus.PAID, captured_minor=total)
    assert (order.status, order.fulfilment_status) == (OrderStatus.OPEN, FulfilmentStatus.PARTLY_FULFILLED)
    assert await office.sums_at_gateway(order) == (total, total, 0, 0)
    await eventually(lambda: office.units(LANTERN), lanterns.after(on_hand=-2, claimed=-2))
    assert "3SABC1" in await mail_to(shop, buyer.email, f"{order.number} is onderweg")
    [invoice] = (await office.documents(order, 1)).documents
    assert (invoice.kind, invoice.gross_minor) == (DocumentKind.INVOICE, total)
    assert re.fullmatch(r"\w*I\d{4}-\d{6}", invoice.number), invoice.number

    order = await office.cancel(order, {2: 1})
    cancelled = paid_back(order)
    assert cancelled == order.lines[1].money.gross_minor // 2
    await office.until(order, refunded_minor=cancelled, payment_status=PaymentStatus.PARTLY_REFUNDED)
    await eventually(lambda: office.units(HOLDER), holders.after(claimed=-1))
    await mail_to(shop, buyer.email, f"{order.number}: geannuleerd")

    order = await office.refund(order, {1: 1})
    refunded = paid_back(order)
    await office.until(order, refunded_minor=cancelled + refunded)
    await the_credit_note_is_right(office, order, many=3)
    await mail_to(shop, buyer.email, f"{order.number}: je terugbetaling")

    returned_before = await office.came_back(LANTERN)
    order = await office.take_return(order, {1: 2}, restock=True)
    back = paid_back(order)  # of one of the two the money went back before
    await office.until(order, refunded_minor=cancelled + refunded + back)
    await eventually(lambda: office.units(LANTERN), lanterns.after(claimed=-2))
    assert await office.came_back(LANTERN) == returned_before + 2
    assert await office.entries_at_gateway(order, "refunded") == [cancelled, refunded, back]

    order = await office.ship(order, {})
    order = await office.until(order, status=OrderStatus.COMPLETED, fulfilment_status=FulfilmentStatus.FULFILLED)
    assert (order.captured_minor, order.refunded_minor) == (total, total - owed(order))
    await eventually(lambda: office.units(HOLDER), holders.after(on_hand=-1, claimed=-2))
    await office.everything_agrees()


async def the_credit_note_is_right(office: Office, order: Order, *, many: int) -> None:
    """The newest document credits the newest adjustment: its number, its sum, its rows of VAT."""
    order = await office.documents(order, many)
    adjustment, rows = order.adjustments[-1], order.adjustments[-1].money
    note = next(one for one in order.documents if one.adjustment_id == adjustment.id)
    assert note.kind is DocumentKind.CREDIT_NOTE
    assert re.fullmatch(r"\w*C\d{4}-\d{6}", note.number), note.number
    assert note.gross_minor == sum(row.gross_minor for row in rows) < 0
    for row in rows:
        assert row.rate_bp == 2100
        assert row.gross_minor == row.net_minor + row.tax_minor
        assert abs(row.tax_minor - row.gross_minor * 21 / 121) <= 1
    html = await office.page(order, note.number)
    assert note.number in html
    assert "21" in html


async def test_what_is_cancelled_before_shipping_is_never_captured(buyer: Buyer, office: Office):
    order = await office.bought(buyer, "card", (LANTERN, 3))
    total, lanterns = order.total_minor, await office.units(LANTERN)
    order = await office.cancel(order, {1: 1})
    await eventually(lambda: office.units(LANTERN), lanterns.after(claimed=-1))
    assert (await office.order(order.id)).payment_status is PaymentStatus.AUTHORISED
    await office.ship(order, {})
    order = await office.until(order, payment_status=PaymentStatus.PAID, captured_minor=owed(order))
    await eventually(lambda: office.sums_at_gateway(order), (total, owed(order), 0, total - owed(order)))
    assert (order.status, order.refunded_minor) == (OrderStatus.COMPLETED, 0)
    await office.everything_agrees()


async def test_an_order_that_is_cancelled_whole_is_never_charged(buyer: Buyer, office: Office):
    lanterns = await office.units(LANTERN)
    order = await office.bought(buyer, "card", (LANTERN, 2))
    order = await office.cancel(order, {})
    assert (order.status, owed(order)) == (OrderStatus.CANCELLED, 0)
    order = await office.until(order, payment_status=PaymentStatus.VOIDED)
    assert await office.sums_at_gateway(order) == (order.total_minor, 0, 0, order.total_minor)
    await eventually(lambda: office.units(LANTERN), lanterns)
    assert sum(one.gross_minor for one in (await office.documents(order, 2)).documents) == 0
    await office.everything_agrees()


async def test_staff_capture_before_anything_is_shipped(buyer: Buyer, office: Office):
    order = await office.bought(buyer, "card", (LANTERN, 1))
    await office.ask(OrdersApi).capture(caller=SUPPORT, key=new_key(), order_id=order.id, reason="custom made")
    order = await office.until(order, payment_status=PaymentStatus.PAID, captured_minor=order.total_minor)
    await office.ship(order, {})
    await office.until(order, status=OrderStatus.COMPLETED)
    assert await office.entries_at_gateway(order, "captured") == [order.total_minor]
    await office.everything_agrees()


async def refused(call: Awaitable[object], kind: type[Refusal]) -> None:
    with pytest.raises(kind):
        await call


async def test_more_than_was_captured_never_goes_back(buyer: Buyer, office: Office):
    order = await office.bought(buyer, "card", (LANTERN, 2))
    await office.ship(order, {1: 1})
    await office.until(order, captured_minor=order.total_minor)
    await office.refund(order, {1: 1}, shipping=True)
    await office.until(order, refunded_minor=order.total_minor - order.lines[0].money.gross_minor // 2)
    order = await office.documents(order, 2)
    at_gateway, lanterns = await office.sums_at_gateway(order), await office.units(LANTERN)

    await refused(office.refund(order, {1: 1}), QuantityRefused)
    await refused(office.refund(order, {}, shipping=True), QuantityRefused)
    await refused(office.refund(order, {9: 1}), LineUnknown)
    await refused(office.take_return(order, {1: 2}, restock=True), QuantityRefused)
    await refused(office.cancel(order, {1: 2}), QuantityRefused)
    orders, payments = office.ask(OrdersApi), office.ask(PaymentsApi)
    this: dict[str, Any] = {"key": new_key(), "order_id": order.id, "reason": "no"}
    await refused(orders.refund(caller=WAREHOUSE, lines={1: 1}, shipping=False, **this), Forbidden)
    await refused(orders.capture(caller=SUPPORT, **this), NotCapturable)
    that: dict[str, Any] = {"checkout_id": order.id, "reason": "no", "cause": "no"}
    above = order.captured_minor - order.refunded_minor + 1
    await refused(payments.refund(caller=OWNER, key=new_key(), amount_minor=above, **that), AmountRefused)
    await refused(payments.refund(caller=SUPPORT, key=new_key(), amount_minor=1, **that), Forbidden)

    assert await office.order(order.id) == order
    assert await office.sums_at_gateway(order) == at_gateway
    assert await office.units(LANTERN) == lanterns
    await office.everything_agrees()


async def test_money_from_the_bank_goes_back(buyer: Buyer, office: Office):
    order = await office.bought(buyer, "bank_redirect", (HOLDER, 2))
    order = await office.until(order, payment_status=PaymentStatus.PAID, captured_minor=order.total_minor)
    await office.ship(order, {})
    order = await office.refund(order, {1: 2}, shipping=True)
    await office.until(order, payment_status=PaymentStatus.REFUNDED, refunded_minor=order.total_minor)
    await the_credit_note_is_right(office, order, many=2)
    assert await office.sums_at_gateway(order) == (order.total_minor, order.total_minor, order.total_minor, 0)
    await office.everything_agrees()


async def test_an_invoice_is_due_when_goods_leave_and_paid_back_when_they_return(buyer: Buyer, office: Office):
    order = await office.bought(buyer, "invoice", (HOLDER, 3))
    total, holders = order.total_minor, await office.units(HOLDER)
    assert (order.payment_status, order.captured_minor) == (PaymentStatus.AUTHORISED, 0)
    order = await office.cancel(order, {1: 1})
    await office.ship(order, {})
    order = await office.until(order, payment_status=PaymentStatus.PAID, captured_minor=owed(order))
    assert order.captured_minor < total
    order = await office.take_return(order, {1: 1}, restock=False)
    await office.until(order, payment_status=PaymentStatus.PARTLY_REFUNDED, refunded_minor=paid_back(order))
    await eventually(lambda: office.units(HOLDER), holders.after(on_hand=-2, claimed=-3))
    await office.everything_agrees()


@pytest.mark.parametrize("moment", ["ordered", "answered"])
async def test_killed_while_the_gateway_pays_back(shop: RunningShop, buyer: Buyer, office: Office, moment: str):
    order = await office.bought(buyer, "card", (LANTERN, 1))
    await office.ship(order, {})
    await office.until(order, captured_minor=order.total_minor)
    shop.arm(f"payments.gateway_refund.{moment}")
    order = await office.refund(order, {1: 1})
    await died(shop, f"payments.gateway_refund.{moment}")
    shop.let_pass(LEASES_S)
    await office.until(order, refunded_minor=paid_back(order))
    assert await office.entries_at_gateway(order, "refunded") == [paid_back(order)]
    await office.everything_agrees()


async def test_killed_while_the_gateway_captures(shop: RunningShop, buyer: Buyer, office: Office):
    order = await office.bought(buyer, "card", (LANTERN, 1))
    shop.arm("payments.gateway_capture.answered")
    await office.ship(order, {})
    await died(shop, "payments.gateway_capture.answered")
    shop.let_pass(LEASES_S)
    await office.until(order, payment_status=PaymentStatus.PAID, captured_minor=order.total_minor)
    assert await office.entries_at_gateway(order, "captured") == [order.total_minor]
    await office.everything_agrees()


async def test_killed_while_the_gateway_lets_go(shop: RunningShop, buyer: Buyer, office: Office):
    order = await office.bought(buyer, "card", (LANTERN, 1))
    shop.arm("payments.gateway_void.answered")
    await office.cancel(order, {})
    await died(shop, "payments.gateway_void.answered")
    shop.let_pass(LEASES_S)
    await office.until(order, payment_status=PaymentStatus.VOIDED)
    assert await office.entries_at_gateway(order, "voided") == [order.total_minor]
    await office.everything_agrees()


async def test_buyers_and_staff_at_once_leave_no_difference(shop: RunningShop, buyer: Buyer, office: Office):
    """Many orders go different ways at the same time, with a process killed in between."""

    async def one(number: int) -> None:
        order = await office.bought(Buyer(buyer.client), "invoice", (LANTERN, 2), (HOLDER, 1))
        if number % 3 == 0:
            await office.cancel(order, {})
            return
        await office.ship(order, {1: 2})
        if number % 3 == 1:
            await office.cancel(order, {})
        await office.take_return(order, {1: 1}, restock=True)

    works = [asyncio.create_task(one(number)) for number in range(12)]
    done = await asyncio.gather(*works)
    assert len(done) == 12
    shop.kill("payments")
    await asyncio.to_thread(shop.wait_ready)
    await office.everything_agrees()
