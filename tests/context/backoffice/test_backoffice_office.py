"""The back office before real contexts: staff, roles and stock as they are in the database."""

from collections.abc import Mapping
from typing import Any

import pytest

from springtide.bootstrap import Node
from springtide.channels.backoffice import create_app
from springtide.contracts.catalog.api import CatalogApi
from springtide.contracts.checkout.api import CheckoutApi
from springtide.contracts.customers.api import CustomersApi, Role
from springtide.contracts.inventory.api import InventoryApi, Location
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.edge.probes import Probes
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from tests.conftest import SECRET, NodeWith
from tests.unit.backoffice.browser import ORIGIN, Browser, form_of
from tests.unit.backoffice.office_facts import SKU
from tests.unit.backoffice.office_fakes import FakeShop

PASSWORD = "seven quiet lanterns on a shelf"
OWNER_MAIL = "owner@example.org"
ITEM = f"/stock/item?sku={SKU}"


@pytest.fixture
async def node(node_with: NodeWith) -> Node:
    shop = FakeShop()
    contracts = (CatalogApi, CheckoutApi, OrdersApi, PaymentsApi, PricingApi)
    fakes: Mapping[type[Any], object] = {api: shop.ask(api) for api in contracts}
    node = await node_with("customers", "inventory", fakes=fakes)
    await _staff(node, OWNER_MAIL, Role.OWNER)
    location = Location(key="leicester", name="Leicester", external=False, ranks={"GB": 1})
    await node.ask(InventoryApi).put_location(caller=system("test"), key=new_key(), location=location)
    return node


@pytest.fixture
def app(node: Node) -> Probes:
    return create_app(node.ask, secret_key=SECRET, office_url=ORIGIN, shop_url="http://shop.test:8000")


async def _staff(node: Node, email: str, *roles: Role) -> None:
    await node.ask(CustomersApi).add_staff(
        caller=system("test"), key=new_key(), email=email, name=email.partition("@")[0], password=PASSWORD, roles=roles
    )


async def _signed_in(app: Probes, email: str, password: str = PASSWORD) -> Browser:
    browser = Browser(app)
    fields = form_of(await browser.get("/sign-in"), "/sign-in")
    answer = await browser.post("/sign-in", {**fields, "email": email, "password": password})
    assert answer.status == 303, answer.text
    return browser


async def _ledger(node: Node) -> list[int]:
    rows = await node.ask(InventoryApi).ledger(caller=system("test"), sku=SKU)
    return [row.quantity for row in rows]


async def test_adjustment_sent_twice_is_one_row_of_the_ledger_with_its_reason(node: Node, app: Probes) -> None:
    browser = await _signed_in(app, OWNER_MAIL)
    fields = {**await browser.form(ITEM, "/stock/adjust"), "location": "leicester", "quantity": "12", "reason": "found"}
    for _ in range(2):
        answer = await browser.post("/stock/adjust", fields)
        assert (answer.status, answer.location) == (303, ITEM)
    assert await _ledger(node) == [12]
    page = await browser.get(ITEM)
    assert "+12" in page.text
    assert "leicester has 12 units now" in page.text
    audit = await browser.get("/audit?context=inventory")
    assert "found" in audit.text
    assert "owner" in audit.text


async def test_refused_adjustment_says_why_and_changes_nothing(node: Node, app: Probes) -> None:
    browser = await _signed_in(app, OWNER_MAIL)
    fields = {**await browser.form(ITEM, "/stock/adjust"), "location": "leicester", "quantity": "-3", "reason": "lost"}
    answer = await browser.post("/stock/adjust", fields)
    assert 400 <= answer.status < 500
    assert "error-summary" in answer.text
    assert form_of(answer, "/stock/adjust")["quantity"] == "-3"
    assert await _ledger(node) == []


async def test_role_decides_what_is_there(node: Node, app: Probes) -> None:
    await _staff(node, "ada@example.org", Role.SUPPORT)
    browser = await _signed_in(app, "ada@example.org")
    assert (await browser.get("/staff")).status == 403
    assert 'action="/stock/adjust"' not in (await browser.get(ITEM)).text
    assert (await browser.get("/customers")).status == 200


async def test_owner_adds_a_colleague_and_cannot_lose_the_last_owner(node: Node, app: Probes) -> None:
    browser = await _signed_in(app, OWNER_MAIL)
    fields = await browser.form("/staff", "/staff")
    typed = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD, "roles": "warehouse"}
    assert (await browser.post("/staff", {**fields, **typed})).status == 303
    await _signed_in(app, "ada@example.org")
    people = await node.ask(CustomersApi).list_staff(caller=system("test"))
    owner = next(person for person in people if person.email == OWNER_MAIL)
    page = f"/staff/{owner.id}"
    answer = await browser.post(page, {**await browser.form(page, page), "roles": "support"})
    assert answer.status == 422
    assert "error-summary" in answer.text


async def test_wrong_password_is_answered_without_a_hint(app: Probes) -> None:
    browser = Browser(app)
    fields = form_of(await browser.get("/sign-in"), "/sign-in")
    wrong = await browser.post("/sign-in", {**fields, "email": OWNER_MAIL, "password": "not it, not at all"})
    fields = form_of(wrong, "/sign-in")
    nobody = await browser.post("/sign-in", {**fields, "email": "nobody@example.org", "password": PASSWORD})
    assert (wrong.status, nobody.status) == (401, 401)
    assert "do not match an active account" in wrong.text
    assert "do not match an active account" in nobody.text


async def test_signing_out_ends_the_session_everywhere(app: Probes) -> None:
    browser = await _signed_in(app, OWNER_MAIL)
    stolen = Browser(app)
    stolen.cookies = dict(browser.cookies)
    assert (await stolen.get("/orders")).status == 200
    await browser.post("/sign-out", {})
    assert (await stolen.get("/orders")).location.startswith("/sign-in")
