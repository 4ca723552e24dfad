"""One door for messages: verified, taken once, parked while early."""

import asyncio

import pytest

from springtide.contracts.payments.api import AttemptState, WebhookRefused
from springtide.platform.caller import guest
from springtide.platform.ids import uuid7
from tests.context.payments.till import Till, until


async def parked(till: Till) -> int:
    ((count,),) = await till.fetch("select count(*) from payments.message where due_at is not null")
    return int(count)


async def test_a_message_brings_the_payment(till: Till) -> None:
    waiting = await till.start(scenario={})
    await till.pay(waiting)
    await till.deliver(await till.message_about(waiting, "payment.authorised"))
    assert (await till.now(waiting)).state is AttemptState.AUTHORISED
    assert await parked(till) == 0


async def test_a_message_is_taken_once(till: Till) -> None:
    attempt = await till.start(scenario={"buyer": "approves", "webhook": "twice"})
    message = await till.message_about(attempt, "payment.authorised")
    for _ in range(3):
        await till.deliver(message)
    assert await till.our_entries(attempt) == [("authorised", 3490)]
    assert await till.fetch("select count(*) from payments.message") == [(1,)]


async def test_a_message_that_tells_nothing_new_costs_no_call(till: Till) -> None:
    attempt = await till.start(scenario={"buyer": "approves"})
    message = await till.message_about(attempt, "payment.authorised")
    await till.outage("north", on=True)
    await till.deliver(message)
    assert await parked(till) == 0


async def test_an_older_message_takes_nothing_back(till: Till) -> None:
    attempt = await till.start(scenario={"buyer": "approves"}, method="bank_redirect")
    older = await till.message_about(attempt, "payment.captured")
    await till.refund(attempt, 490)
    await till.until(attempt, lambda now: now.refunded_minor == 490)
    await till.deliver(older)
    assert ((await till.now(attempt)).refunded_minor, await parked(till)) == (490, 0)


async def test_a_message_before_the_answer_is_parked(till: Till) -> None:
    attempt_id, checkout_id = uuid7(), uuid7()
    scenario = {"buyer": "approves", "webhook": "first", "answer_delay_ms": 400}
    starting = asyncio.create_task(till.start(attempt_id=attempt_id, checkout_id=checkout_id, scenario=scenario))

    async def there() -> tuple[dict[str, str], bytes] | None:
        return next((message for message in till.mailbox.messages if str(attempt_id).encode() in message[1]), None)

    message = await until(there)
    assert not starting.done()
    await till.deliver(message)
    assert await parked(till) == 1
    attempt = await starting
    assert (attempt.state, await parked(till)) == (AttemptState.AUTHORISED, 0)
    assert await till.our_entries(attempt) == [("authorised", 3490)]


async def test_a_message_about_a_payment_nobody_knows_yet_waits_for_it(till: Till) -> None:
    attempt = await till.start(scenario={"buyer": "approves"})
    message = await till.message_about(attempt, "payment.authorised")
    for table in ("ledger", "attempt"):  # as if the message came before the attempt was written down
        await till.execute(f"alter table payments.{table} disable trigger user")
        await till.execute(f"create table payments.{table}_kept as table payments.{table}")
        await till.execute(f"delete from payments.{table}")  # noqa: S608 - our names
    await till.deliver(message)
    assert await parked(till) == 1
    for table in ("attempt", "ledger"):
        await till.execute(f"insert into payments.{table} select * from payments.{table}_kept")  # noqa: S608 - as above

    async def taken() -> bool | None:
        await till.turn()
        return None if await parked(till) else True

    assert await until(taken)


@pytest.mark.parametrize("what", ["body", "signature", "nothing", "gateway"])
async def test_a_forged_message_is_refused_and_changes_nothing(till: Till, what: str) -> None:
    attempt = await till.start(scenario={"buyer": "approves"})
    headers, body = await till.message_about(attempt, "payment.authorised")
    forged = {
        "body": ("north", headers, body.replace(b'"authorised_minor":3490', b'"authorised_minor":9490')),
        "signature": ("north", {**headers, "sandbox-signature": "t=1,v1=00"}, body),
        "nothing": ("north", {}, body),
        "gateway": ("south", headers, body),
    }[what]
    before = await till.counts()
    with pytest.raises(WebhookRefused):
        await till.api.webhook(caller=guest(), gateway=forged[0], headers=forged[1], body=forged[2])
    assert await till.counts() == before


async def test_a_message_to_a_gateway_that_sends_none_is_refused(till: Till) -> None:
    for gateway in ("invoice", "nobody"):
        with pytest.raises(WebhookRefused):
            await till.api.webhook(caller=guest(), gateway=gateway, headers={}, body=b"{}")


async def test_a_cancelled_payment_is_told_by_its_message(till: Till) -> None:
    waiting = await till.start(scenario={})
    await till.pay(waiting, {"act": "cancel"})
    await till.deliver(await till.message_about(waiting, "payment.declined"))
    declined = await till.now(waiting)
    assert (declined.state, declined.decline) == (
        AttemptState.DECLINED,
        "U hebt de betaling geannuleerd. Er is niets afgeschreven.",
    )
