"""The peak desk's pages: decisions first, charts with their tables, three languages, evidence filed by a form."""

import json
import re

import msgspec
import pytest

from springtide.channels.backoffice.areas.peak import SCREENS
from springtide.channels.backoffice.peak.plotly import script
from springtide.contracts.peak.api import EvidenceRow, PlanState
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Answer, Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import uid
from tests.unit.backoffice.office_fakes import FakeShop

HOME = f"/peak/plans/{peak_plans.PLAN}"


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    return peak_plans.bodies()


@pytest.fixture(autouse=True)
def desk(shop: FakeShop, parts: dict[str, bytes]) -> dict[str, bytes]:
    mine = dict(parts)
    shop.answers |= peak_plans.answers(mine)
    return mine


async def sent(browser: Browser, page: str, action: str, **typed: str) -> Answer:
    """Open a page, fill in its form and send it."""
    return await browser.post(action, {**await browser.form(page, action), **typed})


async def test_the_desk_lists_plans_and_what_they_are_made_of(owner: Browser) -> None:
    text = (await owner.get("/peak")).text
    for words in ("Plan the peak", "4 &lt;b&gt;Christmas", "goods 40%", "company.toml", "new rent"):
        assert words in text, words
    assert "<b>Christmas" not in text


@pytest.mark.parametrize("name", [screen.name for screen in SCREENS])
@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_every_page_answers_in_every_language(owner: Browser, name: str, language: str) -> None:
    answer = await owner.get(f"{HOME}/{name}?lang={language}")
    assert answer.status == 200
    assert f'<html lang="{language}"' in answer.text
    assert "Marlow &amp; Finch" in answer.text
    for figure in re.findall(r'<script type="application/json">(.*?)</script>', answer.text, re.DOTALL):
        assert json.loads(figure)["data"]


@pytest.mark.parametrize("name", [screen.name for screen in SCREENS])
async def test_a_plan_that_is_still_made_has_pages_too(owner: Browser, desk: dict[str, bytes], name: str) -> None:
    desk.clear()
    assert (await owner.get(f"{HOME}/{name}")).status == 200


async def test_the_season_says_what_to_do_before_it_shows_a_chart(owner: Browser) -> None:
    text = (await owner.get(HOME)).text
    assert text.index("Ask Stripe for") < text.index("data-figure") < text.index("As a table")
    assert "The busiest day is" in text


async def test_payments_say_what_cannot_be_paid_without_a_gateway(owner: Browser) -> None:
    text = (await owner.get(f"{HOME}/gateways")).text
    assert "bank redirect (Netherlands)" in text
    assert "gap" in text


async def test_readiness_is_red_where_nobody_has_shown_it_and_says_the_next_action(owner: Browser) -> None:
    text = (await owner.get(f"{HOME}/readiness")).text
    assert "Not ready" in text
    assert "Nobody has shown it" in text
    assert "springtide drill --restore" in text


async def test_evidence_is_filed_once_with_what_was_typed(owner: Browser, shop: FakeShop) -> None:
    filed = EvidenceRow(
        id=uid(1),
        author="staff:ruth",
        item="freeze_agreed",
        passed=True,
        source="hand",
        owner="Tom",
        filed_on=peak_plans.AS_OF,
        document="mail of 30 September",
        expires_on=None,
        note="",
    )
    shop.answers["peak.file_evidence"] = filed
    fields = {"item": "freeze_agreed", "owner": "Tom", "document": "mail of 30 September"}
    answer = await sent(owner, f"{HOME}/readiness", f"/peak/evidence/{peak_plans.PLAN}", **fields)
    assert answer.status == 303
    (call,) = shop.asked("peak.file_evidence")
    assert msgspec.structs.asdict(call["evidence"]) | fields == msgspec.structs.asdict(call["evidence"])


async def test_evidence_without_a_document_is_refused_at_the_field(owner: Browser, shop: FakeShop) -> None:
    answer = await sent(owner, f"{HOME}/readiness", f"/peak/evidence/{peak_plans.PLAN}", owner="Tom", document="")
    assert answer.status == 400
    assert shop.asked("peak.file_evidence") == []


async def test_a_plan_is_ordered_for_the_season_that_was_typed(owner: Browser, shop: FakeShop) -> None:
    season = {"title": "Advent", "first": "2011-11-01", "days": "60", "size": "10"}
    answer = await sent(owner, "/peak?lang=sv", "/peak?lang=sv", **season)
    assert (answer.status, answer.location) == (303, "/peak?lang=sv")
    (call,) = shop.asked("peak.start_plan")
    settings = call["settings"]
    assert (call["title"], str(settings.first), settings.days, settings.size) == ("Advent", "2011-11-01", 60, 10.0)


async def test_mistakes_in_the_inputs_are_shown_and_nothing_is_lost(owner: Browser, shop: FakeShop) -> None:
    mistake = Mistake(where="suppliers.toml", rule="unknown", message="nobody supplies mugs", row=7)
    shop.refusals["peak.start_plan"] = InvalidPeakInput.of([mistake])
    answer = await sent(owner, "/peak", "/peak", title="Advent", first="2011-11-01", days="60")
    assert answer.status == 400
    assert "suppliers.toml, row 7: nobody supplies mugs" in answer.text
    assert 'value="Advent"' in answer.text


async def test_a_failed_plan_says_which_rows(owner: Browser, shop: FakeShop) -> None:
    mistake = Mistake(where="orders.csv", rule="negative", message="-3 is below 0", row=12)
    shop.answers["peak.get_plan"] = peak_plans.plan(PlanState.FAILED, mistakes=(mistake,))
    assert "orders.csv, row 12: -3 is below 0" in (await owner.get(HOME)).text


async def test_only_with_the_permission(browser_of: BrowserOf) -> None:
    assert (await browser_of("orders.read").get("/peak")).status == 403
    reader = browser_of("peak.read")
    assert "Make the plan" not in (await reader.get("/peak")).text
    assert (await reader.get(HOME + "/luck")).status == 404
    assert (await reader.get(f"/peak/plans/{uid(5)}")).status == 404


async def test_the_chart_library_comes_from_its_wheel_under_a_name_of_its_content(owner: Browser) -> None:
    file = script()
    assert file is not None
    text = (await owner.get(HOME)).text
    (address,) = re.findall(r'<script src="(/peak/script/[^"]+)"', text)
    answer = await owner.get(address)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert (await owner.get("/peak/script/plotly.min.000.js")).status == 404
    assert not re.findall(r'(?:src|href)="https?://', text)


async def test_a_gateway_can_be_taken_away(owner: Browser) -> None:
    text = (await owner.get(f"{HOME}/gateways?without=stripe")).text
    figure = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)[0])
    assert "Stripe" not in figure["data"][0]["y"]
    assert "Without Stripe" in text


async def test_the_budget_adds_up_to_p90(owner: Browser, desk: dict[str, bytes]) -> None:
    text = (await owner.get(f"{HOME}/budget")).text
    fall = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)[0])["data"][0]
    total = msgspec.json.decode(desk["budget"])["total"]
    assert fall["type"] == "waterfall"
    assert sum(fall["y"]) == pytest.approx(total["p90"] / 100, rel=1e-6)
    assert fall["x"][-1] == "P90"
