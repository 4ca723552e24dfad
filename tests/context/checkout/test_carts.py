"""Carts through checkout's contract: one for a customer, merged once, repeated safely."""

from uuid import uuid4

import pytest
from context.checkout.test_completion import CONTACT, DELIVERY, GUEST, Shop, settled, shop

from springtide.contracts.checkout.api import (
    Cart,
    CartClosed,
    CartExists,
    CartLimit,
    CartNotFound,
    CartState,
    Line,
    SoldOut,
    Step,
)
from springtide.contracts.common import Origin
from springtide.contracts.payments.api import AttemptState
from springtide.contracts.pricing.api import PriceNotFound
from springtide.platform.caller import Caller, Kind
from springtide.platform.usecase import new_key

__all__ = ["shop"]

ORIGIN = Origin(channel="test")


def customer() -> Caller:
    return Caller(actor=str(uuid4()), kind=Kind.CUSTOMER)


async def make(shop: Shop, caller: Caller, quantity: int = 1, key: str = ""):
    lines = (Line(sku="A", quantity=quantity, name="Kerstkaart"),)
    return await shop.api.create_cart(
        caller=caller, key=key or new_key(), market="NL", locale="nl", lines=lines, origin=ORIGIN
    )


async def test_a_customer_has_one_cart_a_market(shop: Shop):
    anna = customer()
    cart = await make(shop, anna)
    with pytest.raises(CartExists) as refused:
        await make(shop, anna)
    assert refused.value.facts["cart_id"] == str(cart.id)
    assert (await shop.api.my_cart(caller=anna, market="NL")).id == cart.id


async def test_merging_adds_the_lines_once(shop: Shop):
    anna = customer()
    own, guests = await make(shop, anna, 1), await make(shop, GUEST, 2)
    merged = await shop.api.merge(caller=anna, key="merge-key-1", cart_id=guests.id, token=guests.token)
    assert (merged.id, merged.lines[0].quantity) == (own.id, 3)
    again = await shop.api.merge(caller=anna, key="merge-key-1", cart_id=guests.id, token=guests.token)
    assert again == merged
    with pytest.raises(CartClosed):
        await shop.api.merge(caller=anna, key=new_key(), cart_id=guests.id, token=guests.token)
    assert (await shop.api.my_cart(caller=anna, market="NL")).lines[0].quantity == 3


async def test_a_cart_that_is_being_bought_is_not_merged(shop: Shop):
    anna = customer()
    await make(shop, anna)
    shop.payments.answer = AttemptState.AWAITING_BUYER
    guests = await shop.cart()
    await shop.complete(guests, method="ideal")
    with pytest.raises(CartClosed):
        await shop.api.merge(caller=anna, key=new_key(), cart_id=guests.id, token=guests.token)
    assert (await shop.api.my_cart(caller=anna, market="NL")).lines[0].quantity == 1
    assert (await shop.get_cart(guests)).state is CartState.COMPLETING


async def test_nobody_takes_over_the_cart_of_another_customer(shop: Shop):
    cart = await make(shop, customer())
    with pytest.raises(CartNotFound):
        await shop.api.merge(caller=customer(), key=new_key(), cart_id=cart.id, token=cart.token)


async def test_a_repeat_gets_the_first_answer_also_when_the_price_is_gone(shop: Shop, monkeypatch):
    first = await make(shop, GUEST, key="create-key-1")

    async def no_price(**_):
        msg = "gone"
        raise PriceNotFound(msg, sku="A", market="NL")

    monkeypatch.setattr(shop.pricing, "quote", no_price)
    assert await make(shop, GUEST, key="create-key-1") == first
    with pytest.raises(PriceNotFound):
        await make(shop, GUEST)


async def test_a_line_has_a_limit(shop: Shop):
    with pytest.raises(CartLimit):
        await make(shop, GUEST, 10_000)


async def test_the_buyer_of_an_undone_charge_gets_one_mail(shop: Shop, tmp_path):
    shop.inventory.gone = True
    cart = await shop.cart()
    undone = await shop.complete(cart)
    assert undone.step is Step.UNDONE
    await settled(shop, undone.checkout_id, cart)
    job = shop.node.built["checkout"].jobs["tell_buyer"]
    await job(checkout_id=str(undone.checkout_id))
    await job(checkout_id=str(undone.checkout_id))
    (mail,) = (tmp_path / "mail").glob("[!.]*.eml")
    text = mail.read_text()
    assert CONTACT.email in text
    assert "Je betaling wordt teruggestort" in text
    assert DELIVERY.address.name not in text


async def test_a_new_cart_with_what_is_known_to_be_sold_out_is_refused_for_good(shop: Shop):
    async def create(*sold_out: str, key: str) -> Cart:
        return await shop.api.create_cart(
            caller=GUEST,
            key=key,
            market="NL",
            locale="nl",
            lines=(Line(sku="MUG", quantity=1, name="Mok"),),
            origin=Origin(channel="test"),
            sold_out=sold_out,
        )

    made = await create(key="made-before-the-end")
    with pytest.raises(SoldOut) as refused:
        await create("MUG", key="asked-when-gone")
    assert refused.value.facts == {"skus": ["MUG"]}
    with pytest.raises(SoldOut):  # the refusal is the answer to this key, also when there is stock again
        await create(key="asked-when-gone")
    assert await create("MUG", key="made-before-the-end") == made
