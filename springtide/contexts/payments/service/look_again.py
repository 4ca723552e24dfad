"""Find out where an attempt stands: unknown outcomes, buyers at the bank, deadlines, endings. Never elsewhere than at
the attempt's own gateway, and never inside a transaction.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.attempt import GIVEN_UP, NOT_STARTED, OPEN, Ending
from springtide.contexts.payments.domain.pauses import START_LEASE_S
from springtide.contexts.payments.domain.view import PaymentView
from springtide.contexts.payments.providers.port import (
    Capability,
    OutcomeUnknown,
    Provider,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Resolve,
    VoidRequest,
)
from springtide.contexts.payments.service.apply_view import apply_view, nothing_came, outcome_unknown
from springtide.contexts.payments.service.attempt_lane import Heard
from springtide.contexts.payments.service.gateway_request import start_request
from springtide.contexts.payments.service.hear import hear
from springtide.contexts.payments.service.start_order import trace_of
from springtide.contexts.payments.service.tools import Tools, log
from springtide.contexts.payments.store.attempts import AttemptRow, find_attempt, lock_attempt, save_attempt
from springtide.contracts.payments.api import AttemptState
from springtide.platform import tracing
from springtide.platform.telemetry import current_trace


async def look_again(tools: Tools, attempt_id: UUID) -> AttemptRow:
    """Ask the gateway, write what it says, and end the attempt there when it is to end. Return what is known now."""
    async with tools.db.read() as read:
        row, now = await find_attempt(read, attempt_id), await read.value("kernel_now")
    provider = tools.open_provider(row.gateway)
    if row.state not in OPEN | GIVEN_UP or provider is None or _is_starting(row, now):
        return row
    with tracing.span("payments.look", parent=trace_of(row), links=(current_trace(),), gateway=row.gateway):
        return await _looked(tools, provider, row, now)


async def _looked(tools: Tools, provider: Provider, row: AttemptRow, now: datetime) -> AttemptRow:
    row = await _ask(tools, provider, row, now)
    ending = _ending_due(row, now)
    if row.state is AttemptState.AWAITING_BUYER and ending:
        row = await _end(tools, provider, row, ending)
    return row


def _is_starting(row: AttemptRow, now: datetime) -> bool:
    """Tell whether another call is waiting for the gateway's answer right now."""
    age_s = (now - row.started_at).total_seconds()
    return row.state is AttemptState.STARTING and row.tries == 0 and age_s < START_LEASE_S


def _ending_due(row: AttemptRow, now: datetime) -> Ending:
    return row.ending or ("expired" if row.expires_at <= now else "")


async def _ask(tools: Tools, provider: Provider, row: AttemptRow, now: datetime) -> AttemptRow:
    try:
        if row.state in NOT_STARTED:
            return await _resolve(tools, provider, row, now)
        if Capability.LOOKUP not in provider.capabilities or not row.provider_ref:
            return row
        view = await provider.lookup(provider_ref=row.provider_ref)
    except (OutcomeUnknown, ProviderUnavailable) as error:
        log.warning("payments.look_failed", attempt=str(row.id), gateway=row.gateway, why=error.code)
        return await _later(tools, row.id)
    except ProviderError as error:
        log.error("payments.look_refused", attempt=str(row.id), gateway=row.gateway, why=error.code)
        return await _later(tools, row.id)
    return await _later(tools, row.id) if view is None else await _apply(tools, row.id, view)


async def _resolve(tools: Tools, provider: Provider, row: AttemptRow, now: datetime) -> AttemptRow:
    """Find out what became of a start whose answer is not known, the way the provider declares."""
    facts, age_s = provider.unknown_outcome, (now - row.started_at).total_seconds()
    if age_s > facts.window_s:
        return await _later(tools, row.id)  # `check` reports it: from here on a person has to look
    if facts.resolve is Resolve.REPEAT_SAME_KEY:
        try:
            view: PaymentView | None = await provider.start(start_request(tools, row))
        except ProviderRefused as error:
            return await _nothing(tools, row.id, error.code)
    else:
        view = await provider.lookup(merchant_reference=str(row.id))
    if view is not None:
        return await _apply(tools, row.id, view)
    if age_s > facts.settles_after_s:
        return await _nothing(tools, row.id, "gateway_unavailable")
    return await _later(tools, row.id)


async def _end(tools: Tools, provider: Provider, row: AttemptRow, ending: Ending) -> AttemptRow:
    """Close a waiting payment at its gateway, so that no money can arrive; what arrived meanwhile is written down."""
    async with tools.db.tx(tools.caller) as tx:
        locked = await lock_attempt(tx, row.id)
        if locked.state is not AttemptState.AWAITING_BUYER:
            return locked  # a message was faster than we: nothing is waiting any more
        await save_attempt(tx, msgspec.structs.replace(locked, ending=locked.ending or ending))
    request = VoidRequest(
        provider_ref=row.provider_ref,
        merchant_reference=str(row.id),
        amount_minor=row.amount_minor,
        currency=row.currency,
        idempotency_key=f"{row.id}:end",
        before=row.totals,
    )
    try:
        view: PaymentView | None = await provider.void(request)
    except ProviderRefused:
        view = await _seen(provider, row)
    except ProviderError as error:
        log.warning("payments.end_failed", attempt=str(row.id), gateway=row.gateway, why=error.code)
        view = None
    if view is None:
        return await _later(tools, row.id)
    async with tools.db.tx(tools.caller) as tx:
        return await apply_view(tx, await lock_attempt(tx, row.id), view, is_end=True)


async def _seen(provider: Provider, row: AttemptRow) -> PaymentView | None:
    try:
        return await provider.lookup(provider_ref=row.provider_ref)
    except ProviderError as error:
        log.warning("payments.look_failed", attempt=str(row.id), gateway=row.gateway, why=error.code)
        return None


async def _apply(tools: Tools, attempt_id: UUID, view: PaymentView) -> AttemptRow:
    return (await hear(tools, Heard(attempt_id=attempt_id, what="view", view=view))).row


async def _nothing(tools: Tools, attempt_id: UUID, code: str) -> AttemptRow:
    async with tools.db.tx(tools.caller) as tx:
        row = await lock_attempt(tx, attempt_id)
        return await nothing_came(tx, row, code)


async def _later(tools: Tools, attempt_id: UUID) -> AttemptRow:
    """Plan the next look; an attempt whose process died while starting is unknown from now on."""
    async with tools.db.tx(tools.caller) as tx:
        row = await lock_attempt(tx, attempt_id)
        is_abandoned = row.state is AttemptState.STARTING and row.tries > 0
        return await outcome_unknown(tx, row) if is_abandoned or row.state is not AttemptState.STARTING else row
