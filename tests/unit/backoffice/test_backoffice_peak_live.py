"""During and after the peak: what was sold on the fan, what was agreed for it, plan against fact."""

import json
import re

import pytest

from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.season import SeasonState
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
    live = peak_plans.season_of().live
    assert live is not None
    assert any(trigger.fired for trigger in live.triggers)
    text = (await owner.get(f"{HOME}/live")).text
    assert f"We are on {live.like}" in text
    assert text.index("What was agreed for this") < text.index("Raise the floor") < text.index("data-figure")


async def test_what_was_sold_is_drawn_on_the_fan_and_what_is_to_come_is_not(owner: Browser) -> None:
    live = peak_plans.season_of().live
    assert live is not None
    sold = next(line for line in figure((await owner.get(f"{HOME}/live")).text)["data"] if line["name"] == "sold")
    assert sold["y"] == [hour.actual for hour in live.fan]
    assert sold["y"][-1] is None


async def test_before_the_season_nothing_has_fired(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.get_season"] = peak_plans.season_of(
        state=SeasonState.NOT_BEGUN, live=peak_plans.live_of(1.0, hours=0)
    )
    text = (await owner.get(f"{HOME}/live")).text
    assert "The season has not begun" in text
    assert "no trigger has fired" in text
    assert all(line["name"] != "sold" for line in figure(text)["data"])


async def test_the_review_says_what_was_off_and_whose_knowledge_helped(owner: Browser) -> None:
    review = peak_plans.season_of().review
    assert review is not None
    text = (await owner.get(f"{HOME}/review")).text
    assert review.bias > 0
    assert "more was ordered than planned" in text
    assert "1 of 1 override made the error smaller" in text
    assert text.index("People: hours</th>") < text.index("Servers: requests</th>"), "the dearest first"
    assert figure(text)["data"][0]["y"] == ["People: hours", "Servers: requests"]


@pytest.mark.parametrize(("page", "words"), [("live", "During its season"), ("review", "when the season is over")])
async def test_before_there_is_anything_the_page_says_when_there_will_be(
    owner: Browser, shop: FakeShop, page: str, words: str
) -> None:
    shop.answers["peak.get_season"] = peak_plans.season_of(
        state=SeasonState.NO_PLAN, live=None, review=None, looked_at=None, until=None, known_until=None
    )
    text = (await owner.get(f"{HOME}/{page}")).text
    assert words in text
    assert "/peak/look/" not in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"silent_h": 5}, "Nothing has been told for 5 hours"),
        ({"replayed": True}, "as it stood at"),
        ({"waiting": True}, "A new look is being made"),
        ({"mistakes": (Mistake(where="season", rule="crashed", message="no luck"),)}, "older. no luck"),
        ({"state": SeasonState.OVER}, "The season is over."),
    ],
)
async def test_the_state_of_the_season_is_said_above_everything_else(
    owner: Browser, shop: FakeShop, changes: dict[str, object], words: str
) -> None:
    shop.answers["peak.get_season"] = peak_plans.season_of(**changes)
    text = (await owner.get(f"{HOME}/live")).text
    assert words in text
    assert text.index(words) < text.index("What was agreed for this")


@pytest.mark.parametrize(("changes", "reload"), [({}, 300), ({"waiting": True}, 5), ({"state": SeasonState.OVER}, 0)])
async def test_the_page_loads_itself_again_while_something_may_change(
    owner: Browser, shop: FakeShop, changes: dict[str, object], reload: int
) -> None:
    shop.answers["peak.get_season"] = peak_plans.season_of(**changes)
    text = (await owner.get(f"{HOME}/live")).text
    found = re.findall(r'<meta http-equiv="refresh" content="(\d+)">', text)
    assert found == ([str(reload)] if reload else [])


async def test_a_look_at_an_hour_is_asked_for_once_and_nonsense_is_refused(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.look_at_season"] = None
    page, action = f"{HOME}/live", f"/peak/look/{peak_plans.PLAN}"
    done = await owner.post(action, {**await owner.form(page, action), "until": "2011-11-21T12:00"})
    assert done.status == 303
    (call,) = shop.asked("peak.look_at_season")
    assert (call["plan_id"], call["until"].hour) == (peak_plans.PLAN, 12)
    refused = await owner.post(action, {**await owner.form(page, action), "until": "soon"})
    assert refused.status in {400, 422}
    assert "A day and a whole hour, please." in refused.text
    assert len(shop.asked("peak.look_at_season")) == 1
