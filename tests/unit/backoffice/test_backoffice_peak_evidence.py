"""Evidence on the readiness page: where it comes from, handed in, taken back, handed out."""

from typing import NoReturn

import msgspec
import pytest

from springtide.contracts.peak.api import EvidenceStays, KeptFile
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office_facts import AT
from tests.unit.backoffice.office_fakes import FakeShop

PAGE = f"/peak/plans/{peak_plans.PLAN}/readiness"
FILE = f"/peak/evidence/{peak_plans.PLAN}"
WITHDRAW = f"{FILE}/withdraw/{peak_plans.FILED.id}"


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    return peak_plans.bodies()


@pytest.fixture(autouse=True)
def desk(shop: FakeShop, parts: dict[str, bytes]) -> None:
    shop.answers |= peak_plans.answers(dict(parts))


async def test_every_piece_says_where_it_comes_from(owner: Browser) -> None:
    text = (await owner.get(PAGE)).text
    for words in (
        "found by the plan",
        "springtide rehearse black-friday --scale 0.1",
        "measured by the product",
        "complete: 95 of 100 answers",
        "held_per_s",
        "withdrawn",
        "of last year",
        f"/peak/evidence-file/{'a' * 64}",
    ):
        assert words in text, words
    assert "<b>booking" not in text


async def test_evidence_is_taken_back_with_its_reason(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.withdraw_evidence"] = msgspec.structs.replace(peak_plans.FILED, withdrawn_at=AT)
    answer = await owner.post(WITHDRAW, {**await owner.form(PAGE, WITHDRAW), "reason": "another year"})
    assert answer.status == 303
    (call,) = shop.asked("peak.withdraw_evidence")
    assert (call["evidence_id"], call["reason"]) == (peak_plans.FILED.id, "another year")


async def test_without_a_reason_nothing_is_taken_back(owner: Browser, shop: FakeShop) -> None:
    answer = await owner.post(WITHDRAW, {**await owner.form(PAGE, WITHDRAW), "reason": " "})
    assert answer.status == 400
    assert shop.asked("peak.withdraw_evidence") == []


async def test_a_refusal_is_shown_on_the_page(owner: Browser, shop: FakeShop) -> None:
    def stays(_: object) -> NoReturn:
        message = "The product saw this itself."
        raise EvidenceStays(message)

    shop.answers["peak.withdraw_evidence"] = stays
    answer = await owner.post(WITHDRAW, {**await owner.form(PAGE, WITHDRAW), "reason": "it looks bad"})
    assert answer.status == 409
    assert "The product saw this itself." in answer.text


async def test_a_document_is_handed_out_as_a_download(owner: Browser, shop: FakeShop) -> None:
    shop.answers["peak.get_evidence_file"] = KeptFile(
        sha256="a" * 64, name='book"ing.pdf', media_type="application/pdf", body=b"%PDF-"
    )
    answer = await owner.get(f"/peak/evidence-file/{'a' * 64}")
    assert answer.status == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="book_ing.pdf"'
    assert answer.headers["content-type"].startswith("application/pdf")
