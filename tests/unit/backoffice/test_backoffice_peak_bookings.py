"""Money and bookings as forms: each change is a new text of its document that differs by it alone."""

from datetime import date

import pytest

from springtide.channels.backoffice.peak import bookings
from springtide.contracts.peak.api import InputDocument, InputInfo, PeakNotFound
from springtide.contracts.peak.budget import COMMITTED, SPENT, Booking, Release, decode_budget
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.partners import decode_partner_notes
from springtide.demo.company import COMPANY_FOLDER
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = "/peak/bookings"
TEXT = (COMPANY_FOLDER / "budget.toml").read_text(encoding="utf-8")
BOOKING = Booking(
    id="ads", line="marketing", kind=COMMITTED, amount_minor=40_000, day=date(2011, 9, 2), by="marketing-manager"
)
TYPED = {
    "id": "ads",
    "line": "marketing",
    "kind": "committed",
    "amount": "400,00",
    "day": "2011-09-02",
    "by": "marketing-manager",
    "settles": "",
    "reason": "autumn campaign",
}


def document(name: str, text: str) -> InputDocument:
    info = InputInfo(
        name=name,
        version=3,
        sha256="0" * 64,
        size_bytes=len(text),
        author="staff:tom",
        reason="",
        saved_at=peak_plans.AT,
    )
    return InputDocument(info=info, text=text)


BUDGET = document("budget.toml", TEXT)
PARTNERS = document("partners.toml", (COMPANY_FOLDER / "partners.toml").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())

    def newest(asked: dict) -> InputDocument:
        if asked["name"] in {"budget.toml", "partners.toml"}:
            return BUDGET if asked["name"] == "budget.toml" else PARTNERS
        message = "There is no such document."
        raise PeakNotFound(message, what="input")

    shop.answers |= {"peak.get_input": newest, "peak.put_inputs": (BUDGET.info,)}


def test_a_booking_is_added_changed_and_taken_out_and_the_rest_stays_as_written() -> None:
    added = bookings.with_booking(BUDGET, BOOKING)
    assert (added.name, added.expected_version) == ("budget.toml", 3)
    assert added.text.startswith(TEXT.rstrip("\n"))
    changed = bookings.with_booking(
        document("budget.toml", added.text), BOOKING.__class__(**{**fields(), "note": "more"})
    )
    assert decode_budget(changed.text.encode())[0].bookings[-1].note == "more"
    assert changed.text.count("[[bookings]]") == added.text.count("[[bookings]]")
    gone = bookings.without_booking(document("budget.toml", changed.text), "ads")
    assert decode_budget(gone.text.encode()) == decode_budget(TEXT.encode())
    assert "# Who may release money" in gone.text


def fields() -> dict[str, object]:
    return {name: getattr(BOOKING, name) for name in BOOKING.__struct_fields__}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"amount_minor": 900_000}, "release"),
        ({"by": "warehouse-lead"}, "release"),
        ({"kind": SPENT, "settles": "nothing"}, "settles"),
    ],
)
def test_a_booking_that_nobody_may_make_is_refused_by_rule(changes: dict[str, object], rule: str) -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        bookings.with_booking(BUDGET, Booking(**{**fields(), **changes}))
    assert rule in {mistake.rule for mistake in refused.value.mistakes}


def test_a_commitment_that_is_settled_stays() -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        bookings.without_booking(BUDGET, "catalogue-2011")
    assert "catalogue-2011-deposit settles it" in refused.value.mistakes[0].message


def test_releases_and_a_first_document_are_written_too() -> None:
    release = Release(line="goods", role="buyer", up_to_minor=10_000)
    first = bookings.with_release(None, release)
    assert first.expected_version == 0
    assert decode_budget(first.text.encode())[0].releases == (release,)
    more = bookings.with_release(BUDGET, Release(line="goods", role="head-of-buying", up_to_minor=9_000_000))
    terms = decode_budget(more.text.encode())[0]
    assert [one.up_to_minor for one in terms.releases if one.role == "head-of-buying"] == [9_000_000]
    less = bookings.without_release(BUDGET, "*", "director")
    assert len(decode_budget(less.text.encode())[0].releases) == 2


def test_lists_that_are_written_in_another_way_are_left_to_the_text() -> None:
    inline = document("budget.toml", 'releases = [{ line = "*", role = "a", up_to_minor = 1 }]\n')
    with pytest.raises(InvalidPeakInput) as refused:
        bookings.with_release(inline, Release(line="*", role="a", up_to_minor=2))
    assert refused.value.mistakes[0].rule == "text"


def test_a_capacity_is_booked_in_the_notes_of_a_partner() -> None:
    capacity = Figure(value=1200, unit="parcels/day", assumption="mail of 2 September")
    edit = bookings.with_capacity(PARTNERS, "parcelpost", capacity)
    before, after = (decode_partner_notes(text.encode()) for text in (PARTNERS.text, edit.text))
    assert {note.id: note.capacity for note in after if note != before[after.index(note)]} == {"parcelpost": capacity}
    assert after[0].last_drill == before[0].last_drill


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_the_page_answers_in_every_language(owner: Browser, language: str) -> None:
    answer = await owner.get(f"{PAGE}?lang={language}")
    assert answer.status == 200
    assert "catalogue-2011-deposit" in answer.text


async def test_a_booking_is_typed_in_units_and_saved_with_its_reason(owner: Browser, shop: FakeShop) -> None:
    answer = await owner.post(PAGE, {**await owner.form(PAGE, PAGE), **TYPED})
    assert (answer.status, answer.location) == (303, PAGE)
    (call,) = shop.asked("peak.put_inputs")
    assert call["caller"].reason == "autumn campaign"
    (edit,) = call["edits"]
    assert decode_budget(edit.text.encode())[0].bookings[-1] == BOOKING


async def test_what_nobody_may_release_is_refused_on_the_page(owner: Browser, shop: FakeShop) -> None:
    answer = await owner.post(PAGE, {**await owner.form(PAGE, PAGE), **TYPED, "amount": "90000"})
    assert answer.status == 400
    assert "marketing-manager may release" in answer.text
    assert shop.asked("peak.put_inputs") == []


async def test_releases_and_capacities_are_forms_of_their_own(owner: Browser, shop: FakeShop) -> None:
    form = await owner.form(PAGE, "/peak/releases")
    typed = {"role": "buyer", "line": "goods", "up_to": "100", "reason": "new buyer"}
    assert (await owner.post("/peak/releases", {**form, **typed})).status == 303
    form = await owner.form(PAGE, "/peak/capacities")
    typed = {"partner": "parcelpost", "capacity": "1200", "assumption": "mail of 2 September", "reason": "booked"}
    assert (await owner.post("/peak/capacities", {**form, **typed})).status == 303
    assert [call["edits"][0].name for call in shop.asked("peak.put_inputs")] == ["budget.toml", "partners.toml"]


async def test_who_may_only_read_gets_no_form(browser_of: BrowserOf) -> None:
    answer = await browser_of("peak.read").get(PAGE)
    assert answer.status == 200
    assert '<form class="card' not in answer.text
    assert (await browser_of("orders.read").get(PAGE)).status == 403
