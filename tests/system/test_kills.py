"""kill -9 at each step of the completion process: afterwards the order is there once, or the charge is undone."""

import asyncio

import psycopg
import pytest
from system.buyer import Buyer
from system.shop import SPLIT, RunningShop
from system.test_first_order import CARD, mail_to
from system.test_flash_sale import put_in_stock

from springtide.rehearsal.checker import Report

WHILE_BUYING = (
    *(
        f"{call}.{moment}"
        for call in ("inventory.hold", "payments.start", "inventory.claim", "orders.place")
        for moment in ("before", "after")
    ),
    *(f"checkout.{step}.answered" for step in ("hold", "authorise", "claim", "place")),
    "checkout.place.recorded",
    "checkout.complete.after",
)
UNHEARD = tuple(f"{call}.answered" for call in ("inventory.hold", "payments.start", "inventory.claim"))
SKU = "84879"
LEASES_S = 11.0
"""Longer than a process keeps what it works on for itself (checkout 10 s, payments 8 s)."""


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


SCARCE = "22720"


def move_inventory_clock(shop: RunningShop, seconds: float) -> None:
    """For inventory alone the time has passed: holds lapse while the buyer is still in time at the bank."""
    with psycopg.connect(shop.settings.database_url, autocommit=True) as connection:
        connection.execute("update inventory.test_clock set offset_s = offset_s + %s", [seconds])


@pytest.mark.parametrize(
    "failpoint",
    ["", "payments.undo.before", "payments.undo.after", "inventory.release.before", "checkout.claim.recorded"],
)
async def test_the_charge_is_undone_and_the_buyer_told(shop: RunningShop, buyer: Buyer, failpoint: str):
    """While one buyer pays, the last unit goes to another: the money goes back, also when processes are killed."""
    buyer.email = f"undone-{failpoint or 'quietly'}-{shop.layout}@example.com"
    await put_in_stock(shop, SCARCE, 1)
    await buyer.fill_cart((SCARCE, 1))
    await buyer.give_details()
    waiting = await buyer.complete("card")
    assert waiting["step"] == "awaiting_buyer"
    move_inventory_clock(shop, 5_000)
    other = await Buyer(buyer.client, email="other@example.com").buy("invoice", (SCARCE, 1))
    move_inventory_clock(shop, -5_000)
    assert other["step"] == "completed"
    if failpoint:
        shop.arm(failpoint)
    await buyer.pay_at_the_bank(waiting["redirect_url"], CARD)
    if failpoint:
        await died(shop, failpoint)
        shop.let_pass(LEASES_S)
    undone = await buyer.standing(waiting["checkout_id"])
    assert (undone["step"], undone["reason"]) == ("undone", "sold_out_meanwhile")
    assert undone["message"] in await mail_to(shop, buyer.email, undone["message"])
    report = await settled_report(shop)
    assert report.findings == []


async def settled_report(shop: RunningShop) -> Report:
    """Give what is still being given back a moment, then compare everything."""
    for _ in range(50):
        report = await shop.check()
        if not report.findings:
            break
        await asyncio.sleep(0.2)
    return report
