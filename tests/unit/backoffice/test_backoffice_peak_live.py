"""During and after the peak: what was sold on the fan, what was agreed for it, plan against fact."""

import json
import re

import msgspec
import pytest

from springtide.contracts.peak.review import LiveView, Review
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_fakes import FakeShop

HOME = f"/peak/plans/{peak_plans.PLAN}"


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())


def figure(text: str) -> dict:
    (found,) = re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


async def test_the_path_and_what_was_agreed_for_it_stand_before_the_fan(owner: Browser) -> None:
    live = msgspec.json.decode(peak_plans.bodies()["live"], type=LiveView)
    assert any(trigger.fired for trigger in live.triggers)
    text = (await owner.get(f"{HOME}/live")).text
    assert f"We are on {live.like}" in text
    assert text.index("What was agreed for this") < text.index("Raise the floor") < text.index("data-figure")


async def test_what_was_sold_is_drawn_on_the_fan_and_what_is_to_come_is_not(owner: Browser) -> None:
    live = msgspec.json.decode(peak_plans.bodies()["live"], type=LiveView)
    sold = next(line for line in figure((await owner.get(f"{HOME}/live")).text)["data"] if line["name"] == "sold")
    assert sold["y"] == [hour.actual for hour in live.fan]
    assert sold["y"][-1] is None


async def test_before_the_season_nothing_has_fired(owner: Browser, shop: FakeShop) -> None:
    parts = peak_plans.bodies() | {"live": msgspec.json.encode(peak_plans.live_of(1.0, hours=0))}
    shop.answers |= peak_plans.answers(parts)
    text = (await owner.get(f"{HOME}/live")).text
    assert "The season has not begun" in text
    assert "no trigger has fired" in text
    assert all(line["name"] != "sold" for line in figure(text)["data"])


async def test_the_review_says_what_was_off_and_whose_knowledge_helped(owner: Browser) -> None:
    review = msgspec.json.decode(peak_plans.bodies()["review"], type=Review)
    text = (await owner.get(f"{HOME}/review")).text
    assert review.bias > 0
    assert "more was ordered than planned" in text
    assert "1 of 1 overrides made the error smaller" in text
    assert text.index("staff: hours</th>") < text.index("servers: requests</th>"), "the dearest first"
    assert figure(text)["data"][0]["y"] == ["staff: hours", "servers: requests"]


@pytest.mark.parametrize(("page", "words"), [("live", "During its season"), ("review", "when the season is over")])
async def test_before_there_is_anything_the_page_says_when_there_will_be(
    owner: Browser, shop: FakeShop, page: str, words: str
) -> None:
    shop.answers |= peak_plans.answers({"head": peak_plans.bodies()["head"]})
    assert words in (await owner.get(f"{HOME}/{page}")).text
