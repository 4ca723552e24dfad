"""What goes into plans: overrides with a reason and an end, documents nobody overwrites unseen."""

from datetime import date

import pytest

from springtide.contracts.peak.api import InputChanged, InputDocument, InputEdit, InputInfo, PeakNotFound
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Override, Scope
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Answer, Browser, form_of
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import NASTY
from tests.unit.backoffice.office_fakes import FakeShop

OVERRIDES, INPUT = "/peak/overrides", "/peak/input?name=company.toml"
KNOWN = Override(
    id="0a", multiplier=1.25, reason=NASTY, author="staff:ruth", expires_on=date(2011, 12, 1), scope=Scope.SKU, key="M1"
)
TYPED = {"multiplier": "1,5", "scope": "sku", "key": "M1", "expires_on": "2011-12-01", "reason": "a film has it"}


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())
    shop.answers |= {
        "peak.list_overrides": (KNOWN,),
        "peak.add_override": KNOWN,
        "peak.expire_override": KNOWN,
        "peak.get_input": document(3, 'name = "Marlow"\n'),
        "peak.list_input_versions": (document(3).info, document(2).info),
        "peak.put_inputs": (document(4).info,),
    }


def document(version: int, text: str = "") -> InputDocument:
    info = InputInfo(
        name="company.toml",
        version=version,
        sha256="0" * 64,
        size_bytes=len(text),
        author="staff:tom",
        reason=f"reason {version}",
        saved_at=peak_plans.AT,
    )
    return InputDocument(info=info, text=text)


async def sent(browser: Browser, page: str, action: str, **typed: str) -> Answer:
    return await browser.post(action, {**await browser.form(page, action), **typed})


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
@pytest.mark.parametrize("page", [OVERRIDES, INPUT, INPUT + "&version=2"])
async def test_every_page_answers_in_every_language(owner: Browser, page: str, language: str) -> None:
    answer = await owner.get(f"{page}{'&' if '?' in page else '?'}lang={language}")
    assert answer.status == 200
    assert f'<html lang="{language}"' in answer.text
    assert "<script>alert" not in answer.text


async def test_an_override_says_how_much_of_what_until_when_and_why(owner: Browser, shop: FakeShop) -> None:
    answer = await sent(owner, OVERRIDES, OVERRIDES, **TYPED)
    assert (answer.status, answer.location) == (303, OVERRIDES)
    (call,) = shop.asked("peak.add_override")
    override = call["override"]
    assert (override.multiplier, override.scope, override.key) == (1.5, Scope.SKU, "M1")
    assert (override.expires_on, override.first, override.reason) == (date(2011, 12, 1), None, "a film has it")
    assert call["caller"].reason == "a film has it"


@pytest.mark.parametrize(
    "wrong", [{"multiplier": "much"}, {"multiplier": "-1"}, {"multiplier": "nan"}, {"reason": ""}, {"key": ""}]
)
async def test_what_cannot_be_an_override_is_said_at_its_field(
    owner: Browser, shop: FakeShop, wrong: dict[str, str]
) -> None:
    answer = await sent(owner, OVERRIDES, OVERRIDES, **{**TYPED, **wrong})
    assert answer.status == 400
    assert f'id="override-{next(iter(wrong))}-error"' in answer.text
    assert shop.asked("peak.add_override") == []


async def test_an_override_is_ended_once(owner: Browser, shop: FakeShop) -> None:
    action = f"{OVERRIDES}/{KNOWN.id}/expire"
    assert (await sent(owner, OVERRIDES, action)).status == 303
    (call,) = shop.asked("peak.expire_override")
    assert call["override_id"] == KNOWN.id


async def test_an_override_that_no_longer_counts_cannot_be_ended_again(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.list_overrides"] = lambda asked: (KNOWN,) if asked["with_expired"] else ()
    assert "Nobody knows better" in (await owner.get(OVERRIDES)).text
    text = (await owner.get(f"{OVERRIDES}?with=expired")).text
    assert "gone by" in text
    assert "/expire" not in text


async def test_a_document_is_saved_with_its_reason_from_the_version_shown(owner: Browser, shop: FakeShop) -> None:
    answer = await sent(owner, INPUT, INPUT, text='name = "M & F"\r\n', reason="new name")
    assert (answer.status, answer.location) == (303, INPUT)
    (call,) = shop.asked("peak.put_inputs")
    assert call["edits"] == (InputEdit(name="company.toml", text='name = "M & F"\n', expected_version=3),)
    assert call["caller"].reason == "new name"


async def test_each_mistake_is_named_with_its_row_and_the_text_is_kept(owner: Browser, shop: FakeShop) -> None:
    mistakes = [
        Mistake(where="company.toml", rule="toml", message="no closing quote", row=7),
        Mistake(where="people.toml", rule="unknown", message="nobody is called Tom"),
    ]
    shop.refusals["peak.put_inputs"] = InvalidPeakInput.of(mistakes)
    answer = await sent(owner, INPUT, INPUT, text="mine = 1", reason="new")
    assert answer.status == 400
    for words in ("company.toml, row 7: no closing quote", "people.toml: nobody is called Tom", "mine = 1"):
        assert words in answer.text, words
    assert form_of(answer, INPUT)["version"] == "3"


async def test_a_refused_text_stays_one_of_the_version_it_was_made_from(owner: Browser, shop: FakeShop) -> None:
    fields = await owner.form(INPUT, INPUT)
    shop.answers["peak.get_input"] = document(4, "theirs = 1\n")
    shop.refusals["peak.put_inputs"] = InvalidPeakInput.of([Mistake(where="company.toml", rule="x", message="wrong")])
    answer = await owner.post(INPUT, {**fields, "text": "mine = 1", "reason": "new"})
    assert form_of(answer, INPUT)["version"] == "3", "saving again must not replace version 4 unseen"


async def test_two_who_saved_see_both_texts(owner: Browser, shop: FakeShop) -> None:
    fields = await owner.form(INPUT, INPUT)
    shop.answers["peak.get_input"] = document(4, "theirs = 1\n")
    shop.refusals["peak.put_inputs"] = InputChanged("Read it again.", name="company.toml", version=4)
    answer = await owner.post(INPUT, {**fields, "text": "mine = 1", "reason": "new"})
    assert answer.status == 409
    assert "theirs = 1" in answer.text
    found = form_of(answer, INPUT)
    assert (found["text"], found["version"]) == ("mine = 1", "4")


async def test_an_old_version_is_only_shown_to_who_may_not_write(browser_of: BrowserOf, shop: FakeShop) -> None:
    shop.answers["peak.get_input"] = lambda asked: document(asked["version"] or 3, f"v = {asked['version']}")
    reader = browser_of("peak.read")
    text = (await reader.get(INPUT + "&version=2")).text
    assert "v = 2" in text
    assert "<textarea" not in text
    for none in ("x", "9" * 30):
        assert (await reader.get(INPUT + f"&version={none}")).status == 404


async def test_a_document_of_the_desk_begins_at_version_one_and_no_other_does(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["peak.get_input"] = PeakNotFound("There is no such document.", what="input")
    shop.answers["peak.list_input_versions"] = ()
    assert (await owner.form(INPUT, INPUT))["version"] == "0"
    assert "Save as version 1" in (await owner.get(INPUT)).text
    assert (await owner.get("/peak/input?name=secrets.toml")).status == 404


async def test_only_with_the_permission(browser_of: BrowserOf) -> None:
    reader = browser_of("peak.read")
    assert "<textarea" not in (await reader.get(INPUT)).text
    assert "Add what you know</button>" not in (await reader.get(OVERRIDES)).text
    assert (await reader.post(OVERRIDES, TYPED)).status == 403
    assert (await browser_of("orders.read").get(OVERRIDES)).status == 403


async def test_the_desk_offers_documents_that_are_not_there_yet(owner: Browser) -> None:
    text = (await owner.get("/peak")).text
    assert 'href="/peak/input?name=company.toml"' in text
    assert 'href="/peak/input?name=staff.toml"' in text


async def test_an_older_version_shows_what_changed_since_and_can_be_taken_back(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.get_input"] = lambda asked: (
        document(2, "size = 1\nabout = 'old'\n") if asked["version"] == 2 else document(3, "size = 1\nabout = 'new'\n")
    )
    page = INPUT + "&version=2"
    shown = (await owner.get(page)).text
    assert "<del>-about = &#39;old&#39;</del>" in shown
    assert "<ins>+about = &#39;new&#39;</ins>" in shown
    form = await owner.form(page, INPUT)
    assert (form["text"].split(), form["version"]) == (["size", "=", "1", "about", "=", "'old'"], "3")
    await owner.post(INPUT, form)
    (call,) = shop.asked("peak.put_inputs")
    assert call["edits"] == (InputEdit(name="company.toml", text="size = 1\nabout = 'old'\n", expected_version=3),)


async def test_a_document_that_is_not_there_begins_with_its_defaults(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.list_input_versions"] = ()
    shop.refusals["peak.get_input"] = PeakNotFound("no")
    form = await owner.form("/peak/input?name=budget.toml", "/peak/input?name=budget.toml")
    assert "buffer_at = 0.8" in form["text"]
