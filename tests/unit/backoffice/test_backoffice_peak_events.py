"""Events of a plan: what each rests on, its profile by day, and levers that change the document and nothing else."""

import msgspec
import pytest

from springtide.channels.backoffice.peak.event_levers import with_levers
from springtide.contracts.peak.api import InputDocument
from springtide.contracts.peak.calendar import Levers, decode_calendar
from springtide.contracts.peak.errors import InvalidPeakInput
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = f"/peak/plans/{peak_plans.PLAN}/events"
TEXT = """# our own calendar
regions = ["GB"]

[[events]]  # the big one
id = "black-friday"
name = "Black Friday"
levers = [
  { year = 0, discount = 0.1 },  # every year
  { year = 2011, discount = 0.2, marketing_minor = 500 },
]
when = { rule = "nth_weekday", month = 11, weekday = "thursday", nth = 4, plus_days = 1 }

[[events]]
id = "christmas"
name = "Christmas"
[events.when]
rule = "day"
month = 12
day = 25
[[events.levers]]
year = 2010
discount = 0.3
"""


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    info = msgspec.structs.replace(peak_plans.inputs()[0], name="events.toml", version=3)
    shop.answers |= peak_plans.answers(peak_plans.bodies())
    shop.answers |= {
        "peak.get_input": InputDocument(info=info, text=TEXT),
        "peak.put_inputs": (msgspec.structs.replace(info, version=4),),
    }


def test_the_levers_of_a_year_are_replaced_and_all_else_stays() -> None:
    new = with_levers(TEXT, "black-friday", Levers(year=2011, discount=0.25, marketing_minor=90_000))
    before, after = decode_calendar(TEXT.encode()), decode_calendar(new.encode())
    event = after.event("black-friday")
    assert event.levers_in(2011) == Levers(year=2011, discount=0.25, marketing_minor=90_000)
    assert event.levers_in(2012).discount == 0.1
    assert after.event("christmas") == before.event("christmas")
    assert "# our own calendar" in new
    assert "# the big one" in new


def test_levers_in_tables_of_their_own_are_found_too() -> None:
    new = with_levers(TEXT, "christmas", Levers(year=2011, discount=0.05))
    event = decode_calendar(new.encode()).event("christmas")
    assert [(one.year, one.discount) for one in event.levers] == [(2010, 0.3), (2011, 0.05)]
    assert with_levers(new, "christmas", Levers(year=2011, discount=0.05)) == new


def test_an_event_that_is_not_there_and_a_text_that_hides_its_levers_are_refused() -> None:
    with pytest.raises(InvalidPeakInput) as unknown:
        with_levers(TEXT, "easter", Levers(year=2011))
    assert [one.rule for one in unknown.value.mistakes] == ["unknown_event"]
    inline = 'regions = ["GB"]\nevents = [{ id = "x", name = "X", when = { rule = "day", month = 1, day = 2 } }]\n'
    with pytest.raises(InvalidPeakInput) as hidden:
        with_levers(inline, "x", Levers(year=2011))
    assert [one.rule for one in hidden.value.mistakes] == ["levers"]


async def test_the_page_says_what_an_event_rests_on(owner: Browser) -> None:
    text = (await owner.get(PAGE)).text
    assert "40 products, 2 events" in text
    assert "Black Friday is the strongest event: up to 2.5 times a usual day" in text
    assert "No past window is known" in (await owner.get(f"{PAGE}?event=drop.2011")).text


async def saved(owner: Browser, **typed: str) -> tuple[int, str]:
    action = f"/peak/events/{peak_plans.PLAN}?event=black-friday&year=2011"
    form = await owner.form(PAGE, action)
    answer = await owner.post(action, {**form, **typed})
    return answer.status, answer.text


async def test_levers_become_a_new_version_of_the_document(owner: Browser, shop: FakeShop) -> None:
    status, _ = await saved(owner, discount="25", marketing="1200,50", reason="sharper")
    assert status == 303
    edit = shop.asked("peak.put_inputs")[0]["edits"][0]
    assert edit.expected_version == 3
    levers = decode_calendar(edit.text.encode()).event("black-friday").levers_in(2011)
    assert levers == Levers(year=2011, discount=0.25, marketing_minor=120_050)


@pytest.mark.parametrize("typed", [{"discount": "x"}, {"discount": "100"}, {"reason": ""}, {"marketing": "-3"}])
async def test_levers_that_cannot_be_change_nothing(owner: Browser, shop: FakeShop, typed: dict[str, str]) -> None:
    status, text = await saved(owner, **{"discount": "25", "marketing": "0", "reason": "why", **typed})
    assert status in {400, 422}
    assert 'class="error-summary"' in text
    assert shop.asked("peak.put_inputs") == []


async def test_who_may_only_read_sees_no_form(browser_of: BrowserOf) -> None:
    text = (await browser_of("peak.read").get(PAGE)).text
    assert "/peak/events/" not in text
    assert "Levers of this year" in text
