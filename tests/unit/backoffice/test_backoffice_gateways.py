"""The gateways page: states in words, and who may move a switch."""

import pytest

from springtide.contracts.payments.api import GatewaySwitch
from tests.unit.backoffice.browser import Browser, form_of
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_fakes import FakeShop, gateway


async def test_the_list_says_how_many_take_payments(owner: Browser, shop: FakeShop) -> None:
    shop.answers["payments.gateways"] = (
        gateway("north"),
        gateway("south", breaker="open"),
        gateway("east", breaker="open", breaker_mode="dry_run"),
        gateway("west", switch=GatewaySwitch.DRAIN),
    )
    text = (await owner.get("/gateways")).text
    assert "2 of 4 gateways take payments" in text
    for word in ("Open, dry run", "Drained", "99.0%", "1,930"):
        assert word in text, word


async def test_a_gateway_that_was_not_asked_has_no_share(owner: Browser, shop: FakeShop) -> None:
    shop.answers["payments.gateways"] = (gateway("north", attempts=0, failures=0, p50_ms=None, p99_ms=None),)
    text = (await owner.get("/gateways")).text
    assert "\u2013" in text
    assert "100.0%" not in text


async def test_the_history_says_who_when_and_why(owner: Browser) -> None:
    text = (await owner.get("/gateways/north")).text
    for word in ("slow since noon", "you", "Drained"):
        assert word in text, word


async def test_only_those_who_may_move_money_see_the_switch(browser_of: BrowserOf, shop: FakeShop) -> None:
    text = (await browser_of("payments.read").get("/gateways/north")).text
    assert "Move the switch" not in text
    answer = await browser_of("payments.read").post("/gateways/north", {"state": "off", "reason": "x"})
    assert answer.status == 403
    assert not shop.writes()


@pytest.mark.parametrize("typed", [{"state": "off", "reason": " "}, {"state": "melted", "reason": "hot"}])
async def test_a_form_that_is_wrong_moves_nothing(owner: Browser, shop: FakeShop, typed: dict[str, str]) -> None:
    form = form_of(await owner.get("/gateways/north"), "/gateways/north")
    answer = await owner.post("/gateways/north", {**form, **typed})
    assert answer.status == 400
    assert not shop.writes()


async def test_an_unknown_gateway_is_a_page(owner: Browser) -> None:
    assert (await owner.get("/gateways/nowhere")).status == 404
