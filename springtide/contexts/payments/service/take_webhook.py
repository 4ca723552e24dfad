"""The door for gateways' messages: verified, written down once, worked off, parked while they are early."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from springtide.contexts.payments.domain import pauses
from springtide.contexts.payments.domain.attempt import settle
from springtide.contexts.payments.domain.view import PaymentView
from springtide.contexts.payments.providers import port
from springtide.contexts.payments.service.attempt_lane import Heard
from springtide.contexts.payments.service.hear import hear
from springtide.contexts.payments.service.start_order import trace_of
from springtide.contexts.payments.service.tools import Tools, log
from springtide.contexts.payments.store.attempts import AttemptRow, find_attempt
from springtide.contexts.payments.store.messages import MessageRow, NewMessage, SettledMessage, attempt_of_message
from springtide.contracts.payments.api import AttemptState, WebhookRefused
from springtide.platform import tracing
from springtide.platform.caller import Caller
from springtide.platform.telemetry import current_trace

BODY_LIMIT_BYTES = 256 * 1024


async def take_webhook(tools: Tools, caller: Caller, *, gateway: str, headers: Mapping[str, str], body: bytes) -> None:
    """Verify a message and write it down; one that came before is known. `WebhookRefused`."""
    event = _verified(tools, gateway, headers, body)
    message = await tools.lane.take(
        caller,
        NewMessage(
            gateway=gateway,
            event_id=event.event_id,
            kind=event.kind,
            merchant_reference=event.merchant_reference or "",
            provider_refs=list(event.provider_refs),
            due_after_s=pauses.LOOK_LEASE_S,
        ),
    )
    if message is not None:
        await tools.soon(work_off(tools, message, event.view))


async def work_off(tools: Tools, message: MessageRow, view: PaymentView | None = None) -> None:
    """Bring the attempt that a message speaks of to what the gateway says; park the message when it is early."""
    async with tools.db.read() as read:
        attempt_id = await attempt_of_message(read, message)
        row = None if attempt_id is None else await find_attempt(read, attempt_id)
    if row is None or row.state is AttemptState.STARTING:
        await _park(tools, message)
        return
    with tracing.span("payments.message", parent=trace_of(row), links=(current_trace(),), gateway=row.gateway):
        await _settle(tools, message, row, view)


async def _settle(tools: Tools, message: MessageRow, row: AttemptRow, view: PaymentView | None) -> None:
    done = SettledMessage(gateway=message.gateway, event_id=message.event_id, attempt_id=row.id)
    if view is not None and settle(row.standing, view) is None:
        await tools.lane.settle(tools.caller, done)
        return
    said = await _look(tools, row, message)
    if said is None:
        await _park(tools, message)
        return
    await hear(tools, Heard(attempt_id=row.id, what="view", view=said, message=done))


async def work_off_parked(tools: Tools, row: AttemptRow, parked: Sequence[MessageRow]) -> AttemptRow:
    """Work off what came before the answer to a start did."""
    if not parked:
        return row
    for message in parked:
        await work_off(tools, message)
    async with tools.db.read() as read:
        return await find_attempt(read, row.id)


async def _look(tools: Tools, row: AttemptRow, message: MessageRow) -> PaymentView | None:
    """Return the payment as its gateway has it; None when it has to be asked again."""
    provider = tools.open_provider(row.gateway)
    if provider is None:
        return None
    try:
        return await provider.lookup(provider_ref=row.provider_ref or message.provider_refs[0])
    except port.ProviderError as error:
        log.warning("payments.look_failed", attempt=str(row.id), gateway=row.gateway, why=error.code)
        return None


async def _park(tools: Tools, message: MessageRow) -> None:
    """Keep a message for later; one that nobody here ever knew is given up after a week, and `check` has told of it."""
    async with tools.db.tx(tools.caller) as tx:
        known = {"gateway": message.gateway, "event_id": message.event_id}
        if tx.now - message.received_at > timedelta(seconds=pauses.PARKED_FOR_S):
            log.error("payments.message_given_up", **known)
            await tx.run("settle_message", {**known, "attempt_id": None})
            return
        due_at = tx.now + timedelta(seconds=pauses.pause(pauses.PARKED_PAUSES_S, message.tries))
        await tx.run("park_message", {**known, "due_at": due_at})


def _verified(tools: Tools, gateway: str, headers: Mapping[str, str], body: bytes) -> port.WebhookEvent:
    provider = tools.provider(gateway)
    if provider is None or len(body) > BODY_LIMIT_BYTES:
        msg = "There is no such gateway, or the message is too long."
        raise WebhookRefused(msg, gateway=gateway)
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        # A signature's age is the difference of two wall clocks, the gateway's and ours: no other clock can judge it.
        event = provider.parse_webhook(headers=lower, body=body, received_at_s=time.time())
    except port.WebhookRefused as refused:
        raise WebhookRefused(str(refused), gateway=gateway) from refused
    if not event.provider_refs:
        msg = "The message names no payment."
        raise WebhookRefused(msg, gateway=gateway)
    return event
