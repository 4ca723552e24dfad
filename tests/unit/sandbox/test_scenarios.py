"""Everything that can go wrong on command."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from springtide.sandbox.keys import account_keys, sign
from tests.fakes.serving import Mailbox, sandbox_program
from tests.unit.sandbox.conftest import NORTH, Merchant

DEADLINE_S = 10.0


async def poll(merchant: Merchant, payment_id: str, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask until the payment is as wanted."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            found: dict[str, Any] = (await merchant.get(f"/v1/payments/{payment_id}")).json()
            if is_wanted(found):
                return found
            await asyncio.sleep(0.02)


async def test_failing_before_does_nothing_and_a_repeat_works(merchant: Merchant) -> None:
    wanted = {"merchant_reference": "fb", "card_token": "tok_success", "scenario": {"fault": "error_before"}}
    assert (await merchant.start(key="fb", **wanted)).status_code == 500
    assert (await merchant.get("/v1/payments?merchant_reference=fb")).status_code == 404
    assert (await merchant.start(key="fb", **wanted)).status_code == 201


@pytest.mark.parametrize("fault", ["error_after", "drop_after"])
async def test_a_lost_answer_is_found_again(merchant: Merchant, fault: str) -> None:
    wanted = {"merchant_reference": fault, "card_token": "tok_success", "scenario": {"fault": fault}}
    if fault == "drop_after":
        with pytest.raises(httpx2.RemoteProtocolError):
            await merchant.start(key=fault, **wanted)
    else:
        assert (await merchant.start(key=fault, **wanted)).status_code == 500
    found = (await merchant.get(f"/v1/payments?merchant_reference={fault}")).json()
    again = (await merchant.start(key=fault, **wanted)).json()
    assert (found["status"], found["id"]) == ("captured", again["id"])
    assert await merchant.entries(found["id"]) == [("authorised", 3490), ("captured", 3490)]


async def test_a_lost_refund_is_done_once(merchant: Merchant) -> None:
    scenario = {"fault": "error_after", "fault_on": "refund", "fault_times": 2}
    payment = (await merchant.start(card_token="tok_success", scenario=scenario)).json()
    path, key = f"/v1/payments/{payment['id']}/refund", f"refund-{payment['id']}"
    answers = [(await merchant.post(path, {"amount_minor": 100}, key=key)).status_code for _ in range(3)]
    assert answers == [500, 500, 200]
    assert (await merchant.entries(payment["id"]))[2:] == [("refunded", 100)]


async def test_delay_takes_its_time(merchant: Merchant) -> None:
    began = time.monotonic()
    await merchant.start(card_token="tok_success", scenario={"delay_ms": 60, "answer_delay_ms": 60})
    assert time.monotonic() - began >= 0.12


async def test_planned_scenarios_meet_matching_payments_so_often(merchant: Merchant) -> None:
    scenario = {"outcome": "insufficient_funds"}
    await merchant.admin(
        "scenarios", {"account": "north", "scenario": scenario, "times": 1, "match": {"amount_minor": 777}}
    )
    other = (await merchant.start(card_token="tok_success")).json()
    met = (await merchant.start(card_token="tok_success", amount_minor=777)).json()
    later = (await merchant.start(card_token="tok_success", amount_minor=777)).json()
    assert [other["status"], met["status"], later["status"]] == ["captured", "declined", "captured"]


async def test_outage_turns_everything_away_and_does_nothing(merchant: Merchant) -> None:
    await merchant.admin("outage", {"account": "north", "on": True})
    refused = await merchant.start(key="out", merchant_reference="out", card_token="tok_success")
    await merchant.admin("outage", {"account": "north", "on": False})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "gateway_outage")
    assert (await merchant.get("/v1/payments?merchant_reference=out")).status_code == 404
    assert (await merchant.start(key="out", merchant_reference="out", card_token="tok_success")).status_code == 201


@pytest.mark.parametrize(
    ("buyer", "status"), [("approves", "captured"), ("declines", "declined"), ("cancels", "declined")]
)
async def test_a_buyer_may_act_alone(merchant: Merchant, buyer: str, status: str) -> None:
    payment = (await merchant.start(scenario={"buyer": buyer, "buyer_after_ms": 30})).json()
    assert payment["status"] == "awaiting_buyer"
    await poll(merchant, payment["id"], lambda found: bool(found["status"] == status))


async def test_a_buyer_who_never_returns_has_paid(merchant: Merchant) -> None:
    payment = (await merchant.start(scenario={"buyer": "never_returns"}, method="bank_redirect")).json()
    await poll(merchant, payment["id"], lambda found: bool(found["status"] == "captured"))


async def clock(merchant: Merchant, *, advance_s: float = 0.0) -> float:
    """Move the gateway's clock on; gives its time. A deadline of a moment would be over before a slow machine asks."""
    moved: dict[str, float] = (await merchant.client.post("/admin/clock", json={"advance_s": advance_s})).json()
    return moved["now"]


async def test_too_late_is_told_and_costs_nothing(merchant: Merchant) -> None:
    ends = await clock(merchant) + 60
    payment = (await merchant.start(expires_at=ends, scenario={"buyer": "approves_late"})).json()
    assert payment["status"] == "awaiting_buyer"
    await clock(merchant, advance_s=60)
    await poll(merchant, payment["id"], lambda found: bool(found["status"] == "expired"))
    page = await merchant.client.post(payment["redirect_url"], data={"number": "4242424242424242"})
    assert page.status_code == 410
    assert "Nothing was taken" in page.text
    assert await merchant.entries(payment["id"]) == []


async def test_money_may_arrive_after_the_deadline(merchant: Merchant, mailbox: Mailbox) -> None:
    scenario = {"buyer": "late_success", "buyer_after_ms": 50}
    payment = (await merchant.start(expires_at=await clock(merchant) + 60, scenario=scenario)).json()
    await clock(merchant, advance_s=60)
    found = await poll(merchant, payment["id"], lambda found: bool(found["status"] == "captured"))
    assert found["late"] is True
    messages = await mailbox.wait_for(lambda body: payment["id"].encode() in body, count=2)
    assert [b'"type":"payment.expired"' in body for _, body in messages] == [True, False]


async def test_messages_are_signed_and_repeated_until_they_are_taken(merchant: Merchant, mailbox: Mailbox) -> None:
    mailbox.status = 500
    payment = (await merchant.start(card_token="tok_success")).json()
    await mailbox.wait_for(lambda body: payment["id"].encode() in body, count=1)
    mailbox.status = 204
    headers, body = (await mailbox.wait_for(lambda body: payment["id"].encode() in body, count=2))[1]
    stamp = int(headers["sandbox-signature"].partition("t=")[2].partition(",")[0])
    assert headers["sandbox-signature"] == sign(webhook_secret=NORTH.webhook_secret, body=body, at_s=stamp)


async def test_the_message_may_come_before_the_answer(merchant: Merchant, mailbox: Mailbox) -> None:
    scenario = {"webhook": "first", "answer_delay_ms": 0}
    payment = (await merchant.start(card_token="tok_success", scenario=scenario)).json()
    assert any(payment["id"].encode() in body for _, body in mailbox.messages)


async def test_the_message_may_come_twice(merchant: Merchant, mailbox: Mailbox) -> None:
    payment = (await merchant.start(card_token="tok_success", scenario={"webhook": "twice"})).json()
    messages = await mailbox.wait_for(lambda body: payment["id"].encode() in body, count=2)
    assert messages[0][1] == messages[1][1]


async def test_the_message_may_never_come(merchant: Merchant, mailbox: Mailbox) -> None:
    silent = (await merchant.start(card_token="tok_success", scenario={"webhook": "never"})).json()
    told = (await merchant.start(card_token="tok_success")).json()
    await mailbox.wait_for(lambda body: told["id"].encode() in body)
    listed = (await merchant.client.get("/admin/webhooks")).json()["webhooks"]
    assert silent["id"] not in {webhook["payment_id"] for webhook in listed}


async def test_the_message_may_be_late(merchant: Merchant, mailbox: Mailbox) -> None:
    scenario = {"webhook": "late", "webhook_delay_ms": 150}
    began = time.monotonic()
    payment = (await merchant.start(card_token="tok_success", scenario=scenario)).json()
    await mailbox.wait_for(lambda body: payment["id"].encode() in body)
    assert time.monotonic() - began >= 0.15


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    program = sandbox_program(tmp_path)
    program.start()
    keys = account_keys(secret=(tmp_path / "secret").read_text(encoding="ascii"), account="shop")
    headers = {"authorization": f"Bearer {keys.api_key}", "idempotency-key": "k"}
    body = {
        "merchant_reference": "r",
        "method": "card",
        "amount_minor": 500,
        "currency": "SEK",
        "return_url": "http://127.0.0.1:9/",
        "card_token": "tok_success",
    }
    try:
        first = httpx2.post(f"{program.origin}/v1/payments", json=body, headers=headers, trust_env=False)
        program.kill()
        program.start()
        again = httpx2.post(f"{program.origin}/v1/payments", json=body, headers=headers, trust_env=False)
        listing = httpx2.get(f"{program.origin}/v1/ledger", headers=headers, trust_env=False).json()
    finally:
        program.stop()
    assert (first.status_code, first.content) == (201, again.content)
    assert [entry["kind"] for entry in listing["entries"]] == ["authorised", "captured"]
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
