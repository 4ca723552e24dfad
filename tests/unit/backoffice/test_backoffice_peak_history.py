"""The history page: files handed in, exclusions taken back, a past saved for the plans to come."""

from datetime import date
from uuid import UUID

import msgspec
import pytest

from springtide.contracts.peak.api import (
    InputDocument,
    InputEdit,
    InputInfo,
    Part,
    PeakNotFound,
    PlanState,
    Question,
    QuestionKind,
)
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.history import Exclusion, HistoryRule, QualityReport, RuleCount
from springtide.contracts.peak.source import HistoryAsk
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import AT, NASTY
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = "/peak/history"
ID = UUID(int=11)
KEPT = "a" * 64 + ".csv"
DOCUMENT = f'file = "{KEPT}"\ntimezone = "Europe/Amsterdam"\nkeep = ["bulk", "gap:far-away"]\nabout = "orders.csv"\n'


def exclusion(key: str, rule: HistoryRule, units: float) -> Exclusion:
    days = {"first": date(2011, 3, 1), "last": date(2011, 3, 2)}
    return Exclusion(key=key, rule=rule, subject=NASTY, lines=1, units=units, revenue_minor=1.0, kept=False, **days)


REPORT = QualityReport(
    source="orders.csv",
    timezone="Europe/Amsterdam",
    first=date(2011, 1, 1),
    last=date(2011, 6, 30),
    days=181,
    open_days=150,
    lines_read=4_000,
    orders=1_000.0,
    lines=3_900.0,
    units=9_000.0,
    revenue_minor=1e7,
    products=12,
    with_stock_flags=False,
    with_order_ids=True,
    rules=(RuleCount(rule=HistoryRule.BULK, found=1, kept=1, lines=1, units=500.0, revenue_minor=1.0),),
    exclusions=(exclusion("bulk:hotel", HistoryRule.BULK, 500.0), exclusion("free:7", HistoryRule.FREE, 3.0)),
    warnings=(),
)


def question(state: PlanState = PlanState.DONE, *mistakes: Mistake) -> Question:
    return Question(
        id=ID,
        kind=QuestionKind.HISTORY,
        plan_id=None,
        author="staff:ruth",
        asked_at=AT,
        state=state,
        ended_at=AT,
        mistakes=mistakes,
        history=HistoryAsk(document=DOCUMENT),
    )


def answer(asked: dict) -> Part:
    if (asked["step"], asked["page"]) != ("quality", 0):
        message = "There is no such part."
        raise PeakNotFound(message, what="answer")
    return Part(step="quality", page=0, pages=1, body=msgspec.json.encode(REPORT))


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    info = InputInfo(
        name="history.toml",
        version=3,
        sha256="0" * 64,
        size_bytes=1,
        author="staff:tom",
        reason="",
        saved_at=AT,
    )
    shop.answers |= {
        "peak.get_input": InputDocument(info=info, text=DOCUMENT),
        "peak.list_questions": (question(),),
        "peak.get_question": question(),
        "peak.look_at_history": question(PlanState.QUEUED),
        "peak.get_answer": answer,
        "peak.put_inputs": (msgspec.structs.replace(info, version=4),),
    }


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_the_report_is_read_in_every_language(owner: Browser, language: str) -> None:
    text = (await owner.get(f"{PAGE}?lang={language}")).text
    assert f'<html lang="{language}"' in text
    assert "orders.csv" in text
    assert "<script>alert" not in text


async def test_exclusions_are_taken_back_and_those_of_other_pages_stay(owner: Browser, shop: FakeShop) -> None:
    action = f"{PAGE}/{ID}/keep"
    text = (await owner.get(PAGE)).text
    assert 'name="keep" value="bulk" aria-label' in text
    assert '<input type="hidden" name="keep" value="gap:far-away">' in text
    form = await owner.form(PAGE, action)
    answer_ = await owner.post(action, {**form, "keep": "free:7"})
    assert (answer_.status, answer_.location) == (303, f"{PAGE}?question={ID}")
    (asked,) = shop.asked("peak.look_at_history")
    assert asked["ask"].document == (
        f'file = "{KEPT}"\ntimezone = "Europe/Amsterdam"\nkeep = ["free:7"]\nabout = "orders.csv"\n'
    )


async def test_a_past_is_saved_as_it_was_looked_over(owner: Browser, shop: FakeShop) -> None:
    action = f"{PAGE}/{ID}/use"
    answer_ = await owner.post(action, {**await owner.form(PAGE, action), "reason": "spring is in"})
    assert (answer_.status, answer_.location) == (303, PAGE)
    (saved,) = shop.asked("peak.put_inputs")
    assert saved["edits"] == (InputEdit(name="history.toml", text=DOCUMENT, expected_version=3),)
    assert saved["caller"].reason == "spring is in"


async def test_the_shops_own_orders_are_asked_for(owner: Browser, shop: FakeShop) -> None:
    form = await owner.form(PAGE, PAGE)
    await owner.post(PAGE, {**form, "from": "shop", "timezone": "Europe/Stockholm"})
    (asked,) = shop.asked("peak.look_at_history")
    assert asked["ask"].from_shop
    assert 'timezone = "Europe/Stockholm"' in asked["ask"].document
    assert "keep" not in asked["ask"].document


async def test_what_is_wrong_is_named_with_its_row(owner: Browser, shop: FakeShop) -> None:
    mistake = Mistake(where="orders.csv", rule="quantity", message="a quantity is a number, not two", row=17)
    shop.answers["peak.list_questions"] = (question(PlanState.FAILED, mistake),)
    text = (await owner.get(PAGE)).text
    assert "orders.csv, row 17: a quantity is a number, not two" in text
    assert f"{PAGE}/{ID}/use" not in text


async def test_who_may_only_look_hands_nothing_in(browser_of: BrowserOf) -> None:
    reader = browser_of("peak.read")
    text = (await reader.get(PAGE)).text
    assert "4,000 lines" in text
    assert "multipart/form-data" not in text
    assert 'name="keep"' not in text.replace('type="hidden" name="keep"', "")
