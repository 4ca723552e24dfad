"""The page of one product: found among many pages of a part, its order, its weeks."""

import json
import re

import msgspec
import pytest

from springtide.channels.backoffice.peak.views.item import with_order
from springtide.contexts.peak.domain.plan.parts import pages_of
from springtide.contracts.peak.api import Part
from springtide.contracts.peak.stock import StockItem, StockPlan
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = f"/peak/plans/{peak_plans.PLAN}/item"


@pytest.fixture
def items() -> list[StockItem]:
    return msgspec.json.decode(peak_plans.bodies()["items"], type=list[StockItem])


@pytest.fixture
def stock() -> StockPlan:
    return msgspec.json.decode(peak_plans.bodies()["stock"], type=StockPlan)


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())


async def test_every_product_is_found_in_a_part_of_many_pages(
    owner: Browser, shop: FakeShop, items: list[StockItem]
) -> None:
    pages = list(pages_of("items", items, 4_000))
    assert len(pages) > 4
    parts = {step: body for step, body in peak_plans.bodies().items() if step != "items"}
    shop.answers |= peak_plans.answers(parts, {(page.step, page.page): Part(**page._asdict()) for page in pages})
    for item in items:
        asked = len(shop.asked("peak.get_part"))
        assert f'value="{item.sku}"' in (await owner.get(f"{PAGE}?sku={item.sku}")).text
        assert f'<td class="number">{item.demand[0][1]:,}</td>' in (await owner.get(f"{PAGE}?sku={item.sku}")).text
        assert len(shop.asked("peak.get_part")) - asked <= 2 * (len(pages).bit_length() + 3)
    for nobody in ("", "a", "zzz", "sku03x"):
        assert "No product" in (await owner.get(f"{PAGE}?sku={nobody}")).text


async def test_the_order_stands_before_the_charts(owner: Browser, stock: StockPlan) -> None:
    line = stock.lines[0]
    text = (await owner.get(f"{PAGE}?sku={line.sku}")).text
    assert text.index(f"Order {line.units:,} of {line.sku}") < text.index("data-figure")
    charts = [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)]
    assert [line["name"] for line in charts[0]["data"]][-1] == "with the order"


async def test_history_and_the_same_weeks_of_last_year_are_beside_the_forecast(
    owner: Browser, items: list[StockItem]
) -> None:
    text = (await owner.get(f"{PAGE}?sku={items[0].sku}")).text
    charts = [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)]
    sold, before = charts[1]["data"][:2]
    assert sold["y"] == list(items[0].sold)
    assert before["y"][0] == items[0].sold[1]


async def test_products_of_the_list_lead_to_their_page(owner: Browser, stock: StockPlan) -> None:
    sku = stock.exceptions[0].sku
    text = (await owner.get(f"/peak/plans/{peak_plans.PLAN}/stock?q={sku.upper()}")).text
    assert re.findall(r'<th scope="row" class="code"><a href="([^"]+)"', text) == [f"{PAGE}?sku={sku}"]


def test_an_order_sells_what_would_be_lost_and_leaves_the_rest(items: list[StockItem], stock: StockPlan) -> None:
    weeks = 4
    item = msgspec.structs.replace(
        items[0], stock=((0, 5, 9),) * weeks, demand=((1, 2, 3),) * weeks, lost=(0, 10, 14, 40)
    )
    line = msgspec.structs.replace(
        stock.lines[0], units=20, arrives_p50=stock.season_first.replace(day=stock.season_first.day + 14)
    )
    assert with_order(item, line, stock.season_first) == [None, None, 5 + 16, 5]
    assert with_order(item, None, stock.season_first) == [None] * weeks
