"""What really happened: forms by department and day, files, corrections; and what the review makes of it."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from springtide.contracts.peak.actuals import LeftOut
from springtide.contracts.peak.api import HandedIn, InputDocument, InputInfo, PlanState
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Calibration
from springtide.contracts.peak.review import FactLine, RawSales
from springtide.contracts.peak.source import HistoryFile, decode_calibration
from springtide.contracts.peak.told import Told, ToldRow
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_fakes import AT, NASTY, FakeShop

HOME = f"/peak/plans/{peak_plans.PLAN}"
TELL, FILE, PRIORS = (f"/peak/{what}/{peak_plans.PLAN}" for what in ("told", "actuals", "priors"))
FIRST = peak_plans.plan().settings.first
DAY = FIRST + timedelta(days=1)
PAGE = f"{HOME}/actuals?day={DAY.isoformat()}"


def row(**changes: object) -> ToldRow:
    given = {"figure": "warehouse.paid_hours", "day": DAY, "value": 36.5, "note": NASTY}
    signed = {"id": UUID(int=9), "source": "hand", "author": "staff:tom", "told_at": AT}
    return ToldRow(**{**given, **signed, **changes})


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())
    shop.answers |= {"peak.list_told": (row(),), "peak.tell": 1}


def tell_to(department: str) -> str:
    return f"{TELL}?department={department}&day={DAY.isoformat()}&span=day"


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_the_page_answers_in_every_language_with_who_told_what(owner: Browser, language: str) -> None:
    answer = await owner.get(f"{PAGE}&lang={language}")
    assert answer.status == 200
    assert 'value="36.5"' in answer.text
    assert "<script>alert" not in answer.text


async def test_only_what_was_changed_is_told(owner: Browser, shop: FakeShop) -> None:
    form = await owner.form(PAGE, tell_to("warehouse"))
    typed = {**form, "warehouse.paid_hours|": "38,25", "warehouse.late|": "4", "note": "late shift"}
    answer = await owner.post(tell_to("warehouse"), typed)
    assert answer.status == 303
    assert f"day={DAY.isoformat()}" in answer.location
    (call,) = shop.asked("peak.tell")
    assert call["told"] == (
        Told(figure="warehouse.late", day=DAY, value=4.0, note="late shift"),
        Told(figure="warehouse.paid_hours", day=DAY, value=38.25, note="late shift"),
    )


async def test_an_emptied_field_takes_back_and_money_is_typed_in_units(owner: Browser, shop: FakeShop) -> None:
    form = await owner.form(PAGE, tell_to("warehouse"))
    assert (await owner.post(tell_to("warehouse"), {**form, "warehouse.paid_hours|": ""})).status == 303
    form = await owner.form(PAGE, tell_to("it"))
    assert (await owner.post(tell_to("it"), {**form, "servers.cost_minor|": "12,50"})).status == 303
    told = [call["told"] for call in shop.asked("peak.tell")]
    assert told == [
        (Told(figure="warehouse.paid_hours", day=DAY, value=None),),
        (Told(figure="servers.cost_minor", day=DAY, value=1250.0),),
    ]


@pytest.mark.parametrize("typed", [{"warehouse.late|": "many"}, {}])
async def test_what_is_no_number_and_what_is_nothing_new_is_refused(
    owner: Browser, shop: FakeShop, typed: dict[str, str]
) -> None:
    form = await owner.form(PAGE, tell_to("warehouse"))
    assert (await owner.post(tell_to("warehouse"), {**form, **typed})).status == 400
    assert shop.asked("peak.tell") == []


async def test_a_refusal_of_the_desk_keeps_what_was_typed(owner: Browser, shop: FakeShop) -> None:
    wrong = Mistake(where="hand", rule="overlaps", row=1, message="the week around it was told")
    shop.refusals["peak.tell"] = InvalidPeakInput.of([wrong])
    form = await owner.form(PAGE, tell_to("warehouse"))
    answer = await owner.post(tell_to("warehouse"), {**form, "warehouse.late|": "77"})
    assert answer.status == 400
    assert 'value="77"' in answer.text
    assert "the week around it was told" in answer.text


async def test_without_a_file_nothing_is_handed_in(owner: Browser, shop: FakeShop) -> None:
    answer = await owner.post(FILE, await owner.form(PAGE, FILE))
    assert answer.status == 400
    assert "Choose a file." in answer.text
    assert shop.asked("peak.hand_in_actuals") == []


async def test_what_a_file_said_stands_on_the_page(owner: Browser, shop: FakeShop) -> None:
    read = HandedIn(
        id=UUID(int=11),
        plan_id=peak_plans.PLAN,
        file=HistoryFile(sha256="a" * 64, name="hours.csv"),
        author="staff:tom",
        asked_at=AT,
        state=PlanState.DONE,
        mistakes=(),
        figures=12,
    )
    wrong = (Mistake(where="hours.csv", rule="no_amount", row=7, message="many is no number"),)
    shop.answers["peak.list_handed_in"] = (read, msgspec.structs.replace(read, state=PlanState.FAILED, mistakes=wrong))
    text = (await owner.get(PAGE)).text
    assert "hours.csv: 0 hours of sales and 12 figures were new or other." in text
    assert "hours.csv, row 7: many is no number" in text


async def test_who_may_only_read_tells_nothing(browser_of: BrowserOf) -> None:
    text = (await browser_of("peak.read").get(PAGE)).text
    assert '<button class="button">Save</button>' not in text
    assert 'type="file"' not in text


LINES = (
    FactLine(step="warehouse", figure="paid_hours", planned=60.0, actual=66.0, days=2, of_days=5),
    FactLine(step="support", figure="contacts", of="phone", planned=30.0, of_days=5),
    FactLine(step="budget", figure="spent", of="marketing", kind="money", planned=1e5, actual=4e4, is_compared=False),
    FactLine(step="carriers", figure="strange.figure", planned=1.0, actual=2.0, is_compared=False),
)
RAW = RawSales(
    days=5,
    orders=190,
    units=590.0,
    revenue_minor=295_000.0,
    left_out=(LeftOut(rule="bulk", lines=1, units=400.0, revenue_minor=200_000.0),),
)


def reviewed(shop: FakeShop, **changes: object) -> None:
    season = peak_plans.season_of()
    assert season.review is not None
    calibration = Calibration(
        common_sd=0.125,
        event_sd=0.1,
        day_sd=0.1,
        group_sd=0.1,
        volumes=(),
        product_sd=(0.5,),
        dispersion=(2.0,),
        learned_on="two windows; the season 2011-09-01 to 2011-12-09",
    )
    given = {"is_whole": True, "calibration": calibration, "lines": LINES, "raw": RAW, **changes}
    review = msgspec.structs.replace(season.review, **given)
    shop.answers["peak.get_season"] = msgspec.structs.replace(season, review_json=msgspec.json.encode(review))


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_the_review_shows_each_step_and_what_nobody_told(owner: Browser, shop: FakeShop, language: str) -> None:
    reviewed(shop)
    assert (await owner.get(f"{HOME}/review?lang={language}")).status == 200


async def test_like_is_compared_with_like_and_what_is_not_known_is_said(owner: Browser, shop: FakeShop) -> None:
    reviewed(shop)
    text = (await owner.get(f"{HOME}/review")).text
    for words in ("the same rules leave them out here", "590", "2 of 5 told", "not known", "10%", "not compared"):
        assert words in text, words
    reviewed(shop, raw=None)
    assert "no rule of the history could be applied" in (await owner.get(f"{HOME}/review")).text


async def test_priors_are_taken_as_a_new_version_of_the_calibration(owner: Browser, shop: FakeShop) -> None:
    reviewed(shop)
    info = InputInfo(
        name="calibration.json", version=1, sha256="0" * 64, size_bytes=1, author="staff:ada", reason="", saved_at=AT
    )
    shop.answers["peak.put_inputs"] = (info,)
    answer = await owner.post(PRIORS, {**await owner.form(f"{HOME}/review", PRIORS), "reason": "a good season"})
    assert (answer.status, answer.location) == (303, f"{HOME}/review")
    (call,) = shop.asked("peak.put_inputs")
    (edit,) = call["edits"]
    assert (edit.name, edit.expected_version, call["caller"].reason) == ("calibration.json", 0, "a good season")
    assert decode_calibration(edit.text.encode()).common_sd == 0.125
    taken = InputDocument(info=info, text=edit.text.replace("0.125", "0.2").replace("; the season", ", not the season"))
    shop.answers["peak.get_input"] = taken
    answer = await owner.post(PRIORS, {**await owner.form(f"{HOME}/review", PRIORS), "reason": "once more"})
    (_, second) = shop.asked("peak.put_inputs")
    assert decode_calibration(second["edits"][0].text.encode()).common_sd == 0.125
    assert second["edits"][0].expected_version == 1


async def test_a_season_is_taken_once_and_not_before_it_is_over(owner: Browser, shop: FakeShop) -> None:
    reviewed(shop, is_whole=False)
    assert PRIORS not in (await owner.get(f"{HOME}/review")).text
    reviewed(shop)
    found = peak_plans.season_of().review
    assert found is not None
    words = f"the season {found.first} to {found.last}"
    info = InputInfo(
        name="calibration.json", version=2, sha256="0" * 64, size_bytes=1, author="staff:ada", reason="", saved_at=AT
    )
    text = (
        '{"common_sd": 0.1, "event_sd": 0.1, "day_sd": 0.1, "group_sd": 0.1, "volumes": [], "product_sd": [0.5],'
        f' "dispersion": [2.0], "learned_on": "{words}"}}'
    )
    form = await owner.form(f"{HOME}/review", PRIORS)
    shop.answers["peak.get_input"] = InputDocument(info=info, text=text)
    assert "have learned from this season" in (await owner.get(f"{HOME}/review")).text
    answer = await owner.post(PRIORS, {**form, "reason": "twice"})
    assert answer.status == 400
    assert "has learned from" in answer.text
    assert shop.asked("peak.put_inputs") == []
