"""The gateways page: states in words, and who may move a switch."""

from typing import Any

import msgspec
import pytest

from springtide.contracts.payments.api import GatewaySight, GatewaySwitch
from tests.unit.backoffice.browser import Browser, form_of
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import AT, gateway
from tests.unit.backoffice.office_fakes import FakeShop


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


def sight(process: str, **changes: Any) -> GatewaySight:
    """What a process that was not asked yet sees."""
    seen = GatewaySight(
        process=process,
        seen_at=AT,
        breaker="closed",
        diverted=0,
        attempts=0,
        failures=0,
        p50_ms=None,
        p99_ms=None,
        in_flight=0,
    )
    return msgspec.structs.replace(seen, **changes)


async def test_a_breaker_that_is_open_in_one_process_keeps_nobody_else_away(owner: Browser, shop: FakeShop) -> None:
    tripped, healthy = sight("shop-1:7", breaker="open", attempts=10, failures=10), sight("shop-2:7", attempts=5)
    shop.answers["payments.gateways"] = (
        gateway("north", breaker="open", processes=(sight("office:1"), tripped, healthy)),
        gateway("south", breaker="open", processes=(sight("office:1"), tripped)),
    )
    text = (await owner.get("/gateways")).text
    assert "1 of 2 gateways take payments" in text
    assert "Open in 1 of 2" in text
    assert "over 3 processes" in text


async def test_a_gateways_page_shows_each_process(owner: Browser, shop: FakeShop) -> None:
    seen = (sight("office:1"), sight("shop-1:7", breaker="open", attempts=10, failures=4, p99_ms=1_234))
    shop.answers["payments.gateways"] = (gateway("north", processes=seen),)
    text = (await owner.get("/gateways/north")).text
    for word in ("office:1", "shop-1:7", "60.0%", "1,234"):
        assert word in text, word


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
