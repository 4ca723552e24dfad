"""Lists and figures that come from a replica say how late they are, when it is worth saying."""

import pytest

from springtide.contracts.common import Page
from springtide.platform.errors import NotFound, Unavailable
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_facts import order_rows
from tests.unit.backoffice.office_fakes import FakeShop

LATE = "from a copy that is <strong>3 s behind</strong>"


@pytest.mark.parametrize("path", ["/orders", "/shipping"])
async def test_list_says_how_late_it_is(owner: Browser, shop: FakeShop, path: str) -> None:
    shop.answers["orders.list_orders"] = Page(items=order_rows(3), late_s=3.2)
    assert LATE in (await owner.get(path)).text
    shop.answers["orders.list_orders"] = Page(items=order_rows(3), late_s=0.9)
    assert "behind" not in (await owner.get(path)).text


@pytest.mark.parametrize("path", ["/sales", "/audit"])
async def test_figures_and_audit_say_how_late_they_are(owner: Browser, shop: FakeShop, path: str) -> None:
    shop.answers["orders.late_by"] = 3.2
    assert LATE in (await owner.get(path)).text


@pytest.mark.parametrize("refusal", [Unavailable("away"), NotFound("no such verb")])
async def test_page_is_shown_when_nobody_says_how_late(owner: Browser, shop: FakeShop, refusal: Exception) -> None:
    shop.refusals["orders.late_by"] = refusal
    answer = await owner.get("/sales")
    assert answer.status == 200
    assert "behind" not in answer.text
