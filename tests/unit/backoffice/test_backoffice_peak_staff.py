"""The people of a plan: the hardest week first, the figure in the address, names, hires and gaps."""

import json
import re

import msgspec
import pytest

from springtide.contracts.peak.staff import StaffPlan
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = f"/peak/plans/{peak_plans.PLAN}/staff"


@pytest.fixture
def staff() -> StaffPlan:
    return msgspec.json.decode(peak_plans.bodies()["staff"], type=StaffPlan)


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())


def charts(text: str) -> list[dict]:
    return [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)]


async def heat(owner: Browser, **query: str) -> dict:
    address = "&".join(f"{name}={value}" for name, value in query.items())
    (found,) = [
        one["data"][0]
        for one in charts((await owner.get(f"{PAGE}?{address}")).text)
        if one["data"][0]["type"] == "heatmap"
    ]
    return found


async def test_the_week_shown_is_the_one_asked_for(owner: Browser, staff: StaffPlan) -> None:
    found = await heat(owner, grid="needed", week="2011-11-28")
    half = found["x"].index("12:00")
    assert [row[half] for row in found["z"]] == [staff.support.needed[7 + day][24] for day in range(7)]


async def test_absence_is_shown_with_and_without(owner: Browser, staff: StaffPlan) -> None:
    at_work, to_roster = await heat(owner, grid="needed"), await heat(owner, grid="rostered")
    assert at_work["x"] == to_roster["x"]
    for needed, rostered in zip(at_work["z"], to_roster["z"], strict=True):
        assert all(heads >= people for people, heads in zip(needed, rostered, strict=True))
    assert sum(map(sum, to_roster["z"])) > sum(map(sum, at_work["z"]))


async def test_without_a_choice_the_hardest_week_is_shown(owner: Browser, staff: StaffPlan) -> None:
    found = await heat(owner)
    days = 0 if max(map(sum, staff.support.needed[:7])) >= max(map(sum, staff.support.needed[7:])) else 7
    assert staff.support.short_half_hours == 0, "nobody is short: the day with most people needed decides"
    half = found["x"].index("12:00")
    assert [row[half] for row in found["z"]] == [staff.support.net[days + day][24] for day in range(7)]
    assert found["zmid"] == 0


async def test_names_and_gaps_of_the_week(owner: Browser, staff: StaffPlan) -> None:
    text = (await owner.get(f"{PAGE}?week=2011-11-21")).text
    assert staff.roster is not None
    for entry in staff.roster.entries:
        assert f'<th scope="row">{entry.person}</th>' in text
    other = (await owner.get(f"{PAGE}?week=2011-11-28")).text
    assert "choose one of those weeks" in other


async def test_people_have_their_table_and_say_what_hiring_takes(owner: Browser, staff: StaffPlan) -> None:
    text = (await owner.get(PAGE)).text
    applicants = sum(week.applicants for week in staff.hiring)
    assert applicants > 0
    assert f"{applicants:,} applicants make" in text
    assert sum(day.short for day in staff.floor) > 0
    assert "Own people alone leave the warehouse" in text
    assert text.index("What to do first") < text.index("data-figure")
    assert text.count("As a table") >= 2
