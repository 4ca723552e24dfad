"""Attempts: started once, known in the end, closed before the next, late money told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from springtide.bootstrap import Node
from springtide.contracts.payments.api import (
    AnotherAttemptLive,
    AttemptNotFound,
    AttemptState,
    PaymentMethodUnknown,
)
from springtide.platform.caller import guest, system
from springtide.platform.errors import BadInput, Forbidden, KeyReused
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.context.payments.till import Till

SetClock = Callable[[Node, float], Awaitable[None]]
WAITS: dict[str, Any] = {"webhook": "never"}


async def test_a_buyer_who_approves_at_once_is_authorised(till: Till) -> None:
    attempt = await till.start()
    assert (attempt.state, attempt.authorised_minor, attempt.captured_minor) == (AttemptState.AUTHORISED, 3490, 0)
    assert await till.our_entries(attempt) == await till.gateway_entries(attempt) == [("authorised", 3490)]
    events = await till.fetch("select aggregate_version, convert_from(payload, 'utf8') from payments.outbox")
    assert [(version, '"state":"authorised"' in payload) for version, payload in events] == [(2, True)]


async def test_a_buyer_pays_on_the_gateways_page(till: Till) -> None:
    waiting = await till.start(scenario=WAITS)
    assert waiting.state is AttemptState.AWAITING_BUYER
    assert waiting.redirect_url.startswith(str(till.sandbox.base_url))
    assert (await till.refresh(waiting)).state is AttemptState.AWAITING_BUYER
    assert (await till.pay(waiting)).status_code == 303
    paid = await till.refresh(waiting)
    assert (paid.state, paid.redirect_url) == (AttemptState.AUTHORISED, "")


@pytest.mark.parametrize(
    ("method", "state"),
    [
        ("bank_redirect", AttemptState.CAPTURED),
        ("app_push", AttemptState.CAPTURED),
        ("pay_later", AttemptState.AUTHORISED),
    ],
)
async def test_methods_that_take_at_once_and_methods_that_wait(till: Till, method: str, state: AttemptState) -> None:
    assert (await till.start(method=method)).state is state


async def test_an_invoice_is_authorised_without_a_gateway(till: Till) -> None:
    attempt = await till.start(method="invoice")
    assert attempt.state is AttemptState.AUTHORISED
    await till.capture(attempt)
    assert (await till.now(attempt)).state is AttemptState.CAPTURED


async def test_a_repeated_start_joins_and_another_request_is_refused(till: Till) -> None:
    wanted = {"attempt_id": uuid7(), "checkout_id": uuid7()}
    first = await till.start(**wanted)
    assert await till.start(**wanted) == first
    before = await till.counts()
    with pytest.raises(KeyReused):
        await till.start(**wanted, amount_minor=1)
    assert await till.counts() == before
    assert await till.gateway_entries(first) == [("authorised", 3490)]


async def test_many_starts_at_once_are_one_payment(till: Till) -> None:
    wanted = {"attempt_id": uuid7(), "checkout_id": uuid7()}
    await till.plan(wanted["attempt_id"], {"buyer": "approves", "webhook": "never", "delay_ms": 100})
    attempts = await asyncio.gather(*(till.start(**wanted, scenario={"webhook": "never"}) for _ in range(8)))
    assert {attempt.state for attempt in attempts} == {AttemptState.AUTHORISED}
    assert await till.gateway_entries(attempts[0]) == [("authorised", 3490)]


async def test_a_decline_is_told_in_the_buyers_language(till: Till) -> None:
    attempt = await till.start(scenario={"buyer": "approves", "outcome": "insufficient_funds", "webhook": "never"})
    assert attempt.state is AttemptState.DECLINED
    assert attempt.decline.startswith("Er staat niet genoeg geld op deze rekening")
    assert await till.our_entries(attempt) == []


@pytest.mark.parametrize("fault", ["drop_after", "error_after"])
async def test_a_lost_answer_is_unknown_until_it_is_found_out(till: Till, fault: str) -> None:
    attempt = await till.start(scenario={"buyer": "approves", "webhook": "never", "fault": fault})
    assert (attempt.state, attempt.gateway) == (AttemptState.UNKNOWN, "north")
    found = await till.until(attempt, lambda now: now.state is not AttemptState.UNKNOWN)
    assert (found.state, found.gateway) == (AttemptState.AUTHORISED, "north")
    assert await till.our_entries(attempt) == await till.gateway_entries(attempt) == [("authorised", 3490)]


async def test_an_answer_that_never_was_is_known_after_a_while(till: Till, set_clock: SetClock) -> None:
    attempt = await till.start(scenario={"fault": "error_before", "webhook": "never"})
    assert (await till.refresh(attempt)).state is AttemptState.UNKNOWN
    await set_clock(till.node, 31)
    assert (await till.refresh(attempt)).state is AttemptState.DECLINED
    assert await till.gateway_entries(attempt) == []


async def test_a_gateway_out_of_order_is_followed_by_the_next(till: Till) -> None:
    await till.outage("north", on=True)
    try:
        alone = await till.start()
        second = await till.start(market="SE", currency="SEK")
    finally:
        await till.outage("north", on=False)
    assert alone.state is AttemptState.DECLINED
    assert alone.decline.startswith("Deze betaalmethode werkt nu niet")
    assert (second.state, second.gateway) == (AttemptState.AUTHORISED, "south")
    assert await till.gateway_entries(second, "south") == [("authorised", 3490)]


async def test_another_attempt_closes_the_former_at_its_gateway(till: Till) -> None:
    former = await till.start(scenario=WAITS)
    second = await till.start(checkout_id=former.checkout_id)
    assert (await till.now(former)).state is AttemptState.CLOSED
    assert (await till.at_gateway(former))["status"] == "voided"
    assert second.state is AttemptState.AUTHORISED
    assert (await till.pay(former)).status_code == 303
    assert await till.gateway_entries(former) == []


async def test_another_attempt_is_refused_while_money_is_there(till: Till) -> None:
    paid = await till.start()
    before = await till.counts()
    with pytest.raises(AnotherAttemptLive) as refused:
        await till.start(checkout_id=paid.checkout_id)
    assert refused.value.facts == {"attempt_id": str(paid.id), "state": "authorised"}
    assert await till.counts() == before


async def test_a_buyer_who_paid_before_the_closing_is_not_forgotten(till: Till) -> None:
    waiting = await till.start(scenario=WAITS, method="bank_redirect")
    await till.pay(waiting, {"act": "approve"})
    closed = await till.close(waiting)
    assert (closed.state, closed.captured_minor, closed.late) == (AttemptState.CAPTURED, 3490, False)


async def test_time_runs_out_at_the_gateway_too(till: Till, set_clock: SetClock) -> None:
    waiting = await till.start(scenario=WAITS)
    await set_clock(till.node, 901)
    await till.turn()
    assert (await till.now(waiting)).state is AttemptState.EXPIRED
    assert (await till.at_gateway(waiting))["status"] == "voided"


async def test_a_lost_message_is_made_up_for_by_looking(till: Till, set_clock: SetClock) -> None:
    waiting = await till.start(scenario=WAITS)
    await till.pay(waiting)
    await set_clock(till.node, 5)
    await till.turn()
    assert (await till.now(waiting)).state is AttemptState.AUTHORISED


async def test_late_money_is_told_and_goes_back_when_asked(till: Till, set_clock: SetClock) -> None:
    waiting = await till.start(scenario={"buyer": "late_success", "buyer_after_ms": 100}, expires_after_s=60)
    await set_clock(till.node, 61)
    with till.later_at_the_gateway(61):
        gone = await till.until(waiting, lambda now: now.state is AttemptState.EXPIRED)
        assert gone.late is False
        second = await till.start(checkout_id=waiting.checkout_id)
        await till.deliver(await till.message_about(waiting, "payment.authorised"))
    late = await till.now(waiting)
    assert (late.state, late.late, late.authorised_minor) == (AttemptState.AUTHORISED, True, 3490)
    assert (await till.undo(late)).state is AttemptState.VOIDED
    assert (await till.now(second)).state is AttemptState.AUTHORISED


async def test_undo_voids_what_is_authorised_and_refunds_what_is_captured(till: Till) -> None:
    authorised, captured = await till.start(), await till.start(method="bank_redirect")
    assert (await till.undo(authorised)).state is AttemptState.VOIDED
    assert (await till.undo(captured)).state is AttemptState.REFUNDED
    assert await till.gateway_entries(authorised) == [("authorised", 3490), ("voided", 3490)]
    assert await till.gateway_entries(captured) == [("authorised", 3490), ("captured", 3490), ("refunded", 3490)]
    assert (await till.undo(captured)).state is AttemptState.REFUNDED
    assert len(await till.gateway_entries(captured)) == 3


async def test_undo_of_an_unknown_outcome_waits_until_it_is_known(till: Till) -> None:
    attempt = await till.start(scenario={"buyer": "approves", "webhook": "never", "fault": "drop_after"})
    await till.undo(attempt)
    undone = await till.until(attempt, lambda now: now.state is AttemptState.VOIDED)
    assert await till.our_entries(undone) == [("authorised", 3490), ("voided", 3490)]


async def test_undo_of_a_waiting_buyer_closes_the_page(till: Till) -> None:
    waiting = await till.start(scenario=WAITS)
    assert (await till.undo(waiting)).state is AttemptState.CLOSED
    assert (await till.at_gateway(waiting))["status"] == "voided"


async def test_undo_survives_an_outage(till: Till) -> None:
    attempt = await till.start(method="bank_redirect")
    await till.outage("north", on=True)
    try:
        assert (await till.undo(attempt)).state is AttemptState.CAPTURED
    finally:
        await till.outage("north", on=False)
    undone = await till.until(attempt, lambda now: now.state is AttemptState.REFUNDED)
    assert await till.gateway_entries(undone) == [("authorised", 3490), ("captured", 3490), ("refunded", 3490)]


async def test_methods_belong_to_a_market(till: Till) -> None:
    offered = {
        market: [method.key for method in await till.api.methods(caller=guest(), market=market)]
        for market in ("NL", "SE", "GB")
    }
    assert offered == {
        "NL": ["card", "bank_redirect", "app_push", "pay_later", "invoice"],
        "SE": ["card"],
        "GB": [],
    }
    small = await till.api.methods(caller=guest(), market="NL", amount_minor=50)
    assert "pay_later" not in [method.key for method in small]


async def test_refusals_change_nothing(till: Till) -> None:
    before = await till.counts()
    with pytest.raises(PaymentMethodUnknown):
        await till.start(market="GB")
    with pytest.raises(AttemptNotFound):
        await till.api.refresh(caller=till.caller, attempt_id=uuid7())
    with pytest.raises(Forbidden):
        await till.api.undo(caller=guest(), key=new_key(), attempt_id=uuid7(), reason="no right")
    assert await till.counts() == before


async def test_the_card_number_is_in_no_table(till: Till) -> None:
    waiting = await till.start(scenario={})
    await till.pay(waiting)
    await till.deliver(await till.message_about(waiting, "payment.authorised"))
    assert (await till.now(waiting)).state is AttemptState.AUTHORISED
    for table in ("attempt", "ledger", "operation", "message", "outbox", "audit", "idempotency"):
        rows = str(await till.fetch(f"select row_to_json(t)::text from payments.{table} t"))  # noqa: S608 - our names
        assert "4242424242424242" not in rows
        assert b"4242424242424242".hex() not in rows


async def test_attempts_are_counted_by_day_and_gateway_with_those_declined(till: Till) -> None:
    for scenario in (None, None, {"buyer": "approves", "outcome": "insufficient_funds", "webhook": "never"}):
        await till.start(scenario=scenario)
    await till.start(method="invoice")
    zone = "Pacific/Auckland"
    today = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    span = {"since": today - timedelta(days=1), "until": today + timedelta(days=2), "timezone": zone}
    found = {one.gateway: one for one in await till.api.attempt_days(caller=system("peak"), **span)}
    assert (found["north"].attempts, found["north"].declined) == (3, 1)
    assert (found["invoice"].attempts, found["invoice"].declined) == (1, 0)
    assert 1 <= found["north"].busiest_second == found["invoice"].busiest_second <= 4
    assert await till.api.attempt_days(caller=system("peak"), **{**span, "until": today}) == ()
    for wrong in ({**span, "until": today - timedelta(days=5)}, {**span, "timezone": "Mars/Olympus"}):
        with pytest.raises(BadInput):
            await till.api.attempt_days(caller=system("peak"), **wrong)
    with pytest.raises(Forbidden):
        await till.api.attempt_days(caller=guest(), **span)
