"""Every page opens with data, opens empty, and says so when a context is away."""

import re

import pytest

from springtide.contracts.common import Page
from springtide.contracts.pricing.api import ShopFront
from springtide.platform.errors import Unavailable
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_facts import CUSTOMER, NASTY, ORDER, OWNER, PRODUCT, SKU, order, order_rows
from tests.unit.backoffice.office_fakes import FakeShop

PAGES = (
    "/orders",
    "/shipping",
    "/sales",
    f"/orders/{ORDER}",
    "/products",
    "/products/new",
    f"/products/{PRODUCT}",
    "/stock",
    f"/stock/item?sku={SKU}",
    "/stock/inbound",
    "/prices",
    f"/prices/item?sku={SKU}",
    "/prices/promotions",
    "/prices/vouchers",
    "/customers",
    f"/customers/{CUSTOMER}",
    "/staff",
    f"/staff/{OWNER}",
    "/audit",
    "/differences",
    "/differences?now=yes",
    "/settings",
    "/gateways",
    "/gateways/north",
)
LISTS = {
    "/orders": "orders.list_orders",
    "/shipping": "orders.list_orders",
    "/sales": "orders.history",
    "/products": "catalog.list_products",
    "/stock": "inventory.stock",
    "/stock/inbound": "inventory.list_inbound",
    "/prices": "catalog.list_products",
    "/prices/promotions": "pricing.list_promotions",
    "/prices/vouchers": "pricing.list_vouchers",
    "/customers": "customers.list_customers",
    "/staff": "customers.list_staff",
    "/audit": "orders.list_audit",
    "/gateways": "payments.gateways",
}
_ADDRESS = re.compile(r"""(?:href|src|action)\s*=\s*["']([^"']*)["']""")


@pytest.mark.parametrize("path", PAGES)
async def test_page_opens(owner: Browser, path: str) -> None:
    answer = await owner.get(path)
    assert answer.status == 200
    assert "Data of" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", PAGES)
async def test_page_asks_nothing_of_other_hosts(owner: Browser, path: str) -> None:
    answer = await owner.get(path)
    addresses = _ADDRESS.findall(answer.text)
    assert addresses
    outside = [found for found in addresses if not found.startswith(("/", "#", "http://shop.test:8000/"))]
    assert outside == []
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert 'src="http' not in answer.text
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


@pytest.mark.parametrize("path", LISTS)
async def test_empty_list_says_what_to_do(owner: Browser, shop: FakeShop, path: str) -> None:
    verb = LISTS[path]
    shop.answers[verb] = Page(items=()) if isinstance(shop.answers[verb], Page) else ()
    answer = await owner.get(path)
    assert answer.status == 200
    assert 'class="empty"' in answer.text


@pytest.mark.parametrize("path", LISTS)
async def test_context_that_is_away_is_a_page_that_says_so(owner: Browser, shop: FakeShop, path: str) -> None:
    shop.refusals[LISTS[path]] = Unavailable("orders does not answer.", retry_after_s=2)
    answer = await owner.get(path)
    assert answer.status == 503
    assert answer.headers["retry-after"] == "2"
    assert "orders does not answer." in answer.text
    assert "Load the page again in a few seconds" in answer.text
    assert 'aria-label="Tasks"' in answer.text


async def test_orders_open_while_pricing_and_payments_are_away(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["pricing.shop_front"] = Unavailable()
    shop.refusals["payments.payment"] = Unavailable()
    answer = await owner.get(f"/orders/{ORDER}")
    assert answer.status == 200
    assert "Payments does not answer right now" in answer.text


async def test_settings_without_markets(owner: Browser, shop: FakeShop) -> None:
    shop.answers["pricing.shop_front"] = ShopFront(sellers=(), markets=())
    assert 'class="empty"' in (await owner.get("/settings")).text


async def test_unknown_address_is_a_page(owner: Browser) -> None:
    answer = await owner.get("/nowhere")
    assert answer.status == 404
    assert "There is nothing at this address" in answer.text


async def test_what_broke_inside_is_not_shown(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["orders.list_orders"] = RuntimeError("secret detail")
    answer = await owner.get("/orders")
    assert answer.status == 503
    assert "secret detail" not in answer.text


async def test_filters_are_read_from_the_address_and_kept_on_the_next_page(owner: Browser, shop: FakeShop) -> None:
    answer = await owner.get("/orders?q=sanne&market=NL&status=open&payment=paid&fulfilment=unfulfilled&imported=yes")
    where = shop.asked("orders.list_orders")[-1]["where"]
    assert (where.text, where.market, where.status, where.payment_status) == ("sanne", "NL", "open", "paid")
    assert (where.fulfilment_status, where.with_imported) == ("unfulfilled", True)
    assert "after=next-page&amp;q=sanne&amp;market=NL&amp;status=open" in answer.text
    await owner.get("/orders?after=next-page")
    assert shop.asked("orders.list_orders")[-1]["after"] == "next-page"


async def test_filter_words_of_another_time_are_ignored(owner: Browser, shop: FakeShop) -> None:
    assert (await owner.get("/orders?status=melted")).status == 200
    assert shop.asked("orders.list_orders")[-1]["where"].status is None


async def test_any_name_in_the_address_is_harmless(owner: Browser) -> None:
    for name in ("path", "visit", "office", "template", "here", "status"):
        assert (await owner.get(f"/orders?{name}=x")).status == 200


async def test_context_that_is_away_is_not_asked_again_at_once(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["pricing.shop_front"] = Unavailable()
    for _ in range(3):
        assert (await owner.get("/orders")).status == 200
    assert len(shop.asked("pricing.shop_front")) == 1


async def test_text_of_buyers_is_escaped_everywhere(owner: Browser, shop: FakeShop) -> None:
    rows = order_rows(1)
    shop.answers["orders.list_orders"] = Page(items=(type(rows[0])(**{**_fields(rows[0]), "buyer": NASTY}),))
    made = order()
    address = type(made.shipping_address)(**{**_fields(made.shipping_address), "name": NASTY, "line1": NASTY})
    shop.answers["orders.get"] = order(shipping_address=address, billing_address=made.billing_address)
    customer = shop.answers["customers.get_customer"]
    shop.answers["customers.get_customer"] = type(customer)(**{**_fields(customer), "name": NASTY})
    for path in ("/orders", f"/orders/{ORDER}", f"/customers/{CUSTOMER}", f"/orders?q={NASTY}"):
        text = (await owner.get(path)).text
        assert "&lt;script&gt;alert(" in text
        assert "<script>alert" not in text
        assert "<img" not in text


async def test_document_is_served_as_a_page_without_script(owner: Browser, shop: FakeShop) -> None:
    answer = await owner.get(f"/orders/{ORDER}/documents/NL-2011-000042")
    assert answer.text == "<h1>Invoice</h1>"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert shop.asked("orders.document")[-1]["token"] == ""


async def test_differences_are_only_looked_for_when_asked(owner: Browser, shop: FakeShop) -> None:
    await owner.get("/differences")
    assert not shop.asked("inventory.check")
    shop.refusals["checkout.check"] = Unavailable("checkout is away")
    text = (await owner.get("/differences?now=yes")).text
    assert len(shop.asked("inventory.check")) == 1
    assert "1 difference found" in text
    assert "checkout is away" in text


async def test_probes(owner: Browser, app: object) -> None:
    assert (await owner.get("/healthz")).status == 200
    assert (await owner.get("/readyz")).status == 200
    app.health.draining = True  # type: ignore[attr-defined]  # the application of the fixture
    assert (await owner.get("/readyz")).status == 503
    assert "springtide" in (await owner.get("/metrics")).text


def _fields(struct: object) -> dict[str, object]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}  # type: ignore[attr-defined]  # a Struct
