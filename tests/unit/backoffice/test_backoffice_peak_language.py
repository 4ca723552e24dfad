"""No page of the desk says English things to a reader of Dutch or Swedish, unless people wrote them."""

import re
from collections.abc import Iterator
from string import Formatter

import msgspec
import pytest

from springtide.channels.backoffice.areas.peak import SCREENS
from springtide.channels.backoffice.navigation import FRAME_WORDS, TASKS
from springtide.channels.backoffice.peak.refusals import frame_words
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.servers import OWN_PARTS
from springtide.contracts.peak.api import (
    FigureChanged,
    InputChanged,
    InputDocument,
    PeakExtraMissing,
    PlanComparison,
    PlanSettings,
    PlanState,
    SettingChanged,
)
from springtide.contracts.peak.common import Department
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.phrases import sentences
from springtide.contracts.peak.what_if import Scenario
from springtide.demo.company import COMPANY_FOLDER
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_fakes import FakeShop
from tests.unit.backoffice.readable import texts_of

HOME = f"/peak/plans/{peak_plans.PLAN}"
PAGES = (
    "/peak",
    "/peak/history",
    "/peak/overrides",
    "/peak/input?name=company.toml",
    f"/peak/compare?before={peak_plans.PLAN}&after={peak_plans.PLAN}",
    *(f"{HOME}/{screen.name}" for screen in SCREENS),
    *(f"{HOME}/brief?department={department}" for department in Department),
    f"{HOME}/stock?list=buy",
    f"{HOME}/nothing",
)
PREFIX = 14
DOCUMENTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(COMPANY_FOLDER.glob("*.toml")))
WRITTEN_BY_PEOPLE = sorted(
    {*re.findall(r'"([^"\n]{4,})"', DOCUMENTS), "complete: 95 of 100 answers"}, key=len, reverse=True
)
"""What stands in the company's documents, and in the evidence of the fake desk."""
ENGLISH = re.compile(r"\b(the|and|with|from|which|nobody|what|before|after|not|are|has|have)\b", re.IGNORECASE)


def fixed_start(text: str) -> str:
    """Return the letters before the first value of a sentence."""
    return next(iter(Formatter().parse(text)))[0]


def without_people(text: str) -> str:
    """Return a text without what people wrote in documents."""
    for words in WRITTEN_BY_PEOPLE:
        text = text.replace(words, "")
    return text


class Known:
    """What is said in English and in another language."""

    def __init__(self, language: str) -> None:
        texts = sentences().values()
        own = {words[language] for words in texts}
        self.own = own
        own_starts = {fixed_start(text)[:PREFIX] for text in own}
        english = {words["en"] for words in texts} - own
        self.whole = {text for text in english if "{" not in text}
        starts = {fixed_start(text)[:PREFIX] for text in english if "{" in text}
        self.starts = {start for start in starts if len(start) == PREFIX} - own_starts

    def in_english(self, page: str) -> Iterator[str]:
        """Yield the texts of a page that are ours and English."""
        for shown in texts_of(page):
            text = without_people(shown)
            if text in self.own:
                continue
            ours = text in self.whole or text[:PREFIX] in self.starts
            if ours or ENGLISH.search(text):
                yield shown


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())
    shop.answers["peak.list_overrides"] = ()
    shop.answers["peak.get_input"] = InputDocument(info=peak_plans.inputs()[0], text="")
    shop.answers["peak.list_input_versions"] = peak_plans.inputs()
    row = peak_plans.row()
    shop.answers["peak.compare_plans"] = PlanComparison(
        before=row,
        after=row,
        settings=(SettingChanged(name="as_of", before="null", after="2011-10-01"),),
        documents=(),
        overrides_added=(),
        overrides_gone=(),
        figures=(FigureChanged(name="revenue_minor.p90", before=1.0, after=2e6),),
    )


@pytest.fixture(scope="module", params=["nl", "sv"])
def known(request: pytest.FixtureRequest) -> Known:
    return Known(request.param)


@pytest.fixture
def language(request: pytest.FixtureRequest) -> str:
    return request.node.callspec.params["known"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.removeprefix(HOME))
async def test_no_text_of_ours_stays_english(owner: Browser, known: Known, language: str, page: str) -> None:
    answer = await owner.get(f"{page}{'&' if '?' in page else '?'}lang={language}")
    assert f'<html lang="{language}"' in answer.text
    assert list(known.in_english(answer.text)) == []


async def test_an_english_text_is_found(owner: Browser) -> None:
    english = (await owner.get(f"{HOME}/season")).text
    found = set(Known("nl").in_english(english))
    assert {"What to do first", "Load again", "Sign out"} <= found


async def refused(owner: Browser, action: str, **typed: str) -> str:
    form = await owner.form(action, action)
    answer = await owner.post(action, {**form, **typed})
    assert answer.status in {400, 409, 503}
    return answer.text


async def test_a_refused_form_says_why_in_the_readers_language(owner: Browser, shop: FakeShop) -> None:
    text = await refused(owner, "/peak?lang=nl", title="Advent", first="soon", days="x")
    assert "Kijk nog eens naar enkele velden" in text
    assert "Een datum zoals 2026-11-27, alstublieft." in text
    assert "Een heel getal, alstublieft." in text
    shop.refusals["peak.start_plan"] = InvalidPeakInput.of(
        [
            Mistake(where="stock", rule="x", message="mug comes in packs of 0", row=3),
            Mistake(where="company.toml", rule="x", message="never seen before"),
        ]
    )
    text = await refused(owner, "/peak?lang=sv", title="Advent", first="2011-11-01", days="20")
    assert "<li>lager, rad 3: mug kommer i förpackningar om 0</li><li>company.toml: never seen before</li>" in text
    assert "2 saker stämmer inte:" in text
    shop.refusals["peak.start_plan"] = PeakExtraMissing()
    text = await refused(owner, "/peak?lang=nl", title="Advent", first="2011-11-01", days="20")
    assert "Er kwam niet op tijd antwoord." in text
    shop.refusals["peak.put_inputs"] = InputChanged("company.toml moved", name="company.toml", version=9)
    text = await refused(owner, "/peak/input?name=company.toml&lang=sv", text="x = 1", reason="new")
    assert Speech("sv")("was_changed", version=3, who="personal:ruth") in text


async def test_a_page_of_an_error_is_read_in_the_readers_language(owner: Browser) -> None:
    text = (await owner.get(f"{HOME}/luck?lang=sv")).text
    assert "<title>Hittades inte</title>" in text
    assert "En plan har ingen sida luck." in text
    assert "Not found" in (await owner.get(f"{HOME}/luck")).text


def test_the_frame_of_english_pages_is_the_one_of_all_others() -> None:
    words = frame_words(Speech("en"))
    assert {name: words[name] for name in FRAME_WORDS} == FRAME_WORDS
    assert {f"task_{task.key}": task.name for task in TASKS}.items() <= words.items()


def test_every_setting_and_figure_of_a_plan_has_a_name() -> None:
    settings = {f"desk.setting_{name}" for name in PlanSettings.__struct_fields__}
    assert settings - set(sentences()) == set()


def test_shared_parts_and_ways_to_pay_have_names() -> None:
    plan = msgspec.json.decode(peak_plans.bodies()["gateways"], type=GatewayPlan)
    assert {f"desk.method_{part.method}" for part in plan.parts} - set(sentences()) == set()
    assert {f"desk.part_{part}" for part in OWN_PARTS} - set(sentences()) == set()


async def test_a_scenario_between_two_plans_is_said_in_words(owner: Browser, shop: FakeShop) -> None:
    scenario = msgspec.json.encode(Scenario(booked_at=0.8)).decode()
    found = shop.answers["peak.compare_plans"]
    changed = (SettingChanged(name="scenario", before="null", after=scenario),)
    shop.answers["peak.compare_plans"] = msgspec.structs.replace(found, settings=changed)
    text = (await owner.get(PAGES[4] + "&lang=sv")).text
    assert "Tänk-om som planeras" in text
    assert "Transportörer bokade för så många säsonger av hundra: 80" in text


async def test_a_plan_that_failed_says_why_in_the_readers_language(owner: Browser, shop: FakeShop) -> None:
    mistake = Mistake(where="roster", rule="effort", message="there is no shift night")
    shop.answers["peak.get_plan"] = peak_plans.plan(PlanState.FAILED, mistakes=(mistake,))
    assert "rooster: er is geen dienst night" in (await owner.get(f"{HOME}?lang=nl")).text


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_what_rounds_to_nothing_has_no_sign(language: str) -> None:
    t = Speech(language)
    assert (t.number(-0.001), t.number(-0.0), t.percent(-0.0001)) == (t.number(0), t.number(0), t.percent(0))
    assert t.number(-0.01) != t.number(0.01)
