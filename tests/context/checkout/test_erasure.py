"""When a customer is erased, checkout forgets who bought and where it went, and never breaks a sale under way."""

from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from context.checkout.neighbours import FakeInventory, FakeOrders, FakePayments, FakePricing
from context.orders.orders_events import consumer_of, envelope

from springtide.bootstrap import Node
from springtide.contracts.checkout.api import Cart, CartState, CheckoutApi, Completion, Delivery, Line, Step
from springtide.contracts.common import Address, Contact, Origin
from springtide.contracts.customers.events import CustomerErased
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import AttemptState, PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.errors import Unavailable
from springtide.platform.events import Envelope
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key

GUEST = guest("test")
CONTACT = Contact(email="quentin@example.org", phone="+31 6 9876")
HOME = Address(name="Quentin Xylophone", line1="Zijstraat 9", city="Ouddorp", postcode="9911 AA", country="NL")
WORK = Address(name="Quentin Xylophone", line1="Kade 7", city="Brielle", postcode="9922 BB", country="BE")
DELIVERY = Delivery(address=HOME, shipping_method="standard", billing=WORK)
TRACES = ("quentin", "Quentin", "9876", "Zijstraat", "Kade", "9911", "9922", "Ouddorp", "Brielle")


@dataclass
class Shop:
    node: Node
    api: CheckoutApi
    payments: FakePayments
    orders: FakeOrders

    @property
    def driver(self):
        return self.node.built["checkout"].api.driver

    async def cart(self, caller: Caller) -> Cart:
        lines = (Line(sku="A", quantity=1, name="Kerstkaart"),)
        cart = await self.api.create_cart(
            caller=caller, key=new_key(), market="NL", locale="nl", lines=lines, origin=Origin(channel="test")
        )
        return await self.api.set_details(
            caller=caller, key=new_key(), cart_id=cart.id, token=cart.token, contact=CONTACT, delivery=DELIVERY
        )

    async def buy(self, caller: Caller, method: str = "card") -> tuple[Cart, Completion]:
        cart = await self.cart(caller)
        done = await self.api.complete(
            caller=caller,
            key=new_key(),
            cart_id=cart.id,
            token=cart.token,
            method=method,
            total_minor=cart.quote.total_minor,
            return_url="http://127.0.0.1/return/{checkout_id}",
        )
        return cart, done

    async def erase(self, customer: Caller, event: Envelope | None = None) -> Envelope:
        erased = event or envelope(CustomerErased(customer_id=UUID(customer.actor)), aggregate_id=customer.actor)
        await consumer_of(self.node, "checkout").take(erased)
        return erased

    def traces(self) -> set[str]:
        """Words of the buyer that carts and processes still have."""
        with psycopg.connect(self.node.settings.database_url) as connection:
            rows = connection.execute(
                "select concat(contact, delivery) from checkout.cart"
                " union all select concat(contact, delivery) from checkout.process"
            ).fetchall()
        return {word for (text,) in rows for word in TRACES if word in text}

    async def get_cart(self, cart: Cart) -> Cart:
        return await self.api.get_cart(caller=GUEST, cart_id=cart.id, token=cart.token)


@pytest.fixture
async def shop(node_with) -> Shop:
    fakes = (FakePricing(), FakeInventory(), FakePayments(), FakeOrders())
    node = await node_with(
        "checkout", fakes=dict(zip((PricingApi, InventoryApi, PaymentsApi, OrdersApi), fakes, strict=True))
    )
    return Shop(node, node.ask(CheckoutApi), fakes[2], fakes[3])


@pytest.fixture
def customer() -> Caller:
    return Caller(actor=str(uuid7()), kind=Kind.CUSTOMER)


async def test_a_bought_cart_and_its_process_forget_the_buyer(shop: Shop, customer: Caller):
    cart, done = await shop.buy(customer)
    assert done.step is Step.COMPLETED
    assert shop.traces()
    await shop.erase(customer)
    assert shop.traces() == set()
    again = await shop.get_cart(cart)
    assert (again.state, again.contact, again.delivery) == (CartState.COMPLETED, None, None)
    process = await shop.driver.get(done.checkout_id)
    assert (process.contact, process.delivery.billing) == (Contact(email=""), None)
    assert process.delivery.address == Address(name="", line1="", city="", postcode="", country="NL")
    kept = await shop.api.completion(caller=GUEST, checkout_id=done.checkout_id, token=cart.token)
    assert (kept.order_number, kept.total_minor) == (done.order_number, done.total_minor)
    assert await shop.api.check(caller=Caller(actor="t", kind=Kind.SYSTEM, scopes=frozenset({"*"}))) == ()


async def test_others_keep_theirs(shop: Shop, customer: Caller):
    other = Caller(actor=str(uuid7()), kind=Kind.CUSTOMER)
    cart, _ = await shop.buy(other)
    guests, _ = await shop.buy(GUEST)
    await shop.erase(customer)
    for kept in (cart, guests):
        assert (await shop.get_cart(kept)).contact == CONTACT


async def test_a_sale_under_way_is_finished_first_and_forgotten_then(shop: Shop, customer: Caller):
    shop.payments.answer = AttemptState.AWAITING_BUYER
    bought, _ = await shop.buy(Caller(actor=customer.actor, kind=Kind.CUSTOMER), method="ideal")
    waiting = (await shop.get_cart(bought)).checkout_id
    event = envelope(CustomerErased(customer_id=UUID(customer.actor)), aggregate_id=customer.actor)
    with pytest.raises(Unavailable):  # the consumer takes it again later
        await shop.erase(customer, event)
    assert shop.traces() == set(TRACES)

    (attempt_id,) = shop.payments.attempts
    paid = shop.payments.put(attempt_id, waiting, AttemptState.CAPTURED, bought.quote.total_minor)
    await shop.driver.attempt_changed(paid)
    await shop.driver.drive(waiting, wait_s=5)
    assert shop.orders.placed[waiting].shipping_address == HOME
    assert shop.orders.placed[waiting].billing_address == WORK
    await shop.erase(customer, event)
    assert shop.traces() == set()


async def test_money_that_arrives_after_the_erasure_goes_back(shop: Shop, customer: Caller, set_clock):
    shop.payments.answer = AttemptState.AWAITING_BUYER
    bought, waiting = await shop.buy(customer, method="ideal")
    await set_clock(shop.node, 1000)
    await shop.driver.recover()
    await shop.driver.drive(waiting.checkout_id, wait_s=5)
    assert (await shop.get_cart(bought)).state is CartState.OPEN
    await shop.erase(customer)
    (attempt_id,) = shop.payments.attempts
    late = shop.payments.put(attempt_id, waiting.checkout_id, AttemptState.CAPTURED, waiting.total_minor)
    await shop.driver.attempt_changed(late)
    ended = await shop.driver.drive(waiting.checkout_id, wait_s=5)
    assert (ended.step, ended.reason) == (Step.UNDONE, "buyer_erased")
    assert "teruggestort" in ended.message
    assert shop.orders.placed == {}
    assert shop.payments.undone == [(attempt_id, "buyer_erased")]


async def test_a_guest_cart_that_was_taken_over_keeps_no_details(shop: Shop, customer: Caller):
    guests = await shop.cart(GUEST)
    own = await shop.cart(customer)
    merged = await shop.api.merge(caller=customer, key=new_key(), cart_id=guests.id, token=guests.token)
    assert (merged.id, merged.contact) == (own.id, CONTACT)
    taken = await shop.get_cart(guests)
    assert (taken.state, taken.contact, taken.delivery) == (CartState.MERGED, None, None)
    await shop.erase(customer)
    assert shop.traces() == set()
