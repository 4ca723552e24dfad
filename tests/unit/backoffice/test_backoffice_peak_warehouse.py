"""The warehouse and the carriers of a plan: hours of the worst days, bookings against need, who takes over."""

import json
import re

import msgspec
import pytest

from springtide.contracts.peak.fulfilment import FulfilmentPlan
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_fakes import FakeShop

HOUSE = f"/peak/plans/{peak_plans.PLAN}/warehouse"
CARRIERS = f"/peak/plans/{peak_plans.PLAN}/carriers"


@pytest.fixture
def plan() -> FulfilmentPlan:
    return msgspec.json.decode(peak_plans.bodies()["fulfilment"], type=FulfilmentPlan)


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())


def charts(text: str) -> list[dict[str, list[dict[str, object]]]]:
    return [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)]


async def test_the_heat_map_shows_the_worst_days_and_its_table_the_same(owner: Browser, plan: FulfilmentPlan) -> None:
    house = plan.houses[0]
    text = (await owner.get(HOUSE)).text
    heat = charts(text)[0]
    assert heat["data"][0]["type"] == "heatmap"
    assert len(heat["data"][0]["y"]) == 7
    worst = max(house.days, key=lambda day: (day.late.p90, day.backlog.p90, day.orders.p90))
    assert f"{worst.day:%a}" in "".join(heat["data"][0]["y"])
    assert text.count('<th scope="col" class="number">08:00</th>') == 1


async def test_the_cut_off_stands_between_the_hours(owner: Browser, plan: FulfilmentPlan) -> None:
    lines = charts((await owner.get(HOUSE)).text)[0]["layout"]["annotations"]
    assert {line["text"][:5] for line in lines} <= set(plan.houses[0].cut_offs.values())
    assert lines


@pytest.mark.parametrize("grid", ["pick_utilisation", "pack_utilisation", "ship_utilisation"])
async def test_each_stage_has_its_heat_map_in_per_cent(owner: Browser, plan: FulfilmentPlan, grid: str) -> None:
    week = plan.houses[0].days[7].day
    heat = charts((await owner.get(f"{HOUSE}?grid={grid}&week={week}")).text)[0]["data"][0]
    shares = [cell for row in heat["z"] for cell in row if cell is not None]
    assert 0 < max(shares) <= 100
    largest = max(cell for row in getattr(plan.houses[0].heat, grid)[7:14] for cell in row)
    assert max(shares) == pytest.approx(100 * largest, abs=0.06)


async def test_the_other_house_can_be_shown_and_an_unknown_one_is_the_first(
    owner: Browser, plan: FulfilmentPlan
) -> None:
    other = plan.houses[1]
    assert f"{other.name}, hour by hour" in (await owner.get(f"{HOUSE}?house={other.warehouse}")).text
    assert f"{plan.houses[0].name}, hour by hour" in (await owner.get(f"{HOUSE}?house=nowhere&week=x&grid=y")).text


async def test_what_goes_outside_is_announced_by_a_day(owner: Browser, plan: FulfilmentPlan) -> None:
    text = (await owner.get(HOUSE)).text
    assert text.count("Announce by") == bool(plan.external)
    assert ("nothing has to be announced" in text) == (not plan.external)


async def test_bookings_stand_against_what_is_due(owner: Browser, plan: FulfilmentPlan) -> None:
    booked = plan.bookings[0]
    text = (await owner.get(f"{CARRIERS}?carrier={booked.carrier}")).text
    days = [day for one in plan.carriers if one.carrier == booked.carrier for day in one.days if day.due.p99]
    limit = next(line for line in charts(text)[0]["data"] if line["name"] == "Limit")
    assert limit["y"] == [day.takes for day in days]
    assert f"<strong>{booked.booked:,}</strong>" in text


async def test_every_carrier_says_what_others_could_take(owner: Browser, plan: FulfilmentPlan) -> None:
    text = (await owner.get(f"{CARRIERS}?lang=sv")).text
    assert "Om en transportör faller bort" in text
    for carrier in plan.carriers:
        assert f"carrier={carrier.carrier}" in text
    assert text.count("<td>") >= len(plan.lanes)


async def test_a_plan_without_the_step_says_so(owner: Browser, shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers({"head": peak_plans.bodies()["head"]})
    for page in (HOUSE, CARRIERS):
        assert "data-figure" not in (await owner.get(page)).text
