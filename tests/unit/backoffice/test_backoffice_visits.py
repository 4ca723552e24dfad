"""The visits page: the funnel, its cuts, what was looked for, and availability beside what others say."""

import pytest

from springtide.channels.backoffice.funnel_view import finding, rows_of, share, ways_of
from springtide.contracts.insight.api import By
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import NASTY, funnel, funnel_slice
from tests.unit.backoffice.office_fakes import FakeShop


async def test_the_page_says_what_the_funnel_says(owner: Browser) -> None:
    text = (await owner.get("/visits?as_of=2011-09-01")).text
    for word in ("3.0% of 1,000 visits led to an order", "Products looked at", "99.990%", "2 minutes with a failure"):
        assert word in text, word
    for word in ("Shop NL", "99.973", "answered 403", "product/white-hanging-heart", "4.50"):
        assert word in text, word
    assert NASTY[:30] not in text


async def test_the_filters_are_passed_on(owner: Browser, shop: FakeShop) -> None:
    await owner.get("/visits?as_of=2011-09-01&days=7&by=device&market=GB")
    asked = next(arguments for call, arguments in shop.calls if call == "insight.funnel")
    assert (str(asked["since"]), str(asked["until"]), asked["by"], asked["market"]) == (
        "2011-08-25",
        "2011-09-01",
        By.DEVICE,
        "GB",
    )


@pytest.mark.parametrize("query", ["days=0", "days=367", "days=x", "as_of=yesterday", "as_of=2999-01-01"])
async def test_days_that_there_are_not_are_refused(owner: Browser, query: str) -> None:
    assert (await owner.get(f"/visits?{query}")).status == 400


async def test_only_with_the_permission(browser_of: BrowserOf) -> None:
    assert (await browser_of("orders.read").get("/visits")).status == 403


async def test_nothing_counted_says_what_to_do(owner: Browser, shop: FakeShop) -> None:
    shop.answers["insight.funnel"] = funnel(funnel_slice("2011-08-31", 0, 0))
    text = (await owner.get("/visits")).text
    assert "No visits yet" in text
    assert "Nothing was counted in these days" in text


def test_days_without_anything_are_shown_and_hours_are_24() -> None:
    assert [row.name for row in rows_of(funnel(), By.DAY)] == ["2011-08-29", "2011-08-30", "2011-08-31"]
    hours = rows_of(funnel(funnel_slice("09", 10, 1)), By.HOUR)
    assert len(hours) == 24
    assert hours[9].orders == 1


def test_widths_and_shares() -> None:
    assert [way.width for way in ways_of(funnel())] == [50, 100, 10, 5, 2]
    assert share(0, 0) == "\u2013"
    assert "more than" in finding(funnel(funnel_slice("2011-08-31", 3, 9)))
    assert finding(funnel(funnel_slice("2011-08-31", 0, 2))) == "2 orders, no visit counted"
