"""Every action is exactly one write of a contract; a refusal is shown beside its form and changes nothing."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import pytest

from springtide.contracts.customers.api import LastOwner, Role
from springtide.contracts.inventory.api import AdjustmentRefused, Supply
from springtide.contracts.orders.api import FulfilmentStatus, PaymentStatus, QuantityRefused
from springtide.contracts.payments.api import GatewaySwitch
from springtide.platform.errors import DeadlineExceeded, Forbidden, KeyReused
from tests.unit.backoffice.browser import Answer, Browser, form_of
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import CUSTOMER, INBOUND, NASTY, ORDER, OWNER, PRODUCT, SKU, order
from tests.unit.backoffice.office_fakes import FakeShop


@dataclass(frozen=True)
class Action:
    """A form, what is typed, the one write it has to make with these arguments, and where it leads."""

    page: str
    target: str
    typed: dict[str, Any]
    verb: str
    arguments: dict[str, Any]
    leads_to: str

    def __str__(self) -> str:
        return self.verb


AT_ORDER, AT_ITEM = f"/orders/{ORDER}", f"/stock/item?sku={SKU}"

ACTIONS = (
    Action(
        "/gateways/north",
        "/gateways/north",
        {"state": "off", "reason": "no answers since noon"},
        "payments.switch_gateway",
        {"gateway": "north", "state": GatewaySwitch.OFF, "reason": "no answers since noon"},
        "/gateways/north",
    ),
    Action(
        AT_ORDER,
        f"{AT_ORDER}/capture",
        {"reason": "asked by the buyer"},
        "orders.capture",
        {"order_id": ORDER, "reason": "asked by the buyer"},
        AT_ORDER,
    ),
    Action(
        AT_ORDER,
        f"{AT_ORDER}/ship",
        {"quantity-1": "2", "quantity-2": "1", "carrier": "postnl", "tracking": "3SX", "what": "some"},
        "orders.ship",
        {"order_id": ORDER, "lines": {1: 2, 2: 1}, "carrier": "postnl", "tracking": "3SX"},
        AT_ORDER,
    ),
    Action(
        AT_ORDER,
        f"{AT_ORDER}/ship",
        {"quantity-1": "2", "carrier": "postnl", "what": "all"},
        "orders.ship",
        {"order_id": ORDER, "lines": {}, "carrier": "postnl", "tracking": ""},
        AT_ORDER,
    ),
    Action(
        AT_ORDER,
        f"{AT_ORDER}/cancel",
        {"quantity-2": "1", "reason": "cannot be found", "what": "some"},
        "orders.cancel",
        {"order_id": ORDER, "lines": {2: 1}, "reason": "cannot be found"},
        AT_ORDER,
    ),
    Action(
        AT_ORDER,
        f"{AT_ORDER}/cancel",
        {"reason": "the buyer changed their mind", "what": "all"},
        "orders.cancel",
        {"order_id": ORDER, "lines": {}, "reason": "the buyer changed their mind"},
        AT_ORDER,
    ),
    Action(
        AT_ORDER,
        f"{AT_ORDER}/refund",
        {"quantity-1": "3", "shipping": "yes", "reason": "scratched"},
        "orders.refund",
        {"order_id": ORDER, "lines": {1: 3}, "shipping": True, "reason": "scratched"},
        AT_ORDER,
    ),
    Action(
        AT_ORDER,
        f"{AT_ORDER}/return",
        {"quantity-1": "2", "restock": "yes", "reason": "too small"},
        "orders.take_return",
        {"order_id": ORDER, "lines": {1: 2}, "restock": True, "reason": "too small"},
        AT_ORDER,
    ),
    Action(
        f"/products/{PRODUCT}",
        f"/products/{PRODUCT}/published",
        {},
        "catalog.set_published",
        {"product_id": PRODUCT, "published": False},
        f"/products/{PRODUCT}",
    ),
    Action(
        AT_ITEM,
        "/stock/adjust",
        {"location": "leicester", "quantity": "-5", "reason": "broken"},
        "inventory.adjust",
        {"sku": SKU, "location": "leicester", "quantity": -5, "reason": "broken"},
        AT_ITEM,
    ),
    Action(
        AT_ITEM,
        "/stock/transfer",
        {"from_location": "leicester", "to_location": "tilburg", "quantity": "50", "reason": "before the sale"},
        "inventory.transfer",
        {
            "sku": SKU,
            "from_location": "leicester",
            "to_location": "tilburg",
            "quantity": 50,
            "reason": "before the sale",
        },
        AT_ITEM,
    ),
    Action(
        AT_ITEM,
        "/stock/policy",
        {"location": "leicester", "supply": "backorder", "low_stock_at": "25"},
        "inventory.set_policy",
        {"sku": SKU, "location": "leicester", "supply": Supply.BACKORDER, "low_stock_at": 25},
        AT_ITEM,
    ),
    Action(
        "/stock/inbound",
        f"/stock/inbound/{INBOUND}/receive",
        {"quantity": "480"},
        "inventory.receive_inbound",
        {"inbound_id": INBOUND, "quantity": 480},
        "/stock/inbound",
    ),
    Action(
        "/stock/inbound",
        "/stock/inbound",
        {"sku": SKU, "quantity": "250", "expected_on": "2011-10-03", "confirmed": "yes"},
        "inventory.put_inbound",
        {
            "supplier": "ningbo-gifts",
            "sku": SKU,
            "location": "leicester",
            "quantity": 250,
            "expected_on": date(2011, 10, 3),
            "confirmed": True,
        },
        "/stock/inbound",
    ),
    Action(
        "/prices/vouchers",
        "/prices/vouchers",
        {"code": "AUTUMN", "promotion": "summer", "limit": "100"},
        "pricing.put_voucher",
        {},
        "/prices/vouchers",
    ),
    Action(
        f"/customers/{CUSTOMER}",
        f"/customers/{CUSTOMER}/erase",
        {"reason": "asked by letter", "confirmation": "erase"},
        "customers.erase",
        {"customer_id": CUSTOMER, "reason": "asked by letter"},
        "/customers",
    ),
    Action(
        "/staff",
        "/staff",
        {"email": "ada@example.org", "name": "Ada", "password": " pass word ", "roles": ["support", "warehouse"]},
        "customers.add_staff",
        {
            "email": "ada@example.org",
            "name": "Ada",
            "password": " pass word ",
            "roles": (Role.WAREHOUSE, Role.SUPPORT),
        },
        "/staff",
    ),
    Action(
        f"/staff/{OWNER}",
        f"/staff/{OWNER}",
        {"name": "Ruth O.", "roles": ["owner", "planner"]},
        "customers.change_staff",
        {"staff_id": OWNER, "name": "Ruth O.", "roles": (Role.OWNER, Role.PLANNER), "active": True},
        "/staff",
    ),
)


async def _send(owner: Browser, action: Action) -> Answer:
    fields = await owner.form(action.page, action.target)
    return await owner.post(action.target, {**fields, **action.typed})


@pytest.mark.parametrize("action", ACTIONS, ids=str)
async def test_action_is_one_write_with_the_right_arguments(owner: Browser, shop: FakeShop, action: Action) -> None:
    answer = await _send(owner, action)
    assert (answer.status, answer.location) == (303, action.leads_to)
    [(verb, sent)] = shop.writes()
    assert verb == action.verb
    assert {name: sent[name] for name in action.arguments} == action.arguments
    assert len(sent["key"]) == 32
    assert sent["caller"].actor == str(OWNER)
    assert sent["caller"].reason == action.typed.get("reason", "")
    assert 'role="status"' in (await owner.get(action.leads_to)).text
    assert 'role="status"' not in (await owner.get(action.leads_to)).text


@pytest.mark.parametrize("action", ACTIONS, ids=str)
async def test_form_sent_twice_is_one_effect(owner: Browser, shop: FakeShop, action: Action) -> None:
    fields = {**await owner.form(action.page, action.target), **action.typed}
    first = await owner.post(action.target, fields)
    second = await owner.post(action.target, fields)
    assert (first.status, first.location) == (second.status, second.location) == (303, action.leads_to)
    assert len(shop.writes()) == 2
    assert len(shop.effects) == 1


@pytest.mark.parametrize("action", ACTIONS, ids=str)
async def test_refusal_is_shown_and_typed_values_stay(owner: Browser, shop: FakeShop, action: Action) -> None:
    shop.refusals[action.verb] = Forbidden(f"Not today {NASTY}")
    fields = {**await owner.form(action.page, action.target), **action.typed}
    answer = await owner.post(action.target, fields)
    assert answer.status == 403
    assert "Not today &lt;script&gt;" in answer.text
    assert "error-summary" in answer.text
    assert shop.effects == []
    again = form_of(answer, action.target)
    assert again["form_key"] != fields["form_key"]
    for name in action.typed.keys() - {"password", "roles", "what", "confirmation"} & again.keys():
        assert again[name] == action.typed[name]


@pytest.mark.parametrize("action", ACTIONS, ids=str)
async def test_form_from_elsewhere_does_nothing(
    owner: Browser, shop: FakeShop, browser_of: BrowserOf, action: Action
) -> None:
    fields = {**await owner.form(action.page, action.target), **action.typed}
    attempts = [
        await owner.post(action.target, fields, origin="https://evil.test"),
        await owner.post(action.target, fields, origin="", **{"sec-fetch-site": "cross-site"}),
        await owner.post(action.target, {**fields, "form_seal": "x" * 32}),
        await owner.post(action.target, {**fields, "form_key": "0" * 32}),
        await owner.post(action.target, action.typed),
        await browser_of("*").post(action.target, fields),
    ]
    assert [answer.status for answer in attempts] == [403] * 6
    assert shop.writes() == []


@pytest.mark.parametrize("action", ACTIONS, ids=str)
async def test_action_without_the_scope_does_nothing(
    owner: Browser, shop: FakeShop, browser_of: BrowserOf, action: Action
) -> None:
    reader = browser_of("orders.read", "customers.read", "pricing.read")
    assert (await reader.post(action.target, action.typed)).status == 403
    page = await reader.get(action.page)
    assert page.status == 403 or f'method="post" action="{action.target}"' not in page.text
    assert shop.writes() == []


async def test_no_answer_keeps_the_key_so_that_sending_again_is_the_same_wish(owner: Browser, shop: FakeShop) -> None:
    fields = {**await owner.form(AT_ITEM, "/stock/adjust"), "quantity": "5", "reason": "found"}
    shop.refusals["inventory.adjust"] = DeadlineExceeded()
    answer = await owner.post("/stock/adjust", fields)
    assert answer.status == 503
    assert "nothing is done twice" in answer.text
    again = form_of(answer, "/stock/adjust")
    assert (again["form_key"], again["quantity"]) == (fields["form_key"], "5")
    del shop.refusals["inventory.adjust"]
    assert (await owner.post("/stock/adjust", again)).status == 303
    assert len(shop.effects) == 1


async def test_key_used_before_gets_a_new_form(owner: Browser, shop: FakeShop) -> None:
    fields = {**await owner.form(AT_ITEM, "/stock/adjust"), "quantity": "5", "reason": "found"}
    await owner.post("/stock/adjust", fields)
    answer = await owner.post("/stock/adjust", {**fields, "quantity": "6"})
    assert answer.status == KeyReused.status
    assert "went out before with other values" in answer.text
    assert form_of(answer, "/stock/adjust")["form_key"] != fields["form_key"]
    assert len(shop.effects) == 1


@pytest.mark.parametrize(
    ("page", "target", "typed", "says"),
    [
        (AT_ORDER, "ship", {"carrier": "postnl", "what": "some"}, "Say how many of which line"),
        (AT_ORDER, "ship", {"carrier": "", "what": "all"}, "Fill this in"),
        (AT_ORDER, "cancel", {"reason": "", "what": "all"}, "Fill this in"),
        (AT_ORDER, "cancel", {"reason": "x", "what": "some", "quantity-1": "many"}, "A whole number, please"),
        (AT_ORDER, "refund", {"reason": "x"}, "or tick shipping"),
        (AT_ORDER, "refund", {"reason": "x", "quantity-1": "-1"}, "A number from 0"),
        (AT_ORDER, "return", {"reason": "x"}, "came back"),
        (AT_ITEM, "/stock/adjust", {"quantity": "0", "reason": "x"}, "More or less than 0"),
        (AT_ITEM, "/stock/adjust", {"quantity": "5", "reason": ""}, "Fill this in"),
        (AT_ITEM, "/stock/transfer", {"to_location": "leicester", "quantity": "1", "reason": "x"}, "another location"),
        (f"/customers/{CUSTOMER}", "erase", {"reason": "x", "confirmation": "yes"}, "Type the word erase"),
        ("/stock/inbound", "/stock/inbound", {"sku": "A", "quantity": "1", "expected_on": "soon"}, "A date like"),
        ("/staff", "/staff", {"name": "A", "email": "a@b.c", "password": "x"}, "at least one role"),
        (f"/prices/item?sku={SKU}", "/prices", {"amount": "12.345"}, "GBP has 2 digits"),
        (f"/prices/item?sku={SKU}", "/prices", {"amount": "cheap"}, "An amount like"),
        ("/prices/promotions", "/prices/promotions", {"key": "Ö", "name-en": "x"}, "Small letters"),
        ("/products/new", "/products", {"name-en": ""}, "at least one variant"),
        ("/products/new", "/products", {"name-en": "Mug", "sku-0": "M", "options-0": "red"}, "Write options as"),
    ],
)
async def test_form_with_mistakes_is_not_sent_on(
    owner: Browser, shop: FakeShop, *, page: str, target: str, typed: dict[str, str], says: str
) -> None:
    target = target if target.startswith("/") else f"{page}/{target}"
    answer = await owner.post(target, {**await owner.form(page, target), **typed})
    assert answer.status == 400
    assert says in answer.text
    assert shop.writes() == []


async def test_quantity_refused_by_orders_is_shown(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["orders.refund"] = QuantityRefused(
        "Of line 1 at most 7 can be taken, not 8.", line=1, wanted=8, possible=7
    )
    target = f"{AT_ORDER}/refund"
    typed = {"quantity-1": "8", "reason": "scratched"}
    answer = await owner.post(target, {**await owner.form(AT_ORDER, target), **typed})
    assert answer.status == 422
    assert "at most 7 can be taken" in answer.text
    assert '<a href="#refund-quantity-1">At most 7.</a>' in answer.text
    assert form_of(answer, target)["quantity-1"] == "8"


async def test_refusal_of_an_action_that_is_not_offered_any_more_is_still_shown(owner: Browser, shop: FakeShop) -> None:
    fields = await owner.form(AT_ORDER, f"{AT_ORDER}/capture")
    shop.refusals["orders.capture"] = Forbidden("Captured already.")
    shop.answers["orders.get"] = order(payment_status=PaymentStatus.PAID)
    answer = await owner.post(f"{AT_ORDER}/capture", {**fields, "reason": "again"})
    assert "Captured already." in answer.text


async def test_actions_are_offered_only_where_they_can_work(owner: Browser, shop: FakeShop) -> None:
    done = [msgspec.structs.replace(line, fulfilled=line.ordered, returned=line.ordered) for line in order().lines]
    shop.answers["orders.get"] = order(
        lines=tuple(done),
        shipping_minor=0,
        payment_status=PaymentStatus.REFUNDED,
        fulfilment_status=FulfilmentStatus.RETURNED,
        captured_minor=100,
        refunded_minor=100,
    )
    assert 'method="post"' not in (await owner.get(AT_ORDER)).text.split("<main")[1]
    imported = msgspec.structs.replace(order().origin, import_batch="online-retail-ii")
    shop.answers["orders.get"] = order(origin=imported)
    text = (await owner.get(AT_ORDER)).text
    assert 'method="post"' not in text.split("<main")[1]
    assert "imported as online-retail-ii" in text


async def test_warehouse_ships_but_does_not_refund(browser_of: BrowserOf) -> None:
    text = (await browser_of("orders.read", "orders.write").get(AT_ORDER)).text
    assert f'action="{AT_ORDER}/ship"' in text
    assert f'action="{AT_ORDER}/refund"' not in text


async def test_adjustment_refused_is_told(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["inventory.adjust"] = AdjustmentRefused("41 of the 1,204 units are promised.")
    fields = {**await owner.form(AT_ITEM, "/stock/adjust"), "quantity": "-1200", "reason": "lost"}
    answer = await owner.post("/stock/adjust", fields)
    assert answer.status == 422
    assert "units are promised" in answer.text


async def test_last_owner_is_told(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["customers.change_staff"] = LastOwner("The last active owner cannot lose the role.")
    page = f"/staff/{OWNER}"
    answer = await owner.post(page, {**await owner.form(page, page), "roles": "support"})
    assert answer.status == 422
    assert "The last active owner" in answer.text


async def test_other_media_types_are_refused(owner: Browser, shop: FakeShop) -> None:
    answer = await owner.post("/stock/adjust", {}, **{"content-type": "application/json"})
    assert answer.status == 415
    assert shop.writes() == []


async def test_null_characters_are_refused(owner: Browser, shop: FakeShop) -> None:
    fields = {**await owner.form(AT_ITEM, "/stock/adjust"), "quantity": "5", "reason": "a\x00b"}
    assert (await owner.post("/stock/adjust", fields)).status == 400
    assert shop.writes() == []


async def test_ticked_boxes_stay_ticked_after_a_refusal(owner: Browser) -> None:
    fields = await owner.form("/staff", "/staff")
    answer = await owner.post("/staff", {**fields, "name": "", "roles": ["support", "planner"]})
    assert answer.status == 400
    ticked = re.findall(r'name="roles" value="(\w+)" checked', answer.text)
    assert ticked == ["support", "planner"]
