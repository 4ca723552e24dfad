"""Captures and refunds: limits, order, lost answers, and books that agree."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import psycopg
import pytest

from springtide.bootstrap import Node
from springtide.contexts.payments.providers.sandbox import SandboxProvider
from springtide.contracts.payments.api import (
    AmountRefused,
    AttemptNotFound,
    AttemptNotLive,
    AttemptState,
    OperationState,
)
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.context.payments.till import Till

SetClock = Callable[[Node, float], Awaitable[None]]
WINDOW_S = SandboxProvider.unknown_outcome.window_s


async def test_capture_whole_then_refund_in_parts(till: Till) -> None:
    attempt = await till.start()
    await till.capture(attempt)
    assert (await till.now(attempt)).state is AttemptState.CAPTURED
    await till.refund(attempt, 1000)
    await till.refund(attempt, 2490)
    assert (await till.now(attempt)).state is AttemptState.REFUNDED
    expected = [("authorised", 3490), ("captured", 3490), ("refunded", 1000), ("refunded", 2490)]
    assert await till.our_entries(attempt) == await till.gateway_entries(attempt) == expected
    causes = [row.cause for row in (await till.payment(attempt)).ledger]
    assert causes == ["", "shipped", "adjustment-1", "adjustment-1"]


async def test_capture_in_parts(till: Till) -> None:
    attempt = await till.start()
    await till.capture(attempt, 1000)
    part = await till.now(attempt)
    assert (part.state, part.captured_minor) == (AttemptState.AUTHORISED, 1000)
    await till.capture(attempt, None)
    assert (await till.now(attempt)).state is AttemptState.CAPTURED


async def test_a_repeated_order_is_one_order(till: Till) -> None:
    attempt = await till.start()
    first = await till.capture(attempt, 1000, key="capture-of-shipment-1")
    assert await till.capture(attempt, 1000, key="capture-of-shipment-1") == first
    assert await till.gateway_entries(attempt) == [("authorised", 3490), ("captured", 1000)]


@pytest.mark.parametrize("amount_minor", [0, -1, 3491])
async def test_more_than_there_is_is_refused_and_changes_nothing(till: Till, amount_minor: int) -> None:
    attempt = await till.start()
    before = await till.counts()
    with pytest.raises(AmountRefused) as refused:
        await till.capture(attempt, amount_minor)
    assert refused.value.facts == {"wanted_minor": amount_minor, "possible_minor": 3490}
    with pytest.raises(AmountRefused):
        await till.refund(attempt, amount_minor)
    assert await till.counts() == before


async def test_refunds_at_once_never_exceed_the_capture(till: Till) -> None:
    attempt = await till.start(method="bank_redirect")
    results = await asyncio.gather(*(till.refund(attempt, 1000) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(result, AmountRefused) for result in results) == 3
    refunded = await till.until(attempt, lambda now: now.refunded_minor == 3000)
    assert refunded.state is AttemptState.CAPTURED
    assert (await till.at_gateway(attempt))["refunded_minor"] == 3000


async def test_a_refund_of_what_is_only_authorised_voids_it(till: Till) -> None:
    attempt = await till.start()
    operation = await till.refund(attempt, 3490)
    assert operation.kind == "void"
    assert (await till.now(attempt)).state is AttemptState.VOIDED


async def test_a_refund_of_a_part_lowers_the_capture_and_the_rest_is_released(till: Till) -> None:
    attempt = await till.start()
    operation = await till.refund(attempt, 490)
    assert (operation.kind, operation.amount_minor, operation.state) == ("void", 490, OperationState.DONE)
    assert await till.gateway_entries(attempt) == [("authorised", 3490)]
    with pytest.raises(AmountRefused):
        await till.capture(attempt, 3001)
    await till.capture(attempt, None)
    done = await till.until(attempt, lambda now: now.state is AttemptState.CAPTURED)
    assert done.captured_minor == 3000
    assert await till.gateway_entries(attempt) == [("authorised", 3490), ("captured", 3000), ("voided", 490)]


async def test_a_lost_refund_is_done_once(till: Till) -> None:
    scenario = {"buyer": "approves", "webhook": "never", "fault": "error_after", "fault_on": "refund"}
    attempt = await till.start(method="bank_redirect", scenario=scenario)
    await till.refund(attempt, 1000)
    payment = await till.payment(attempt)
    assert [(row.kind, row.state) for row in payment.operations] == [("refund", OperationState.PENDING)]
    await till.until(attempt, lambda now: now.refunded_minor == 1000)
    assert [row.state for row in (await till.payment(attempt)).operations] == [OperationState.DONE]
    assert (await till.at_gateway(attempt))["refunded_minor"] == 1000


async def test_a_refund_whose_answer_was_lost_is_found_after_an_outage_longer_than_the_window(
    till: Till, set_clock: SetClock
) -> None:
    scenario = {"buyer": "approves", "webhook": "never", "fault": "error_after", "fault_on": "refund"}
    attempt = await till.start(method="bank_redirect", scenario=scenario)
    await till.refund(attempt, 1000)
    await till.outage("north", on=True)
    try:
        await set_clock(till.node, WINDOW_S + 60)
        await till.turn()
        waiting = (await till.payment(attempt)).operations
    finally:
        await till.outage("north", on=False)
    assert [row.state for row in waiting] == [OperationState.PENDING]
    await set_clock(till.node, WINDOW_S + 120)
    await till.turn()
    assert [row.state for row in (await till.payment(attempt)).operations] == [OperationState.DONE]
    assert (await till.now(attempt)).refunded_minor == 1000
    expected = [("authorised", 3490), ("captured", 3490), ("refunded", 1000)]
    assert await till.our_entries(attempt) == await till.gateway_entries(attempt) == expected


async def test_an_order_that_an_outage_kept_away_is_carried_out_after_it(till: Till, set_clock: SetClock) -> None:
    attempt = await till.start()
    await till.outage("north", on=True)
    try:
        await till.capture(attempt)
    finally:
        await till.outage("north", on=False)
    await set_clock(till.node, WINDOW_S + 60)
    await till.turn()
    assert (await till.now(attempt)).state is AttemptState.CAPTURED
    assert await till.gateway_entries(attempt) == [("authorised", 3490), ("captured", 3490)]


async def test_an_order_without_an_answer_fails_once_the_gateway_says_it_was_not_done(
    till: Till, set_clock: SetClock
) -> None:
    fault = {"fault": "error_before", "fault_on": "refund", "fault_times": 100}
    attempt = await till.start(method="bank_redirect", scenario={"buyer": "approves", "webhook": "never", **fault})
    await till.refund(attempt, 1000)
    await set_clock(till.node, WINDOW_S + 60)
    await till.turn()
    (operation,) = (await till.payment(attempt)).operations
    assert operation.state is OperationState.FAILED
    assert operation.why.startswith("no answer within the gateway's window")
    assert (await till.at_gateway(attempt))["refunded_minor"] == 0


async def test_what_the_gateway_refuses_for_good_is_told(till: Till) -> None:
    attempt = await till.start()
    headers = {"authorization": f"Bearer {till.keys['north'].api_key}", "idempotency-key": str(uuid7())}
    await till.sandbox.post(f"/v1/payments/{attempt.provider_ref}/void", json={}, headers=headers)
    await till.capture(attempt)
    (operation,) = (await till.payment(attempt)).operations
    assert (operation.state, operation.why) == (OperationState.FAILED, "wrong_state")
    assert (await till.now(attempt)).state is AttemptState.VOIDED
    types = await till.fetch("select type from payments.outbox order by seq")
    assert ("payments.operation_failed",) in types


async def test_orders_are_carried_out_in_their_order(till: Till) -> None:
    attempt = await till.start()
    await till.outage("north", on=True)
    try:
        await till.capture(attempt)
        await till.refund(attempt, 490)
    finally:
        await till.outage("north", on=False)
    await till.until(attempt, lambda now: now.refunded_minor == 490)
    assert await till.gateway_entries(attempt) == [("authorised", 3490), ("captured", 3490), ("refunded", 490)]


async def test_nothing_to_capture_or_refund(till: Till) -> None:
    declined = await till.start(scenario={"buyer": "declines", "webhook": "never"})
    with pytest.raises(AttemptNotLive):
        await till.refund(declined, 1)
    captured = await till.start(method="bank_redirect")
    with pytest.raises(AttemptNotLive):
        await till.capture(captured)
    with pytest.raises(AttemptNotFound):
        await till.capture(msgspec.structs.replace(declined, checkout_id=uuid7()))


async def test_staff_without_the_permission_is_refused(till: Till) -> None:
    attempt = await till.start()
    clerk = Caller(actor="clerk", kind=Kind.STAFF, scopes=frozenset({"orders.read"}))
    with pytest.raises(Forbidden):
        await till.api.capture(
            caller=clerk, key=new_key(), checkout_id=attempt.checkout_id, amount_minor=1, reason="curious"
        )
    assert await till.our_entries(attempt) == [("authorised", 3490)]


async def test_the_ledger_cannot_be_rewritten(till: Till) -> None:
    await till.start()
    for statement in ("update payments.ledger set amount_minor = 1", "delete from payments.ledger"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            await till.execute(statement)


async def test_sums_by_checkout_in_pages(till: Till) -> None:
    attempts = [await till.start(method=method) for method in ("card", "bank_redirect", "card")]
    await till.refund(attempts[1], 90)
    await till.until(attempts[1], lambda now: now.refunded_minor == 90)
    sums, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = await till.api.money(caller=till.caller, after=after, limit=2)
        sums += page.items
        after, pages = page.after, pages + 1
    found = {row.checkout_id: (row.authorised_minor, row.captured_minor, row.refunded_minor, row.open) for row in sums}
    assert found == {
        attempts[0].checkout_id: (3490, 0, 0, False),
        attempts[1].checkout_id: (3490, 3490, 90, False),
        attempts[2].checkout_id: (3490, 0, 0, False),
    }
