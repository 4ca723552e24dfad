"""What if: the form in numbers and words, the answer beside the plan, a whole plan of it."""

from datetime import date
from uuid import UUID

import msgspec
import pytest

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak.asking import scenario_of
from springtide.contracts.peak.api import Part, PartInfo, PeakBusy, PlanSettings, PlanState, Question, QuestionKind
from springtide.contracts.peak.common import Band, Decision, Department, Phrase
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.paths import Levers, Override, Scope
from springtide.contracts.peak.what_if import ANSWER, SIDE, DayBand, Scenario, Side, SideLine, WhatIf
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import AT, NASTY
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = f"/peak/plans/{peak_plans.PLAN}/what-if"
ASK = f"/peak/what-if/{peak_plans.PLAN}"
ID = UUID(int=9)
SCENARIO = Scenario(levers=Levers(size=10.0, marketing=1.3), capacities={"parcelpost": 0.5}, buffer_at=0.9)


def band(middle: float) -> Band:
    return Band(mean=middle, p10=middle / 2, p50=middle, p90=middle * 2, p99=middle * 3)


def side(size: float) -> Side:
    bands = ("orders", "units", "revenue_minor", "visits", "busiest_hour_orders", "parcels", "late_share")
    return Side(
        **{name: band(100.0 * size) for name in bands},
        attempts_per_s=band(size),
        cost_minor=band(1_000_000 * size),
        buffer_minor=round(5_000 * size),
        agents=round(size),
        hires=round(2 * size),
        processes=4,
        limits=0,
        lines=(SideLine(line="goods", cost=band(700_000 * size)), SideLine(line="staff", cost=band(3_000.0))),
        days=tuple(DayBand(day=date(2011, 10, day), orders=band(day * size)) for day in (1, 2)),
        decisions=(),
    )


def decision(words: str) -> Decision:
    what = Phrase(key="budget.over_plan", values={"line": words, "amount": 5})
    return Decision(what=what, department=Department.FINANCE, by=None, cost_minor=0, otherwise=what)


def question(state: PlanState = PlanState.DONE, *mistakes: Mistake, scenario: Scenario = SCENARIO) -> Question:
    return Question(
        id=ID,
        kind=QuestionKind.WHAT_IF,
        plan_id=peak_plans.PLAN,
        author="staff:ruth",
        asked_at=AT,
        state=state,
        ended_at=AT,
        mistakes=mistakes,
        scenario=scenario,
    )


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    old = Override(id="a", multiplier=9.0, reason=NASTY, author="staff:tom", expires_on=date(2011, 9, 1))
    answer = WhatIf(
        scenario=SCENARIO,
        before=side(1.0),
        after=side(10.0),
        came=(decision("hats"),),
        gone=(decision("gloves"),),
        expired=(old,),
        seconds=3.4,
    )
    shop.answers |= peak_plans.answers(peak_plans.bodies())
    plan = msgspec.structs.replace(peak_plans.plan(), parts=(PartInfo(step=SIDE, pages=1, size_bytes=2),))
    shop.answers |= {
        "peak.get_plan": plan,
        "peak.list_questions": (question(),),
        "peak.get_question": question(),
        "peak.ask_what_if": question(PlanState.QUEUED),
        "peak.get_answer": Part(step=ANSWER, page=0, pages=1, body=msgspec.json.encode(answer)),
    }


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_the_answer_stands_beside_the_plan_in_every_language(owner: Browser, language: str) -> None:
    text = (await owner.get(f"{PAGE}?lang={language}")).text
    assert f'<html lang="{language}"' in text
    assert "10 \u00d7" in text
    assert "<script>alert" not in text
    assert text.count("data-figure") == 1


async def test_the_difference_is_said_in_orders_and_money(owner: Browser) -> None:
    text = (await owner.get(PAGE)).text
    assert "10 times the orders of the plan; the season costs \u00a390,000 more" in text
    assert "+\u00a363,000" in text  # goods
    assert text.index("hats") < text.index("No longer to do") < text.index("gloves")
    assert "Left out, because it counts no longer: 9 times" in text
    assert 'http-equiv="refresh"' not in text


async def test_what_is_typed_is_asked_and_empty_fields_leave_the_plan(owner: Browser, shop: FakeShop) -> None:
    form = await owner.form(PAGE, ASK)
    typed = {
        "size": "10",
        "marketing": "1,3",
        "multiplier": "1.5",
        "scope": "sku",
        "key": "M1",
        "expires_on": "2011-12-01",
        "reason": "a film",
        "booked_at": "80",
    }
    emptied = {"buffer_at": "", "capacity-parcelpost": ""}
    answer = await owner.post(ASK, {**form, **emptied, **typed})
    assert (answer.status, answer.location) == (303, f"{PAGE}?question={ID}")
    (asked,) = shop.asked("peak.ask_what_if")
    override = Override(
        id="",
        multiplier=1.5,
        scope=Scope.SKU,
        key="M1",
        reason="a film",
        author="",
        expires_on=date(2011, 12, 1),
    )
    wanted = Scenario(levers=Levers(size=10.0, marketing=1.3), overrides=(override,), booked_at=0.8)
    assert (asked["plan_id"], asked["scenario"]) == (peak_plans.PLAN, wanted)


async def test_the_question_stands_before_the_order_of_a_whole_plan_and_holds_what_was_asked(owner: Browser) -> None:
    text = (await owner.get(PAGE)).text
    assert text.index(f'action="{ASK}"') < text.index("Make a whole plan of \u201c")
    form = await owner.form(PAGE, ASK)
    held = {name: value for name, value in form.items() if value and not name.startswith("form_")}
    assert scenario_of(Form(held.items())) == SCENARIO


async def test_what_cannot_be_read_is_not_asked(owner: Browser, shop: FakeShop) -> None:
    form = await owner.form(PAGE, ASK)
    answer = await owner.post(ASK, {**form, "size": "big", "multiplier": "2", "scope": "sku"})
    assert answer.status == 400
    for words in ("A number like 1.25, please.", "Which category or SKU?", "Fill this in.", "A date like 2026-11-27"):
        assert words in answer.text
    assert 'value="big"' in answer.text
    assert shop.asked("peak.ask_what_if") == []


async def test_a_full_queue_is_said(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["peak.ask_what_if"] = PeakBusy("8 questions wait", retry_after_s=10, waiting=8)
    answer = await owner.post(ASK, {**await owner.form(PAGE, ASK), "size": "2"})
    assert (answer.status, "8 questions wait" in answer.text) == (429, True)


async def test_a_page_that_waits_looks_again(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.list_questions"] = (question(PlanState.RUNNING),)
    text = (await owner.get(PAGE)).text
    assert 'http-equiv="refresh" content="1"' in text
    assert "data-figure" not in text


async def test_why_there_is_no_answer_is_said(owner: Browser, shop: FakeShop) -> None:
    mistake = Mistake(where="scenario", rule="unknown_partner", message="nobody is none of parcelpost")
    shop.answers["peak.list_questions"] = (question(PlanState.FAILED, mistake),)
    assert "nobody is none of parcelpost" in (await owner.get(PAGE)).text


async def test_a_scenario_is_planned_fully_on_top_of_the_plans_own(owner: Browser, shop: FakeShop) -> None:
    own = Scenario(levers=Levers(size=2.0), capacities={"parcelpost": 0.5}, booked_at=0.7)
    settings = PlanSettings(first=date(2011, 10, 1), scenario=own)
    plan = msgspec.structs.replace(peak_plans.plan(), settings=settings)
    shop.answers["peak.get_plan"] = plan
    action = f"/peak/what-if/{ID}/plan"
    answer = await owner.post(action, await owner.form(PAGE, action))
    assert (answer.status, answer.location) == (303, "/peak")
    (ordered,) = shop.asked("peak.start_plan")
    scenario = ordered["settings"].scenario
    assert (scenario.levers.size, scenario.levers.marketing, scenario.capacities) == (20.0, 1.3, {"parcelpost": 0.25})
    assert (scenario.booked_at, scenario.buffer_at, ordered["settings"].first) == (0.7, 0.9, settings.first)


async def test_who_may_only_look_is_shown_answers_and_no_form(browser_of: BrowserOf) -> None:
    reader = browser_of("peak.read")
    text = (await reader.get(PAGE)).text
    assert "data-figure" in text
    assert 'name="size"' not in text
    assert "Plan this fully" not in text


async def test_a_plan_without_paths_says_so(owner: Browser, shop: FakeShop) -> None:
    shop.answers |= {"peak.get_plan": peak_plans.plan(), "peak.list_questions": ()}
    assert "make it again to ask it" in (await owner.get(PAGE)).text
