"""Why a number changed: what went into two plans differently, and what came out."""

from datetime import date
from uuid import UUID

import msgspec
import pytest

from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.compare import budget_steps, figure_rows, orders_steps
from springtide.channels.backoffice.peak.views.compare_parts import MOST_OF_A_KIND, changed_most
from springtide.contracts.peak.api import (
    DocumentChanged,
    FigureChanged,
    Part,
    PeakNotFound,
    PlanComparison,
    PlanState,
    SettingChanged,
)
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.common import Band
from springtide.contracts.peak.paths import Override
from springtide.contracts.peak.plan import PlanDay
from springtide.contracts.peak.stock import StockPlan
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import NASTY
from tests.unit.backoffice.office_fakes import FakeShop

OTHER = UUID(int=5)
PAGE = f"/peak/compare?before={peak_plans.PLAN}&after={OTHER}"
BEFORE = peak_plans.row()
AFTER = msgspec.structs.replace(BEFORE, id=OTHER, number=5, title="Advent")


def comparison(**changes: object) -> PlanComparison:
    found = PlanComparison(
        before=BEFORE, after=AFTER, settings=(), documents=(), overrides_added=(), overrides_gone=(), figures=()
    )
    return msgspec.structs.replace(found, **changes)


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())
    shop.answers["peak.list_plans"] = (AFTER, BEFORE)
    shop.answers["peak.compare_plans"] = comparison(
        settings=(SettingChanged(name="seed", before="1", after="2"),),
        documents=(
            DocumentChanged(
                name="suppliers.toml",
                before=3,
                after=4,
                author="staff:ruth",
                reason=NASTY,
                lines=("-lead_days = 30", "+lead_days = 45"),
            ),
        ),
        overrides_added=(
            Override(id="a", multiplier=1.5, reason="a film", author="staff:tom", expires_on=date(2011, 12, 1)),
        ),
        figures=(FigureChanged(name="orders_p50", before=1_000.0, after=1_500.0),),
    )


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_the_page_answers_in_every_language(owner: Browser, language: str) -> None:
    answer = await owner.get(f"{PAGE}&lang={language}")
    assert answer.status == 200
    assert f'<html lang="{language}"' in answer.text
    assert f"before={peak_plans.PLAN}" in answer.text, "another language compares the same plans"


async def test_what_came_out_stands_before_what_went_in(owner: Browser, shop: FakeShop) -> None:
    text = (await owner.get(PAGE)).text
    places = [
        text.index(words) for words in ("in documents (1), settings (1) and overrides (1)", "orders_p50", "<del>-lead")
    ]
    assert places == sorted(places)
    for words in ("+500", "+50%", "<ins>+lead_days = 45</ins>", "From version 3 to 4", "a film", "Seed of the draws"):
        assert words in text, words
    assert "<script>alert" not in text
    (call,) = shop.asked("peak.compare_plans")
    assert (call["before_id"], call["after_id"]) == (peak_plans.PLAN, OTHER)


async def test_plans_of_the_same_things_say_so(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.compare_plans"] = comparison()
    text = (await owner.get(PAGE)).text
    assert "were made of the same things" in text
    assert "Every headline figure is the same" in text


def test_the_largest_change_comes_first_and_money_is_written_as_money() -> None:
    figures = [
        FigureChanged(name="visits", before=100.0, after=101.0),
        FigureChanged(name="spend_minor", before=100_000.0, after=50_000.0),
        FigureChanged(name="new", before=None, after=3.0),
        FigureChanged(name="from_nothing", before=0.0, after=4.0),
    ]
    rows = figure_rows(figures, Speech("en"))
    assert [row.name for row in rows] == ["from_nothing", "spend_minor", "visits", "new"]
    assert rows[1][1:] == ("\u00a31,000", "\u00a3500", "-\u00a3500", "-50%")
    assert (rows[0].share, rows[3].before) == ("\u2013", "\u2013")


async def test_two_plans_are_picked_from_the_list(owner: Browser, shop: FakeShop) -> None:
    text = (await owner.get("/peak")).text
    assert 'action="/peak/compare"' in text
    assert f'<option value="{BEFORE.id}" selected>4' in text
    shop.answers["peak.list_plans"] = (AFTER, msgspec.structs.replace(BEFORE, state=PlanState.RUNNING))
    assert 'action="/peak/compare"' not in (await owner.get("/peak")).text


async def test_plans_that_are_not_there(owner: Browser, shop: FakeShop, browser_of: BrowserOf) -> None:
    assert (await owner.get("/peak/compare?before=x&after=y")).status == 404
    shop.refusals["peak.compare_plans"] = PeakNotFound("There is no such plan.", what="plan")
    assert (await owner.get(PAGE)).status == 404
    assert (await browser_of("orders.read").get(PAGE)).status == 403


def season(forecast: float, mean: float) -> tuple[PlanDay, ...]:
    band = Band(mean=mean, p10=0, p50=mean, p90=mean, p99=mean)
    ranks = {"orders": band, "units": band, "revenue_minor": band, "p50": 1.0, "p90": 1.0, "p99": 1.0}
    return (PlanDay(day=date(2011, 11, 25), is_event=False, forecast_orders=forecast, **ranks),)


def test_orders_changed_by_the_forecast_and_by_edits_and_the_steps_add_up() -> None:
    steps = orders_steps(season(100.0, 100.0), season(120.0, 180.0), Speech("en"))
    assert [round(change, 6) for _, change in steps] == [100.0, 20.0, 60.0]
    assert [change for _, change in orders_steps(season(0.0, 0.0), season(5.0, 5.0), Speech("en"))] == [0.0, 5.0, 0.0]


def test_the_budget_changed_line_by_line_and_the_steps_add_up() -> None:
    before = msgspec.json.decode(peak_plans.bodies()["budget"], type=BudgetPlan)
    dearer = msgspec.structs.replace(before.lines[0], planned_minor=before.lines[0].planned_minor + 5_000)
    after = msgspec.structs.replace(before, lines=(dearer, *before.lines[1:]))
    steps = budget_steps(before, after, Speech("en"))
    assert [change for _, change in steps[1:]] == [5_000.0]
    assert sum(change for _, change in steps) == sum(line.planned_minor for line in after.lines)


async def test_the_page_shows_why_with_a_table_beside_each_chart(owner: Browser, shop: FakeShop) -> None:
    one = shop.answers["peak.get_part"]
    shop.answers["peak.get_part"] = lambda asked: one({**asked, "plan_id": peak_plans.PLAN})
    text = (await owner.get(PAGE)).text
    assert text.index("Why the numbers changed") < text.index("What came out")
    assert text.count("data-figure") == 2
    assert "levers and overrides" in text


def test_things_are_named_and_those_that_changed_most_come_first() -> None:
    before = {f"thing {number}": 10.0 for number in range(9)}
    after = {**before, "thing 3": 40.0, "thing 5": 2.0, "new": 4.0}
    del after["thing 8"]
    rows = list(changed_most(before, after, Speech("en")))
    assert rows == [
        ("thing 3", "10", "40", "+30"),
        ("thing 8", "10", "0", "-10"),
        ("thing 5", "10", "2", "-8"),
        ("new", "0", "4", "+4"),
    ]
    assert len(list(changed_most({}, {f"{n}": 1.0 for n in range(99)}, Speech("en")))) == MOST_OF_A_KIND


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Buy list: units of SKU"), ("sv", "Inköpslista: enheter av SKU")]
)
async def test_the_page_says_which_articles_are_bought_differently(
    owner: Browser, shop: FakeShop, language: str, words: str
) -> None:
    one = shop.answers["peak.get_part"]
    stock = msgspec.json.decode(peak_plans.bodies()["stock"], type=StockPlan)
    more = msgspec.structs.replace(stock.lines[0], units=stock.lines[0].units + 1_000)
    changed = msgspec.json.encode(msgspec.structs.replace(stock, lines=(more, *stock.lines[1:])))

    def part(asked: dict) -> Part:
        found = one({**asked, "plan_id": peak_plans.PLAN})
        is_after = asked["plan_id"] == OTHER and asked["step"] == "stock"
        return msgspec.structs.replace(found, body=changed) if is_after else found

    shop.answers["peak.get_part"] = part
    text = (await owner.get(f"{PAGE}&lang={language}")).text
    assert f"{words} {more.sku}" in text
    assert text.count(words) == 1, "what is the same is not named"
