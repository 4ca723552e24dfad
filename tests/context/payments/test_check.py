"""The check finds every kind of difference, and nothing where there is none."""

import httpx2
import pytest

from springtide.platform.ids import uuid7
from tests.context.payments.till import Till


async def rules(till: Till) -> list[str]:
    return sorted({finding.rule for finding in await till.check()})


async def busy_day(till: Till) -> None:
    """Payments of every ending."""
    await till.start()
    captured = await till.start(method="bank_redirect")
    await till.refund(captured, 490)
    await till.until(captured, lambda now: now.refunded_minor == 490)
    await till.undo(await till.start())
    await till.start(scenario={"buyer": "declines", "webhook": "never"})
    await till.start(scenario={"webhook": "never"})
    lowered = await till.start()
    await till.refund(lowered, 1000)
    await till.capture(lowered)
    await till.until(lowered, lambda now: now.captured_minor == 2490)
    await till.capture(await till.start(method="invoice"))


async def test_an_ordinary_day_is_clean(till: Till) -> None:
    await busy_day(till)
    assert await till.check() == ()


async def at_gateway(till: Till, path: str, body: dict[str, object]) -> httpx2.Response:
    headers = {"authorization": f"Bearer {till.keys['north'].api_key}", "idempotency-key": str(uuid7())}
    answer = await till.sandbox.post(path, json=body, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer


async def test_money_at_the_gateway_that_nobody_here_knows(till: Till) -> None:
    await busy_day(till)
    body = {
        "merchant_reference": "planted",
        "method": "card",
        "amount_minor": 99,
        "currency": "EUR",
        "return_url": "http://127.0.0.1:9/",
        "card_token": "tok_success",
    }
    await at_gateway(till, "/v1/payments", body)
    (finding,) = await till.check()
    assert (finding.rule, finding.subject) == ("gateway_payment_unknown_here", "planted")
    assert finding.detail == "north: authorised 99, captured 99"


async def test_a_refund_made_behind_our_back(till: Till) -> None:
    attempt = await till.start(method="bank_redirect")
    await at_gateway(till, f"/v1/payments/{attempt.provider_ref}/refund", {"amount_minor": 300})
    (finding,) = await till.check()
    assert (finding.rule, finding.subject) == ("payment_differs_from_gateway", str(attempt.id))
    assert finding.detail == "north: refunded 300 there, 0 here"


async def test_money_here_that_the_gateway_never_had(till: Till) -> None:
    attempt = await till.start()
    await till.execute("update payments.attempt set gateway = 'south'")
    findings = {(finding.rule, finding.subject) for finding in await till.check()}
    assert findings == {
        ("payment_differs_from_gateway", str(attempt.id)),
        ("gateway_payment_unknown_here", str(attempt.id)),
    }


PLANTED = {
    "captured more": ("update payments.attempt set captured_minor = 10", "attempt_differs_from_ledger"),
    "unknown": (
        "update payments.attempt set state = 'unknown', started_at = now() - interval '2 hours'",
        "payment_outcome_open_too_long",
    ),
    "waiting": (
        "update payments.attempt set state = 'awaiting_buyer', expires_at = now() - interval '2 hours'",
        "payment_outcome_open_too_long",
    ),
    "not undone": ("update payments.attempt set undo_reason = 'sold out'", "payment_not_undone"),
    "operation": (
        """insert into payments.operation
               (id, attempt_id, checkout_id, kind, amount_minor, state, reason, cause, ordered_at)
           select gen_random_uuid(), id, checkout_id, 'refund', 1, 'pending', '', '', now() - interval '2 hours'
           from payments.attempt""",
        "payment_operation_open_too_long",
    ),
    "message": (
        """insert into payments.message
               (gateway, event_id, kind, merchant_reference, provider_refs, received_at, due_at)
           values ('north', 'e', 'k', 'm', '{p}', now() - interval '2 hours', now())""",
        "gateway_message_parked_too_long",
    ),
    "orphan": (
        """insert into payments.ledger
           select gen_random_uuid(), now(), gen_random_uuid(), gen_random_uuid(), 'north', 'captured', 5, 'EUR', 'x', ''
        """,
        "ledger_without_attempt",
    ),
    "twice": (
        """update payments.attempt set late = true;
           insert into payments.attempt
           select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'late', false))).*
           from payments.attempt a""",
        "checkout_paid_twice",
    ),
}


@pytest.mark.parametrize(("statement", "rule"), PLANTED.values(), ids=PLANTED.keys())
async def test_planted_differences_are_named(till: Till, statement: str, rule: str) -> None:
    await till.start()
    assert await till.check() == ()
    await till.execute(statement)
    assert rule in await rules(till)


async def test_a_gateway_that_does_not_answer_is_a_finding(till: Till) -> None:
    await till.start()
    await till.outage("north", on=True)
    assert await rules(till) == ["gateway_ledger_unreadable"]
