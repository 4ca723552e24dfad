"""kill -9 at each step of the completion process: afterwards the order is there once, or the charge is undone."""

import asyncio

import pytest
from system.buyer import Buyer
from system.shop import SPLIT, RunningShop
from system.test_first_order import CARD

STEPS = (
    "inventory.hold",
    "payments.start",
    "inventory.claim",
    "pricing.quote",
    "orders.place",
)
SKU = "84879"


async def died(shop: RunningShop, failpoint: str) -> None:
    """Wait until a process has died at the point and everybody is back."""
    for _ in range(400):
        if not shop.is_armed(failpoint):
            break
        await asyncio.sleep(0.05)
    assert not shop.is_armed(failpoint), f"nobody reached {failpoint}"
    await asyncio.to_thread(shop.wait_ready)


@pytest.mark.parametrize("moment", ["before", "after", "answered"])
@pytest.mark.parametrize("step", STEPS)
async def test_killed_while_buying(shop: RunningShop, buyer: Buyer, step: str, moment: str):
    if moment == "answered" and shop.layout != SPLIT:
        moment = "after"  # in one process the answer and the work die together: the same point once more
    failpoint = f"{step}.{moment}"
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
