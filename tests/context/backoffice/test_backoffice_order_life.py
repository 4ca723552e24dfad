"""A real order through the office: shipped, refunded, taken back, cancelled; sent twice it happens once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from springtide.bootstrap import Node
from springtide.channels.backoffice import create_app
from springtide.contracts.catalog.api import CatalogApi
from springtide.contracts.checkout.api import CheckoutApi
from springtide.contracts.customers.api import CustomersApi, Role
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import Order, OrdersApi
from springtide.contracts.payments.api import PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from tests.conftest import SECRET, NodeWith
from tests.context.orders.orders_builders import FakePricing, placed, placement
from tests.unit.backoffice.browser import ORIGIN, Answer, Browser, form_of
from tests.unit.backoffice.office_fakes import FakeShop

PASSWORD = "seven quiet lanterns on a shelf"
NASTY = "Ann <b onclick=x>Buyer</b>"


class Desk:
    """Somebody of support at the page of one order."""

    def __init__(self, node: Node, browser: Browser, order_id: UUID) -> None:
        self.node, self.browser, self.order_id = node, browser, order_id
        self.page = f"/orders/{order_id}"

    async def send(self, action: str, times: int = 1, **typed: str) -> Answer:
        target = f"{self.page}/{action}"
        fields = {**await self.browser.form(self.page, target), **typed}
        answers = [await self.browser.post(target, fields) for _ in range(times)]
        assert len({(answer.status, answer.location) for answer in answers}) == 1
        return answers[-1]

    async def order(self) -> Order:
        return await self.node.ask(OrdersApi).get(caller=system("test"), order_id=self.order_id)


@pytest.fixture
async def desk(node_with: NodeWith) -> Desk:
    shop = FakeShop()
    fakes: Mapping[type[Any], object] = {
        PricingApi: FakePricing(),
        **{api: shop.ask(api) for api in (CatalogApi, CheckoutApi, InventoryApi, PaymentsApi)},
    }
    node = await node_with("customers", "orders", fakes=fakes)
    await node.ask(CustomersApi).add_staff(
        caller=system("test"),
        key=new_key(),
        email="ada@example.org",
        name="Ada",
        password=PASSWORD,
        roles=(Role.SUPPORT,),
    )
    browser = Browser(create_app(node.ask, secret_key=SECRET, office_url=ORIGIN, shop_url="http://shop.test:8000"))
    fields = form_of(await browser.get("/sign-in"), "/sign-in")
    await browser.post("/sign-in", {**fields, "email": "ada@example.org", "password": PASSWORD})
    value, _ = await placed(node.ask(OrdersApi), placement(name=NASTY, captured=True))
    return Desk(node, browser, value.order_id)


async def test_order_from_shipping_to_return(desk: Desk) -> None:
    listed = await desk.browser.get("/shipping")
    assert desk.page in listed.text
    assert "<b onclick" not in listed.text
    assert (await desk.send("ship", times=2, **{"quantity-1": "2", "carrier": "postnl", "what": "some"})).status == 303
    assert (await desk.send("refund", times=2, **{"quantity-1": "1", "reason": "scratched"})).status == 303
    assert (await desk.send("return", times=2, **{"quantity-1": "2", "reason": "too big"})).status == 303
    assert (await desk.send("cancel", times=2, reason="cannot be found", what="all")).status == 303
    order = await desk.order()
    assert [(line.ordered, line.cancelled, line.fulfilled, line.returned) for line in order.lines] == [
        (3, 1, 2, 2),
        (2, 2, 0, 0),
    ]
    assert [kind.kind.value for kind in order.adjustments] == ["refund", "return", "cancel"]
    assert len(order.shipments) == 1
    page = await desk.browser.get(desk.page)
    assert page.status == 200
    assert "scratched" in page.text
    assert "<b onclick" not in page.text


async def test_more_than_is_left_is_refused_beside_the_form_and_changes_nothing(desk: Desk) -> None:
    before = await desk.order()
    answer = await desk.send("ship", **{"quantity-1": "9", "carrier": "postnl", "what": "some"})
    assert answer.status == 422
    assert '<a href="#ship-quantity-1">At most 3.</a>' in answer.text
    assert form_of(answer, f"{desk.page}/ship")["quantity-1"] == "9"
    assert await desk.order() == before
