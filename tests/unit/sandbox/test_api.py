"""The gateway's merchant interface: money limits, keys, accounts, refusals that change nothing."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.unit.sandbox.conftest import SOUTH, Merchant


async def test_same_key_same_answer_other_body_refused(merchant: Merchant) -> None:
    first = await merchant.start(key="k-1", merchant_reference="k-1", card_token="tok_success")
    again = await merchant.start(key="k-1", merchant_reference="k-1", card_token="tok_success")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    other = await merchant.start(key="k-1", merchant_reference="k-1", card_token="tok_success", amount_minor=1)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert await merchant.entries(first.json()["id"]) == [("authorised", 3490), ("captured", 3490)]


async def test_a_key_of_one_account_is_free_in_another(merchant: Merchant) -> None:
    ours = await merchant.start(key="k-2", merchant_reference="k-2", card_token="tok_success")
    theirs = await merchant.start(key="k-2", merchant_reference="k-2", card_token="tok_success", account=SOUTH.api_key)
    assert ours.json()["id"] != theirs.json()["id"]
    hidden = await merchant.get(f"/v1/payments/{ours.json()['id']}", account=SOUTH.api_key)
    assert hidden.status_code == 404


async def test_a_repeated_refusal_is_the_same_refusal(merchant: Merchant) -> None:
    payment = (await merchant.start(card_token="tok_success")).json()
    path = f"/v1/payments/{payment['id']}/refund"
    refused = await merchant.post(path, {"amount_minor": 3491}, key="too-much")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "refund_above_captured")
    again = await merchant.post(path, {"amount_minor": 3491}, key="too-much")
    assert (again.status_code, again.content) == (refused.status_code, refused.content)
    assert await merchant.entries(payment["id"]) == [("authorised", 3490), ("captured", 3490)]


async def test_capture_in_parts_then_void_releases_the_rest(merchant: Merchant) -> None:
    payment = (await merchant.start(card_token="tok_success", capture="manual")).json()
    path = f"/v1/payments/{payment['id']}"
    part = (await merchant.post(f"{path}/capture", {"amount_minor": 1000}, key="part")).json()
    assert (part["status"], part["captured_minor"]) == ("authorised", 1000)
    rest = (await merchant.post(f"{path}/void", {}, key="rest")).json()
    assert (rest["status"], rest["released_minor"]) == ("captured", 2490)
    entries = await merchant.entries(payment["id"])
    assert entries == [("authorised", 3490), ("captured", 1000), ("voided", 2490)]


async def test_many_refunds_at_once_never_exceed_the_capture(merchant: Merchant) -> None:
    payment = (await merchant.start(card_token="tok_success")).json()
    path = f"/v1/payments/{payment['id']}/refund"
    answers = await asyncio.gather(
        *(merchant.post(path, {"amount_minor": 1000}, key=f"refund-{number}") for number in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [422] * 5
    assert (await merchant.get(f"/v1/payments/{payment['id']}")).json()["refunded_minor"] == 3000


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount_minor": 0}, 400, "bad_input"),
        ({"amount_minor": 12.5}, 400, "bad_input"),
        ({"currency": "euro"}, 400, "bad_input"),
        ({"return_url": "javascript:alert(1)"}, 400, "bad_input"),
        ({"surprise": 1}, 400, "bad_input"),
        ({"method": "bank_redirect", "capture": "manual"}, 422, "capture_mode_unsupported"),
        ({"method": "pay_later"}, 422, "capture_mode_unsupported"),
        ({"method": "app_push", "card_token": "tok_success"}, 422, "card_token_unsupported"),
        ({"card_token": "4242424242424242"}, 422, "card_token_unknown"),
        ({"expires_at": 1.0}, 422, "expires_at_past"),
    ],
)
async def test_bad_requests_are_refused_by_name(
    merchant: Merchant, changes: dict[str, object], status: int, code: str
) -> None:
    before = (await merchant.get("/v1/ledger")).json()
    refused = await merchant.start(**changes)
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert before == (await merchant.get("/v1/ledger")).json()


async def test_strangers_and_missing_keys_are_refused(merchant: Merchant) -> None:
    stranger = await merchant.start(account="sk_sandbox_north_guess")
    assert stranger.status_code == 401
    keyless = await merchant.client.post("/v1/payments", json={}, headers={"authorization": f"Bearer {SOUTH.api_key}"})
    assert (keyless.status_code, keyless.json()["error"]["code"]) == (400, "idempotency_key_missing")


async def test_a_reference_belongs_to_one_payment(merchant: Merchant) -> None:
    await merchant.start(key="one", merchant_reference="order-7")
    second = await merchant.start(key="two", merchant_reference="order-7")
    assert (second.status_code, second.json()["error"]["code"]) == (409, "duplicate_reference")


async def test_the_ledger_is_read_in_pages(merchant: Merchant) -> None:
    await merchant.start(card_token="tok_success")
    whole = (await merchant.get("/v1/ledger")).json()["entries"]
    paged: list[object] = []
    after = 0
    while page := (await merchant.get(f"/v1/ledger?after={after}&limit=1")).json()["entries"]:
        paged += page
        after = page[-1]["seq"]
    assert paged == whole


async def test_the_books_cannot_be_rewritten(merchant: Merchant, folder: Path) -> None:
    await merchant.start(card_token="tok_success")
    with sqlite3.connect(folder / "gateway.sqlite3") as books:
        for statement in ("UPDATE entries SET amount_minor = 1", "DELETE FROM entries"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                books.execute(statement)
    books.close()
