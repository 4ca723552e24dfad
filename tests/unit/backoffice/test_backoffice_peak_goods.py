"""Goods: what the money for the orders of now comes back as."""

import re

import msgspec
import pytest

from springtide.contracts.peak.stock import StockPlan
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = f"/peak/plans/{peak_plans.PLAN}/stock"
WORDS = {"en": "What the money buys", "nl": "Wat het geld oplevert", "sv": "Vad pengarna ger"}


@pytest.fixture
def stock() -> StockPlan:
    return msgspec.json.decode(peak_plans.bodies()["stock"], type=StockPlan)


@pytest.mark.parametrize("language", list(WORDS))
async def test_the_money_stands_in_steps_with_what_the_last_hundred_bring(
    owner: Browser, shop: FakeShop, stock: StockPlan, language: str
) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())
    text = (await owner.get(f"{PAGE}?lang={language}")).text
    assert stock.returns is not None
    table = text.split(WORDS[language])[1].split("</table>")[0]
    rows = re.findall(r"<tr><th scope=.row. class=.number.>(.*?)</th>(.*?)</tr>", table)
    assert len(rows) == len(stock.returns.tranches) == 5


async def test_plans_of_before_show_the_page_without_it(owner: Browser, shop: FakeShop, stock: StockPlan) -> None:
    former = msgspec.json.encode(msgspec.structs.replace(stock, returns=None))
    shop.answers |= peak_plans.answers(peak_plans.bodies() | {"stock": former})
    text = (await owner.get(PAGE)).text
    assert WORDS["en"] not in text
    assert stock.exceptions[0].sku in text
