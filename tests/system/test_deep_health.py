"""/healthz/deep buys the test product through the sandbox and gives everything back: nothing is disturbed."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import httpx2
import pytest
from system.shop import HEALTH_TOKEN, RunningShop

from springtide.bootstrap import running
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi, OrderStatus, PaymentStatus
from springtide.platform.caller import system
from springtide.platform.errors import Forbidden
from springtide.rehearsal.purchase_probe import (
    EMAIL,
    SKU,
    NoSandbox,
    NoTestProduct,
    PurchaseProbe,
    load_test_product,
    sandbox_route,
)
from springtide.settings import Gateway

CALLER = system("test")
TOKEN = {"Springtide-Health-Token": HEALTH_TOKEN}


async def test_a_purchase_from_end_to_end_disturbs_nothing(shop: RunningShop, client: httpx2.AsyncClient) -> None:
    assert (await client.get("/healthz/deep")).json()["code"] == "forbidden"
    assert (await client.get("/healthz/deep", headers={"Springtide-Health-Token": "x" * 40})).status_code == 403
    settings = shop.settings
    async with running(settings, (), background=False, serve=False) as node:
        probe = PurchaseProbe(node.ask, settings.gateways, token="t" * 32, preferred="GB", shop_url=shop.url)
        with pytest.raises(NoTestProduct):
            await probe({"springtide-health-token": "t" * 32})
        market, units = await load_test_product(node.ask, settings.gateways, preferred="GB")
        assert (market, await load_test_product(node.ask, settings.gateways, preferred="GB")) == ("GB", (market, units))
        today = await sold_today(node.ask(OrdersApi))

        answer = await client.get("/healthz/deep", headers=TOKEN)
        assert answer.status_code == 200, answer.text
        bought = answer.json()
        assert list(bought["steps"]) == ["tidy", "cart", "complete", "pay", "return", "cancel", "money back"]
        order = await node.ask(OrdersApi).get(caller=CALLER, order_id=bought["order_id"])
        assert (order.origin.channel, order.number) == ("health", bought["order_number"])
        assert order.status is OrderStatus.CANCELLED
        assert await settled(node.ask(OrdersApi), bought["order_id"]) in {PaymentStatus.REFUNDED, PaymentStatus.VOIDED}

        again = await client.get("/healthz/deep", headers=TOKEN)
        assert (again.status_code, again.json()["code"]) == (429, "too_many_requests")
        assert int(again.headers["retry-after"]) >= 1
        stock = (await node.ask(InventoryApi).stock(caller=CALLER, skus=(SKU,))).items
        assert [row.available for row in stock] == [units]
        order = await node.ask(OrdersApi).get(caller=CALLER, order_id=bought["order_id"])
        assert order.documents == ()
        assert await sold_today(node.ask(OrdersApi)) == today
    assert not [mail for mail in shop.mails.glob("*.eml") if EMAIL in mail.read_text(errors="replace")]
    found = await client.get("/api/products", params={"market": "GB", "locale": "en", "q": SKU})
    assert SKU not in found.text.replace(f'"q":"{SKU}"', "")
    assert (await shop.check()).findings == []


async def sold_today(orders: OrdersApi) -> list[tuple[date, int]]:
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date()
    days = await orders.history(caller=CALLER, as_of=tomorrow, days=3)
    return [(day.day, day.orders) for day in days]


async def settled(orders: OrdersApi, order_id: str) -> PaymentStatus:
    """Orders hears of the money by event."""
    for _ in range(100):
        order = await orders.get(caller=CALLER, order_id=order_id)  # type: ignore[arg-type]  # as text it travels too
        if order.payment_status in {PaymentStatus.REFUNDED, PaymentStatus.VOIDED}:
            break
        await asyncio.sleep(0.1)
    return order.payment_status


SANDBOX = Gateway(name="sandbox", provider="sandbox", markets={"NL": ("card", "bank_redirect"), "GB": ("pay_later",)})


def test_only_what_the_sandbox_serves_alone_is_bought_through() -> None:
    assert sandbox_route([SANDBOX], preferred="NL") == ("NL", "bank_redirect")
    assert sandbox_route([SANDBOX], preferred="SE") == ("GB", "pay_later")
    real = Gateway(name="stripe", provider="stripe", markets={"GB": ("pay_later",)})
    assert sandbox_route([SANDBOX, real], preferred="GB") == ("NL", "bank_redirect")


@pytest.mark.parametrize(
    "accounts",
    [
        (),
        (Gateway(name="invoice", provider="invoice", markets={"NL": ("invoice",)}),),
        (SANDBOX, Gateway(name="real", provider="mollie", markets={"NL": ("bank_redirect",), "GB": ("pay_later",)})),
        (Gateway(name="sandbox", provider="sandbox", markets={"NL": ("card",)}),),
    ],
)
async def test_without_a_sandbox_of_its_own_nothing_is_bought(accounts: tuple[Gateway, ...]) -> None:
    def nobody(api: object) -> object:
        raise AssertionError(api)

    probe = PurchaseProbe(nobody, accounts, token="t" * 32, preferred="NL", shop_url="http://shop")  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        await probe({})
    with pytest.raises(NoSandbox) as refused:
        await probe({"springtide-health-token": "t" * 32})
    assert (refused.value.status, refused.value.code) == (422, "no_sandbox")
