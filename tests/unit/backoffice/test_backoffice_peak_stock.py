"""The goods of a plan: orders first, exceptions worst first, the filter in the address, long lists in pages."""

import json
import re

import msgspec
import pytest

from springtide.contexts.peak.domain.plan.parts import pages_of
from springtide.contracts.peak.api import Part
from springtide.contracts.peak.stock import StockPlan
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = f"/peak/plans/{peak_plans.PLAN}/stock"


@pytest.fixture
def stock() -> StockPlan:
    return msgspec.json.decode(peak_plans.bodies()["stock"], type=StockPlan)


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())


def shows(shop: FakeShop, plan: StockPlan, most_bytes: int) -> set[str]:
    """Let the desk keep this plan in pages of a size; return its parts."""
    parts = {step: body for step, body in peak_plans.bodies().items() if step != "stock"}
    pages = list(pages_of("stock", plan, most_bytes))
    paged = {(page.step, page.page): Part(**page._asdict()) for page in pages}
    shop.answers |= peak_plans.answers(parts, paged)
    return {page.step for page in pages}


def articles(text: str) -> list[str]:
    return re.findall(r'<th scope="row" class="code"><a [^>]+>([^<]+)</a></th>', text)


async def test_orders_stand_before_products_and_products_by_what_is_at_risk(owner: Browser, stock: StockPlan) -> None:
    text = (await owner.get(PAGE)).text
    assert text.index("What to do first") < text.index("Products that need a look</h2>") < text.index("data-figure")
    assert articles(text) == [one.sku for one in stock.exceptions]
    assert "may sell out from" in text


async def test_the_filter_is_a_sentence_in_the_address(owner: Browser, stock: StockPlan) -> None:
    supplier = stock.lines[0].supplier
    text = (await owner.get(f"{PAGE}?list=buy&supplier={supplier}&lang=nl")).text
    assert articles(text) == [one.sku for one in stock.lines if one.supplier == supplier]
    assert f'<option value="{supplier}" selected>' in text
    assert '<input type="hidden" name="lang" value="nl">' in text


async def test_a_supplier_without_products_says_so(owner: Browser) -> None:
    text = (await owner.get(f"{PAGE}?list=buy&supplier=nobody")).text
    assert articles(text) == []
    assert "Nothing is to be ordered here now." in text


async def test_storage_shows_what_there_is_room_for(owner: Browser, stock: StockPlan) -> None:
    text = (await owner.get(PAGE)).text
    charts = [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)]
    room = next(line for line in charts[-1]["data"] if line["name"] == "Limit")
    assert room["y"] == [week.own_capacity_m3 for week in stock.storage]


async def test_a_plan_in_several_pages_shows_the_same(owner: Browser, shop: FakeShop, stock: StockPlan) -> None:
    expected = articles((await owner.get(PAGE)).text)
    steps = shows(shop, stock, 6_000)
    assert {"stock", "stock.exceptions", "stock.lines"} <= steps
    assert articles((await owner.get(PAGE)).text) == expected
    assert len([one for one in shop.asked("peak.get_part") if one["step"] == "stock.exceptions"]) > 1


async def test_two_hundred_products_stand_on_a_page(owner: Browser, shop: FakeShop, stock: StockPlan) -> None:
    one = stock.exceptions[0]
    many = tuple(msgspec.structs.replace(one, sku=f"article-{number}") for number in range(450))
    shows(shop, msgspec.structs.replace(stock, exceptions=many), 256 * 1024)
    text = (await owner.get(f"{PAGE}?page=3")).text
    assert articles(text) == [f"article-{number}" for number in range(400, 450)]
    assert "Page 3 of 3, 450 rows" in text
    assert 'rel="prev" href="' + PAGE + "?page=2&amp;list=look" in text
    for nonsense in ("0", "-1", "9999", "x", "²"):
        assert (await owner.get(f"{PAGE}?page={nonsense}")).status == 200


async def test_without_a_count_the_page_says_what_to_do(owner: Browser, shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers({"head": peak_plans.bodies()["head"]})
    assert "it needs a count of the stock" in (await owner.get(PAGE)).text
