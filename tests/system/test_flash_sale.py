"""Two hundred buyers at once for fifty units: fifty orders, a hundred and fifty clear refusals, stock zero."""

import asyncio
from collections import Counter
from typing import Any

import httpx2
from system.buyer import Buyer, SoldOut
from system.shop import RunningShop

from springtide.bootstrap import running
from springtide.contracts.inventory.api import InventoryApi
from springtide.platform.caller import system
from springtide.platform.usecase import new_key

UNITS, BUYERS = 50, 200
REFUSED = {"not_enough_stock", "sold_out"}
HOT = "22423"


async def put_in_stock(shop: RunningShop, sku: str, units: int) -> None:
    """Adjust the SKU so that exactly `units` can be sold in all."""
    async with running(shop.settings, {"inventory"}, background=False, serve=False) as node:
        inventory = node.ask(InventoryApi)
        for row in (await inventory.stock(caller=system("test"), skus=(sku,))).items:
            wanted = units if row.location == "ext" else 0
            if row.available != wanted:
                await inventory.adjust(
                    caller=system("test"),
                    key=new_key(),
                    sku=sku,
                    location=row.location,
                    quantity=wanted - row.available,
                    reason="counted for the flash sale",
                )


async def available(shop: RunningShop, sku: str) -> int:
    async with running(shop.settings, {"inventory"}, background=False, serve=False) as node:
        page = await node.ask(InventoryApi).stock(caller=system("test"), skus=(sku,))
        return sum(row.available for row in page.items)


async def try_to_buy(buyer: Buyer) -> dict[str, Any]:
    """Buy, or hear that it is gone: at the till, or at the door when the shop knows it already."""
    try:
        await buyer.fill_cart((HOT, 1), patience_s=2)
    except SoldOut:
        return {"step": "refused", "reason": "sold_out"}
    await buyer.give_details()
    return await buyer.complete("invoice")


async def test_exactly_what_is_there_is_sold(shop: RunningShop, client: httpx2.AsyncClient):
    await put_in_stock(shop, HOT, UNITS)
    buyers = [Buyer(client, email=f"b{number}@example.com") for number in range(BUYERS)]
    answers = await asyncio.gather(*(try_to_buy(buyer) for buyer in buyers))
    steps = Counter(answer["step"] for answer in answers)
    assert steps == {"completed": UNITS, "refused": BUYERS - UNITS}
    assert {answer["reason"] for answer in answers if answer["step"] == "refused"} <= REFUSED
    assert len({answer["order_number"] for answer in answers if answer["step"] == "completed"}) == UNITS
    assert await available(shop, HOT) == 0
    assert not [status for buyer in buyers for status in buyer.statuses if status >= 500]
    assert (await shop.check()).findings == []
