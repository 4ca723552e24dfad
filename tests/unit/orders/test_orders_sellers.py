"""The copy of the sellers: asked once, used while pricing is away, never a reason to refuse a paid order."""

import pytest

from springtide.contexts.orders.service import sellers as module
from springtide.contexts.orders.service.sellers import Sellers
from springtide.contracts.pricing.api import ShopFront
from springtide.platform.caller import Caller
from springtide.platform.errors import Unavailable
from tests.context.orders.orders_builders import SELLER


class Pricing:
    def __init__(self) -> None:
        self.asked = 0
        self.is_away = False

    async def shop_front(self, *, caller: Caller) -> ShopFront:
        self.asked += 1
        if self.is_away:
            raise Unavailable
        return ShopFront(sellers=(SELLER,), markets=())


async def test_pricing_is_asked_once() -> None:
    pricing = Pricing()
    sellers = Sellers(pricing)  # type: ignore[arg-type]  # the one verb that is used
    for _ in range(3):
        await sellers.refresh("marlow")
    assert pricing.asked == 1
    assert sellers.named("marlow").number_prefix == "MF-"


async def test_an_old_copy_serves_while_pricing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    pricing = Pricing()
    sellers = Sellers(pricing)  # type: ignore[arg-type]  # the one verb that is used
    await sellers.refresh("marlow")
    monkeypatch.setattr(module, "_KEPT_FOR_S", -1.0)
    await sellers.refresh("other")
    pricing.is_away = True
    await sellers.refresh("marlow")
    assert sellers.named("marlow") == SELLER
    with pytest.raises(Unavailable):
        await sellers.refresh("never seen")


async def test_a_seller_that_pricing_does_not_know_still_has_numbers() -> None:
    sellers = Sellers(Pricing())  # type: ignore[arg-type]  # the one verb that is used
    await sellers.refresh("gone")
    assert sellers.named("gone").number_prefix == "GONE-"
