"""The completion process through checkout's contract: every way it can end, and that it ends once."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest
from context.checkout.neighbours import FakeInventory, FakeOrders, FakePayments, FakePricing

from springtide.bootstrap import Node
from springtide.contexts.checkout.domain.process import RUNNING
from springtide.contracts.checkout.api import (
    Cart,
    CartClosed,
    CartIncomplete,
    CartNotFound,
    CartState,
    CheckoutApi,
    Completion,
    Delivery,
    InvalidCart,
    Line,
    PaymentStillOpen,
    Step,
    TotalChanged,
)
from springtide.contracts.common import Address, Contact, Origin
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import AttemptState, PaymentMethodUnknown, PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import guest
from springtide.platform.errors import KeyReused
from springtide.platform.usecase import new_key

GUEST = guest("test")
CONTACT = Contact(email="anna@example.com", phone="+31 6 1234")
ADDRESS = Address(name="Anna de Vries", line1="Gracht 1", city="Utrecht", postcode="3511 AB", country="NL")
DELIVERY = Delivery(address=ADDRESS, shipping_method="standard")


@dataclass
class Shop:
    node: Node
    api: CheckoutApi
    pricing: FakePricing
    inventory: FakeInventory
    payments: FakePayments
    orders: FakeOrders

    @property
    def driver(self):
        return self.node.built["checkout"].api.driver

    async def cart(self, quantity: int = 1) -> Cart:
        lines = (Line(sku="A", quantity=quantity, name="Kerstkaart"),)
        cart = await self.api.create_cart(
            caller=GUEST, key=new_key(), market="NL", locale="nl", lines=lines, origin=Origin(channel="test")
        )
        return await self.api.set_details(
            caller=GUEST, key=new_key(), cart_id=cart.id, token=cart.token, contact=CONTACT, delivery=DELIVERY
        )

    async def complete(
        self, cart: Cart, *, method: str = "card", key: str | None = None, total: int | None = None
    ) -> Completion:
        return await self.api.complete(
            caller=GUEST,
            key=key or new_key(),
            cart_id=cart.id,
            token=cart.token,
            method=method,
            total_minor=cart.quote.total_minor if total is None else total,
            return_url="http://127.0.0.1/return/{checkout_id}",
        )

    async def get_cart(self, cart: Cart) -> Cart:
        return await self.api.get_cart(caller=GUEST, cart_id=cart.id, token=cart.token)


@pytest.fixture
async def shop(node_with) -> Shop:
    fakes = (FakePricing(), FakeInventory(), FakePayments(), FakeOrders())
    node = await node_with(
        "checkout", fakes=dict(zip((PricingApi, InventoryApi, PaymentsApi, OrdersApi), fakes, strict=True))
    )
    return Shop(node, node.ask(CheckoutApi), *fakes)


async def test_a_guest_buys_in_three_writes(shop: Shop):
    cart = await shop.cart(quantity=2)
    assert cart.quote.total_minor == 2495
    done = await shop.complete(cart)
    assert (done.step, done.order_number, done.order_id) == (Step.COMPLETED, "NL-1001", done.checkout_id)
    placement = shop.orders.placed[done.order_id]
    assert placement.quote.total_minor == 2495
    assert placement.captured_minor == 2495
    assert placement.lines[0].name == "Kerstkaart"
    assert (await shop.get_cart(cart)).state is CartState.COMPLETED
    assert shop.inventory.claimed == {done.checkout_id: 2}


async def test_a_repeat_with_the_same_key_gives_the_same_answer(shop: Shop):
    cart = await shop.cart()
    first = await shop.complete(cart, key="the-same-key")
    again = await shop.complete(cart, key="the-same-key")
    assert first == again
    assert len(shop.orders.placed) == len(shop.payments.attempts) == 1
    with pytest.raises(KeyReused):
        await shop.complete(cart, key="the-same-key", method="ideal")


async def test_many_completes_at_once_make_one_order(shop: Shop):
    cart = await shop.cart()
    answers = await asyncio.gather(*(shop.complete(cart) for _ in range(8)))
    assert {answer.order_id for answer in answers} == {answers[0].checkout_id}
    assert len(shop.payments.attempts) == len(shop.orders.placed) == 1


async def test_another_total_is_refused_with_the_new_one(shop: Shop):
    cart = await shop.cart()
    with pytest.raises(TotalChanged) as refused:
        await shop.complete(cart, total=1)
    assert refused.value.facts["total_minor"] == cart.quote.total_minor
    assert not shop.payments.attempts
    assert (await shop.get_cart(cart)).state is CartState.OPEN


async def test_what_is_missing_is_named(shop: Shop):
    cart = await shop.api.create_cart(
        caller=GUEST,
        key=new_key(),
        market="NL",
        locale="nl",
        lines=(Line(sku="A", quantity=1),),
        origin=Origin(channel="test"),
    )
    with pytest.raises(CartIncomplete) as refused:
        await shop.complete(cart)
    assert refused.value.facts["missing"] == ["contact", "delivery"]
    with pytest.raises(InvalidCart) as invalid:
        await shop.api.set_details(
            caller=GUEST,
            key=new_key(),
            cart_id=cart.id,
            token=cart.token,
            contact=Contact(email="nonsense"),
            delivery=Delivery(
                address=Address(name="", line1="x", city="y", postcode="12", country="NL"), shipping_method="standard"
            ),
        )
    assert set(invalid.value.facts["fields"]) == {
        "contact.email",
        "delivery.address.name",
        "delivery.address.postcode",
    }


async def test_a_wrong_token_finds_nothing(shop: Shop):
    cart = await shop.cart()
    with pytest.raises(CartNotFound):
        await shop.api.get_cart(caller=GUEST, cart_id=cart.id, token="x" * 32)
    with pytest.raises(PaymentMethodUnknown):
        await shop.complete(cart, method="cheque")


async def test_not_enough_stock_is_an_outcome_and_opens_the_cart_again(shop: Shop):
    shop.inventory.stock = 1
    cart = await shop.cart(quantity=2)
    refused = await shop.complete(cart)
    assert (refused.step, refused.reason) == (Step.REFUSED, "not_enough_stock")
    assert "Kerstkaart" in refused.message
    assert not shop.payments.attempts
    assert (await shop.get_cart(cart)).state is CartState.OPEN


async def test_a_decline_gives_the_stock_back_and_another_try_succeeds(shop: Shop):
    shop.payments.answer = AttemptState.DECLINED
    cart = await shop.cart()
    declined = await shop.complete(cart)
    assert (declined.step, declined.reason) == (Step.DECLINED, "payment_declined")
    assert not shop.inventory.held
    shop.payments.answer = AttemptState.AUTHORISED
    done = await shop.complete(cart, method="ideal")
    assert done.step is Step.COMPLETED
    assert done.checkout_id == declined.checkout_id
    assert len(shop.payments.attempts) == 2


async def test_the_buyer_comes_back_from_the_bank(shop: Shop):
    shop.payments.answer = AttemptState.AWAITING_BUYER
    cart = await shop.cart()
    waiting = await shop.complete(cart, method="ideal")
    assert (waiting.step, waiting.redirect_url) == (Step.AWAITING_BUYER, "https://bank.example/pay")
    with pytest.raises(CartClosed):
        await shop.api.set_lines(caller=GUEST, key=new_key(), cart_id=cart.id, token=cart.token, lines=())
    (attempt_id,) = shop.payments.attempts
    shop.payments.put(attempt_id, waiting.checkout_id, AttemptState.CAPTURED, waiting.total_minor)
    done = await shop.api.buyer_returned(caller=GUEST, checkout_id=waiting.checkout_id, token=cart.token)
    assert done.step is Step.COMPLETED


async def test_the_webhook_alone_completes_the_order(shop: Shop):
    shop.payments.answer = AttemptState.AWAITING_BUYER
    cart = await shop.cart()
    waiting = await shop.complete(cart, method="ideal")
    (attempt_id,) = shop.payments.attempts
    paid = shop.payments.put(attempt_id, waiting.checkout_id, AttemptState.CAPTURED, waiting.total_minor)
    await shop.driver.attempt_changed(paid)
    await shop.driver.attempt_changed(paid)
    assert (await settled(shop, waiting.checkout_id, cart)).step is Step.COMPLETED
    assert len(shop.orders.placed) == 1


async def test_another_method_closes_the_former_attempt_first(shop: Shop):
    shop.payments.answer = AttemptState.AWAITING_BUYER
    cart = await shop.cart()
    await shop.complete(cart, method="ideal")
    (first,) = shop.payments.attempts
    shop.payments.answer = AttemptState.CAPTURED
    done = await shop.complete(cart, method="card")
    assert done.step is Step.COMPLETED
    assert shop.payments.closed == [first]


async def test_a_payment_that_cannot_be_stopped_is_told_with_its_end_and_keeps_its_place(shop: Shop, set_clock):
    shop.payments.answer, shop.payments.closes = AttemptState.AWAITING_BUYER, False
    cart = await shop.cart()
    waiting = await shop.complete(cart, method="ideal")
    key = new_key()
    for _ in range(2):
        with pytest.raises(PaymentStillOpen) as told:
            await shop.complete(cart, method="card", key=key)
        assert told.value.facts == {
            "checkout_id": str(waiting.checkout_id),
            "method": "ideal",
            "expires_at": waiting.expires_at.isoformat(),
        }
    assert (len(shop.payments.attempts), len(shop.payments.closed)) == (1, 1), "a repeat asks nobody again"
    assert await shop.complete(cart, method="ideal") == waiting, "the first way to pay is still open"
    await set_clock(shop.node, 1000)
    shop.payments.closes, shop.payments.answer = True, AttemptState.CAPTURED
    await shop.driver.recover()
    assert (await settled(shop, waiting.checkout_id, cart)).step is Step.EXPIRED
    assert (await shop.complete(cart, method="card")).step is Step.COMPLETED


async def test_a_payment_that_cannot_be_stopped_may_still_be_paid(shop: Shop):
    shop.payments.answer, shop.payments.closes = AttemptState.AWAITING_BUYER, False
    cart = await shop.cart()
    waiting = await shop.complete(cart, method="ideal")
    with pytest.raises(PaymentStillOpen):
        await shop.complete(cart, method="card")
    (attempt_id,) = shop.payments.attempts
    paid = shop.payments.put(attempt_id, waiting.checkout_id, AttemptState.CAPTURED, waiting.total_minor)
    await shop.driver.attempt_changed(paid)
    assert (await settled(shop, waiting.checkout_id, cart)).step is Step.COMPLETED
    assert (len(shop.orders.placed), shop.payments.undone) == (1, [])


async def test_a_claim_that_is_gone_undoes_the_charge_with_a_reason(shop: Shop):
    shop.inventory.gone = True
    cart = await shop.cart()
    undone = await shop.complete(cart)
    assert (undone.step, undone.reason) == (Step.UNDONE, "sold_out_meanwhile")
    assert "volledig teruggestort" in undone.message
    await shop.driver.recover()
    assert [reason for _, reason in shop.payments.undone] == ["sold_out_meanwhile"]
    assert not shop.orders.placed
    assert not shop.inventory.held


async def test_the_time_at_the_bank_runs_out(shop: Shop, set_clock):
    shop.payments.answer = AttemptState.AWAITING_BUYER
    cart = await shop.cart()
    waiting = await shop.complete(cart, method="ideal")
    assert await shop.driver.recover() == 0
    await set_clock(shop.node, 1000)
    await shop.driver.recover()
    expired = await settled(shop, waiting.checkout_id, cart)
    assert (expired.step, expired.reason) == (Step.EXPIRED, "payment_expired")
    assert not shop.inventory.held
    assert (await shop.get_cart(cart)).state is CartState.OPEN


@pytest.mark.parametrize(("stock", "step"), [(100, Step.COMPLETED), (0, Step.UNDONE)])
async def test_money_that_arrives_late_buys_again_or_goes_back(shop: Shop, set_clock, stock: int, step: Step):
    shop.payments.answer = AttemptState.AWAITING_BUYER
    cart = await shop.cart()
    waiting = await shop.complete(cart, method="ideal")
    await set_clock(shop.node, 1000)
    await shop.driver.recover()
    assert (await settled(shop, waiting.checkout_id, cart)).step is Step.EXPIRED
    shop.inventory.stock = stock
    (attempt_id,) = shop.payments.attempts
    late = shop.payments.put(attempt_id, waiting.checkout_id, AttemptState.CAPTURED, waiting.total_minor)
    await shop.driver.attempt_changed(late)
    ended = await settled(shop, waiting.checkout_id, cart)
    assert ended.step is step
    assert len(shop.orders.placed) == (1 if step is Step.COMPLETED else 0)
    assert len(shop.payments.undone) == (0 if step is Step.COMPLETED else 1)


async def test_late_money_of_a_replaced_attempt_is_given_back(shop: Shop):
    shop.payments.answer = AttemptState.AWAITING_BUYER
    cart = await shop.cart()
    waiting = await shop.complete(cart, method="ideal")
    (first,) = shop.payments.attempts
    shop.payments.answer = AttemptState.CAPTURED
    await shop.complete(cart, method="card")
    late = shop.payments.put(first, waiting.checkout_id, AttemptState.CAPTURED, waiting.total_minor)
    await shop.driver.attempt_changed(late)
    assert shop.payments.undone == [(first, "paid_with_another_method")]
    assert len(shop.orders.placed) == 1


async def test_an_unknown_outcome_is_asked_again_and_never_elsewhere(shop: Shop, set_clock):
    shop.payments.answer = AttemptState.UNKNOWN
    cart = await shop.cart()
    pending = await shop.complete(cart)
    assert (pending.step, pending.ask_again_s) == (Step.UNKNOWN, 1)
    (attempt_id,) = shop.payments.attempts
    shop.payments.put(attempt_id, pending.checkout_id, AttemptState.CAPTURED, pending.total_minor)
    await set_clock(shop.node, 10)
    await shop.driver.recover()
    assert (await settled(shop, pending.checkout_id, cart)).step is Step.COMPLETED
    assert len(shop.payments.attempts) == 1


async def test_recovery_goes_on_where_a_neighbour_was_away(shop: Shop, set_clock):
    shop.payments.down = 1
    cart = await shop.cart()
    pending = await shop.complete(cart)
    assert (pending.step in RUNNING, pending.ask_again_s) == (True, 1)
    await set_clock(shop.node, 30)
    await shop.driver.recover()
    assert (await settled(shop, pending.checkout_id, cart)).step is Step.COMPLETED
    assert await shop.api.check(caller=system_caller()) == ()


@pytest.mark.parametrize(("said_s", "asked_again_after_s"), [(13, 13), (600, 15)])
async def test_busy_gateways_are_asked_again_when_they_say_within_a_bound(
    shop: Shop, set_clock, said_s: int, asked_again_after_s: int
):
    shop.payments.busy_s = said_s
    cart = await shop.cart()
    pending = await shop.complete(cart)
    assert (pending.step in RUNNING, pending.ask_again_s) == (True, 1)
    await set_clock(shop.node, asked_again_after_s - 10)  # of these a slow machine may need some
    assert (await shop.driver.recover(), shop.payments.starts) == (0, 1)
    shop.payments.busy_s = 0
    await set_clock(shop.node, asked_again_after_s + 1)
    assert (await shop.driver.recover(), shop.payments.starts) == (1, 2)
    assert (await settled(shop, pending.checkout_id, cart)).step is Step.COMPLETED


def system_caller():
    from springtide.platform.caller import system  # noqa: PLC0415 - only here

    return system("test")


async def settled(shop: Shop, checkout_id: UUID, cart: Cart) -> Completion:
    """Wait until nobody drives the process here any more."""
    for _ in range(100):
        running = list(shop.driver._running.values())
        if not running:
            break
        await asyncio.wait(running, timeout=1)
    return await shop.api.completion(caller=GUEST, checkout_id=checkout_id, token=cart.token)
