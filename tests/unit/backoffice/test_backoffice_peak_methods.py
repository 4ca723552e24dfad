"""The planner sees which methods the forecast is made of, why these, and how good they were."""

from pathlib import Path

import msgspec
import pytest

from springtide.channels.backoffice.peak.views.methods import TOTALS
from springtide.contexts.peak.domain.forecast.combine import TOP_MODELS
from springtide.contexts.peak.domain.forecast.members import BASELINES, MODELS
from springtide.contexts.peak.domain.plan.methods import methods_of_plan
from springtide.contracts.peak.accuracy import ACCURACY_DOCUMENT, decode_accuracy
from springtide.contracts.peak.phrases import sentences
from springtide.contracts.peak.plan import FigureSource, GateState, PeakMinute
from springtide.demo.company import LEARNED_FOLDER
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_fakes import FakeShop

HOME = f"/peak/plans/{peak_plans.PLAN}"
KEPT = decode_accuracy(Path(LEARNED_FOLDER / ACCURACY_DOCUMENT).read_bytes())


@pytest.fixture
def desk(shop: FakeShop) -> dict[str, bytes]:
    mine = dict(peak_plans.bodies())
    shop.answers |= peak_plans.answers(mine)
    return mine


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
@pytest.mark.parametrize("state", list(GateState))
async def test_the_page_says_who_chose_in_every_language(
    owner: Browser, desk: dict[str, bytes], state: GateState, language: str
) -> None:
    history = KEPT.history if state is GateState.USED else "another"
    desk["methods"] = msgspec.json.encode(methods_of_plan(None if state is GateState.NONE else KEPT, history))
    answer = await owner.get(f"{HOME}/methods?lang={language}")
    assert answer.status == 200
    assert sentences()[f"methods.finding_{state}"][language].replace("'", "&#39;") in answer.text
    theta = sentences()["methods.name_theta"][language]
    assert theta in answer.text
    assert ("<h2" in answer.text and answer.text.count("<table") == 3) is (state is not GateState.NONE)


async def test_a_method_that_added_nothing_is_shown_and_not_marked(owner: Browser, desk: dict[str, bytes]) -> None:
    desk["methods"] = msgspec.json.encode(methods_of_plan(KEPT, KEPT.history))
    text = (await owner.get(f"{HOME}/methods")).text
    last_day = text[text.index("As the last day") :]
    assert "averaged" not in last_day[: last_day.index("</tr>")]
    theta = text[text.index("Theta method") :]
    assert "averaged" in theta[: theta.index("</tr>")]


async def test_servers_and_gateways_say_where_their_busiest_minute_comes_from(
    owner: Browser, desk: dict[str, bytes]
) -> None:
    said = {FigureSource.MEASURED: "measured on", FigureSource.ASSUMED: "assumption", FigureSource.COMPANY: "a note"}
    for source, words in said.items():
        minute = PeakMinute(times=2.04, source=source, hours=518, orders=7000, note="a note")
        desk["peak_minute"] = msgspec.json.encode(minute)
        for page in ("servers", "gateways"):
            text = (await owner.get(f"{HOME}/{page}")).text
            assert words in text
            assert "2 times" in text


def test_every_method_has_a_name_for_people() -> None:
    names = {*MODELS, *BASELINES, *TOP_MODELS, *(one.method for one in KEPT.value_added)}
    assert {name for name in names if f"methods.name_{name}" not in sentences()} == set()
    assert set(TOTALS) == set(KEPT.top_members)
