"""Every page opens for the owner of a shop that has nothing yet, with every context real."""

import pytest

from springtide.channels.backoffice import create_app
from springtide.contracts.customers.api import CustomersApi, Role
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from springtide.settings import CONTEXTS
from tests.conftest import SECRET, NodeWith
from tests.unit.backoffice.browser import ORIGIN, Browser, form_of

PASSWORD = "seven quiet lanterns on a shelf"
PAGES = (
    "/orders",
    "/shipping",
    "/products",
    "/products/new",
    "/stock",
    "/stock/item?sku=85123A",
    "/stock/inbound",
    "/prices",
    "/prices/item?sku=85123A",
    "/prices/promotions",
    "/prices/vouchers",
    "/customers",
    "/staff",
    "/audit",
    "/audit?context=payments",
    "/differences?now=yes",
    "/settings",
)


@pytest.fixture
async def owner(node_with: NodeWith) -> Browser:
    node = await node_with(*CONTEXTS)
    await node.ask(CustomersApi).add_staff(
        caller=system("test"),
        key=new_key(),
        email="owner@example.org",
        name="Ruth Okafor",
        password=PASSWORD,
        roles=(Role.OWNER,),
    )
    browser = Browser(create_app(node.ask, secret_key=SECRET, office_url=ORIGIN, shop_url="http://shop.test:8000"))
    fields = form_of(await browser.get("/sign-in"), "/sign-in")
    await browser.post("/sign-in", {**fields, "email": "owner@example.org", "password": PASSWORD})
    return browser


async def test_every_page_opens_in_an_empty_shop(owner: Browser) -> None:
    answers = {path: await owner.get(path) for path in PAGES}
    assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(PAGES, 200)
    assert "Everything agrees" in answers["/differences?now=yes"].text


async def test_a_product_is_made_published_and_audited(owner: Browser) -> None:
    fields = await owner.form("/products/new", "/products")
    answer = await owner.post(
        "/products", {**fields, "name-en": "Enamel mug", "sku-0": "MUG-1", "options-0": "style: Red"}
    )
    assert answer.status == 303, answer.text
    page = answer.location
    published = f"{page}/published"
    assert (await owner.post(published, await owner.form(page, published))).status == 303
    stale = {**await owner.form(page, page), "name-en": "Enamel mug, large"}
    other = {**await owner.form(page, page), "name-en": "Enamel mug, small"}
    assert (await owner.post(page, other)).status == 303
    refused = await owner.post(page, stale)
    assert refused.status == 409
    assert "Saved meanwhile: Enamel mug, small" in refused.text
    assert "Enamel mug, small" in (await owner.get("/products?q=mug&published=yes")).text
    audit = await owner.get("/audit?context=catalog")
    assert "Ruth Okafor" in audit.text
