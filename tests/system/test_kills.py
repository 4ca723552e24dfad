"""kill -9 at each step of the completion process: afterwards the order is there once, or the charge is undone."""

import asyncio

import pytest
from system.buyer import Buyer
from system.shop import SPLIT, RunningShop
from system.test_first_order import CARD

WHILE_BUYING = (
    *(
        f"{call}.{moment}"
        for call in ("inventory.hold", "payments.start", "inventory.claim", "orders.place")
        for moment in ("before", "after")
    ),
    *(
        f"checkout.{step}.{moment}"
        for step in ("hold", "authorise", "claim", "place")
        for moment in ("answered", "recorded")
    ),
    "checkout.complete.after",
)
UNHEARD = tuple(f"{call}.answered" for call in ("inventory.hold", "payments.start", "inventory.claim"))
SKU = "84879"


async def died(shop: RunningShop, failpoint: str) -> None:
    """Wait until a process has died at the point and everybody is back."""
    for _ in range(400):
        if not shop.is_armed(failpoint):
            break
        await asyncio.sleep(0.05)
    assert not shop.is_armed(failpoint), f"nobody reached {failpoint}"
    await asyncio.to_thread(shop.wait_ready)


@pytest.mark.parametrize("failpoint", WHILE_BUYING)
async def test_killed_while_buying(shop: RunningShop, buyer: Buyer, failpoint: str):
    await the_order_is_there_once(shop, buyer, failpoint)


@pytest.mark.parametrize("shop", [SPLIT], indirect=True)
@pytest.mark.parametrize("failpoint", UNHEARD)
async def test_the_caller_is_killed_before_it_hears_the_answer(shop: RunningShop, buyer: Buyer, failpoint: str):
    await the_order_is_there_once(shop, buyer, failpoint)


async def the_order_is_there_once(shop: RunningShop, buyer: Buyer, failpoint: str) -> None:
    await buyer.fill_cart((SKU, 1))
    await buyer.give_details()
    shop.arm(failpoint)
    done = await buyer.complete("invoice")
    await died(shop, failpoint)
    assert done["step"] == "completed"
    assert (await buyer.standing(done["checkout_id"]))["order_number"] == done["order_number"]
    assert (await shop.check()).findings == []


@pytest.mark.parametrize("failpoint", ["payments.start.after", "payments.webhook.before", "payments.webhook.after"])
async def test_killed_while_the_buyer_is_at_the_bank(shop: RunningShop, buyer: Buyer, failpoint: str):
    await buyer.fill_cart((SKU, 1))
    await buyer.give_details()
    shop.arm(failpoint)
    waiting = await buyer.complete("card")
    assert waiting["step"] == "awaiting_buyer"
    await buyer.pay_at_the_bank(waiting["redirect_url"], CARD)
    await died(shop, failpoint)
    done = await buyer.standing(waiting["checkout_id"])
    assert done["step"] == "completed"
    assert (await shop.check()).findings == []
