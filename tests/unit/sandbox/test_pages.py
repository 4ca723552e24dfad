"""The buyer's pages, as a browser without script meets them."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from springtide.sandbox.words import WORDS
from tests.unit.sandbox.conftest import Merchant

GOOD_CARD = {"number": "4242 4242 4242 4242", "expiry": "12/30", "cvc": "123"}


async def status_of(merchant: Merchant, payment: dict[str, Any]) -> str:
    found: str = (await merchant.get(f"/v1/payments/{payment['id']}")).json()["status"]
    return found


async def test_card_form_leads_back_to_the_shop(merchant: Merchant) -> None:
    payment = (await merchant.start(locale="sv-SE", description="Order 1001")).json()
    page = await merchant.client.get(payment["redirect_url"])
    assert 'lang="sv"' in page.text
    assert "Betala 34,90 EUR" in page.text
    assert "<script" not in page.text
    paid = await merchant.client.post(payment["redirect_url"], data=GOOD_CARD)
    assert paid.status_code == 303
    assert paid.headers["location"] == f"http://127.0.0.1:9/return?checkout=1&payment={payment['id']}"
    assert await status_of(merchant, payment) == "captured"


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("4000000000000002", "declined", "issuer_declined"),
        ("4000 0000 0000 9995", "declined", "insufficient_funds"),
        ("4000-0000-0000-0069", "declined", "expired_card"),
    ],
)
async def test_test_numbers_decide(merchant: Merchant, number: str, status: str, code: str) -> None:
    payment = (await merchant.start()).json()
    answer = await merchant.client.post(payment["redirect_url"], data=GOOD_CARD | {"number": number})
    assert answer.status_code == 303
    found = (await merchant.get(f"/v1/payments/{payment['id']}")).json()
    assert (found["status"], found["decline_code"], found["last4"]) == (status, code, number[-4:])


async def test_mistakes_are_named_beside_their_fields_and_nothing_is_sent_back(merchant: Merchant) -> None:
    payment = (await merchant.start(locale="nl")).json()
    form = {"number": "4111 1111 1111 1111", "expiry": "13/30", "cvc": "x"}
    page = await merchant.client.post(payment["redirect_url"], data=form)
    assert page.status_code == 422
    for name in ("card_refused", "expiry_refused", "cvc_refused"):
        assert WORDS[name][1] in page.text
    assert "4111" not in page.text
    assert await status_of(merchant, payment) == "awaiting_buyer"


@pytest.mark.parametrize(("act", "status"), [("approve", "captured"), ("reject", "declined")])
async def test_3d_secure_asks_the_buyer_again(merchant: Merchant, act: str, status: str) -> None:
    payment = (await merchant.start()).json()
    page = await merchant.client.post(payment["redirect_url"], data=GOOD_CARD | {"number": "4000000000003220"})
    assert "Confirm with your bank" in page.text
    assert await status_of(merchant, payment) == "awaiting_buyer"
    await merchant.client.post(payment["redirect_url"], data={"act": act})
    assert await status_of(merchant, payment) == status


async def test_bank_redirect_by_way_of_the_bank(merchant: Merchant) -> None:
    payment = (await merchant.start(method="bank_redirect", locale="nl")).json()
    choice = await merchant.client.get(payment["redirect_url"])
    assert "Noorderlicht Bank" in choice.text
    bank = await merchant.client.get(f"{payment['redirect_url']}?bank=noorderlicht")
    assert "Keur de overboeking goed" in bank.text
    done = await merchant.client.post(f"{payment['redirect_url']}?bank=noorderlicht", data={"act": "approve"})
    assert done.status_code == 303
    assert await status_of(merchant, payment) == "captured"


async def test_app_push_waits_for_the_phone(merchant: Merchant) -> None:
    payment = (await merchant.start(method="app_push", locale="sv")).json()
    waiting = await merchant.client.get(payment["redirect_url"])
    assert 'http-equiv="refresh"' in waiting.text
    phone_path = re.search(r'href="(/phone/[^"]+)"', waiting.text)
    assert phone_path is not None
    assert "Godkänn i appen" in (await merchant.client.get(phone_path[1])).text
    approved_in_the_browser = await merchant.client.post(payment["redirect_url"], data={"act": "approve"})
    assert approved_in_the_browser.status_code == 400
    await merchant.client.post(phone_path[1], data={"act": "approve"})
    assert (await merchant.client.get(payment["redirect_url"])).status_code == 303
    assert await status_of(merchant, payment) == "captured"


async def test_pay_later_authorises_and_is_captured_on_shipment(merchant: Merchant) -> None:
    payment = (await merchant.start(method="pay_later", capture="manual")).json()
    assert "Nothing is taken today" in (await merchant.client.get(payment["redirect_url"])).text
    await merchant.client.post(payment["redirect_url"], data={"act": "approve"})
    assert await status_of(merchant, payment) == "authorised"
    shipped = await merchant.post(f"/v1/payments/{payment['id']}/capture", {}, key=f"ship-{payment['id']}")
    assert shipped.json()["status"] == "captured"


@pytest.mark.parametrize("method", ["card", "bank_redirect", "app_push"])
async def test_cancel_leads_back_without_money(merchant: Merchant, method: str) -> None:
    payment = (await merchant.start(method=method)).json()
    assert (await merchant.client.post(payment["redirect_url"], data={"act": "cancel"})).status_code == 303
    found = (await merchant.get(f"/v1/payments/{payment['id']}")).json()
    assert (found["status"], found["decline_code"]) == ("declined", "cancelled_by_buyer")
    assert await merchant.entries(payment["id"]) == []


async def test_a_second_press_of_the_button_pays_once(merchant: Merchant) -> None:
    payment = (await merchant.start()).json()
    for _ in range(2):
        assert (await merchant.client.post(payment["redirect_url"], data=GOOD_CARD)).status_code == 303
    assert await merchant.entries(payment["id"]) == [("authorised", 3490), ("captured", 3490)]


async def test_the_front_page_says_what_this_is(merchant: Merchant) -> None:
    page = await merchant.client.get("/", headers={"accept-language": "sv-SE,sv;q=0.9"})
    assert page.status_code == 200
    assert "inga pengar flyttas" in page.text
    assert "4242 4242 4242 4242" in page.text


async def test_unknown_pages_are_404(merchant: Merchant) -> None:
    for path in ("/pay/guess", "/phone/guess"):
        assert (await merchant.client.get(path)).status_code == 404


async def test_the_card_number_is_nowhere(
    merchant: Merchant, folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    number = "5555555555554444"
    payment = (await merchant.start()).json()
    await merchant.client.post(payment["redirect_url"], data=GOOD_CARD | {"number": number})
    found = await merchant.get(f"/v1/payments/{payment['id']}")
    assert found.json()["last4"] == number[-4:]
    stored = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in folder.iterdir()))
    printed = "".join((*capfd.readouterr(), caplog.text, found.text))
    assert payment["id"].encode() in stored
    assert number.encode() not in stored
    assert number not in printed


def test_every_phrase_is_written_in_every_language() -> None:
    assert all(len(phrases) == 3 and all(phrases) for phrases in WORDS.values())
