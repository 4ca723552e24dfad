"""Carts that were left behind and completions long ended keep no details."""

import pytest
from context.checkout.test_completion import GUEST, Shop, settled, shop

from springtide.contexts.checkout.jobs import forget_abandoned
from springtide.contracts.checkout.api import CartNotFound, Step
from springtide.contracts.payments.api import AttemptState

__all__ = ["shop"]

DAY_S = 24 * 3600
DAYS_91 = 91 * DAY_S


async def test_what_was_left_behind_is_forgotten_after_ninety_days(shop: Shop, set_clock):
    left, bought = await shop.cart(), await shop.cart()
    done = await shop.complete(bought)
    database = shop.node.databases["checkout"]
    assert await forget_abandoned(database) == 0
    await set_clock(shop.node, DAYS_91)
    assert await forget_abandoned(database) == 3  # two carts and one ended completion
    assert await forget_abandoned(database) == 0
    assert (await shop.get_cart(left)).contact is None
    assert (await shop.driver.get(done.checkout_id)).contact.email == ""
    again = await shop.api.completion(caller=GUEST, checkout_id=done.checkout_id, token=bought.token)
    assert (again.step, again.order_number) == (Step.COMPLETED, done.order_number)


@pytest.mark.parametrize("answer", [AttemptState.AWAITING_BUYER, AttemptState.UNKNOWN])
async def test_a_purchase_under_way_keeps_its_details(shop: Shop, set_clock, answer: AttemptState):
    shop.payments.answer = answer
    cart = await shop.cart()
    going_on = await shop.complete(cart, method="ideal")
    await settled(shop, going_on.checkout_id, cart)
    await set_clock(shop.node, DAYS_91)
    assert await forget_abandoned(shop.node.databases["checkout"]) == 0


async def test_carts_that_led_to_nothing_are_dropped_after_half_a_year(shop: Shop, set_clock):
    left_behind, bought = await shop.cart(), await shop.cart()
    await shop.complete(bought)
    database = shop.node.databases["checkout"]
    await set_clock(shop.node, 179 * DAY_S)
    await forget_abandoned(database)
    assert (await shop.get_cart(left_behind)).contact is None
    await set_clock(shop.node, 181 * DAY_S)
    assert await forget_abandoned(database) == 1
    with pytest.raises(CartNotFound):
        await shop.get_cart(left_behind)
    assert (await shop.get_cart(bought)).id == bought.id
