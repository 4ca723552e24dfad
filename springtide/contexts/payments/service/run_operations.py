"""Carry out what was ordered: one order after the other per attempt, outside any transaction, until the gateway has
answered. A process that dies in between leaves a leased row; whoever takes it over asks again under the same key.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain import pauses
from springtide.contexts.payments.domain.operations import Kind
from springtide.contexts.payments.domain.view import PaymentView
from springtide.contexts.payments.providers.port import (
    Capability,
    Declined,
    MoneyRequest,
    OutcomeUnknown,
    Provider,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    VoidRequest,
)
from springtide.contexts.payments.service.apply_view import apply_view, plan
from springtide.contexts.payments.service.tools import Tools, log
from springtide.contexts.payments.store.attempts import AttemptRow, find_attempt, lock_attempt, save_attempt
from springtide.contexts.payments.store.operations import OperationRow, take_operation
from springtide.contracts.payments.api import OperationState
from springtide.contracts.payments.events import OperationFailed
from springtide.platform.failpoints import failpoint

AT_ONCE_LIMIT = 50


class Seen(StrEnum):
    """What a look at the gateway tells of an order whose answer never came."""

    DONE = "done"
    NOT_DONE = "not_done"
    NOBODY_ANSWERS = "nobody_answers"


async def run_operations(tools: Tools, attempt_id: UUID) -> None:
    """Work off the open orders of an attempt until one has to wait."""
    for _ in range(AT_ONCE_LIMIT):
        async with tools.db.tx(tools.caller) as tx:
            operation = await take_operation(tx, attempt_id, pauses.OPERATION_LEASE_S)
            if operation is None:
                return
            row, now = await find_attempt(tx, attempt_id), tx.now
        await _carry_out(tools, row, operation, now)


async def _carry_out(tools: Tools, row: AttemptRow, operation: OperationRow, now: datetime) -> None:
    provider = tools.open_provider(row.gateway)
    if provider is None:
        is_known = tools.provider(row.gateway) is not None
        await _postpone(
            tools, operation, "the gateway is switched off" if is_known else "the gateway is not configured"
        )
        return
    is_overdue = (now - operation.ordered_at).total_seconds() > provider.unknown_outcome.window_s
    # After the window the gateway may have forgotten the key: asked again, it could do the same a second time.
    if is_overdue and operation.tries > 1 and await _seen(tools, provider, row, operation) is not Seen.NOT_DONE:
        return
    failpoint(f"payments.gateway_{operation.kind}.ordered")
    try:
        view = await _ask(provider, row, operation)
    except (OutcomeUnknown, ProviderUnavailable) as error:
        if not is_overdue:
            await _postpone(tools, operation, error.code)
        elif await _seen(tools, provider, row, operation) is Seen.NOT_DONE:
            await _fail(tools, operation, f"no answer within the gateway's window: {error.code}")
        return
    except (Declined, ProviderRefused) as error:
        await _refused(tools, provider, row, operation, error)
        return
    failpoint(f"payments.gateway_{operation.kind}.answered")
    await _done(tools, operation, view)


async def _ask(provider: Provider, row: AttemptRow, operation: OperationRow) -> PaymentView:
    if operation.kind is Kind.VOID:
        return await provider.void(
            VoidRequest(
                provider_ref=row.provider_ref,
                merchant_reference=str(row.id),
                amount_minor=row.amount_minor,
                currency=row.currency,
                idempotency_key=str(operation.id),
                before=row.totals,
            )
        )
    request = MoneyRequest(
        provider_ref=row.provider_ref,
        merchant_reference=str(row.id),
        amount_minor=operation.amount_minor,
        currency=row.currency,
        idempotency_key=str(operation.id),
        reference=str(operation.id),
        before=row.totals,
    )
    return await (provider.capture(request) if operation.kind is Kind.CAPTURE else provider.refund(request))


async def _done(tools: Tools, operation: OperationRow, view: PaymentView) -> None:
    async with tools.db.tx(tools.caller) as tx:
        row = await lock_attempt(tx, operation.attempt_id)
        is_ours = await tx.run(
            "settle_operation", {"id": operation.id, "state": OperationState.DONE, "why": "", "now": tx.now}
        )
        row = await apply_view(tx, row, view, cause=operation.cause or operation.reason)
        if is_ours:
            tx.audit(f"{operation.kind}_done", row.id, amount_minor=operation.amount_minor)


async def _seen(tools: Tools, provider: Provider, row: AttemptRow, operation: OperationRow) -> Seen:
    """Look whether the order is carried out, and write it down if so. While nobody answers it is put off, not failed.

    A gateway that cannot be looked at leaves it as not done.
    """
    if Capability.LOOKUP not in provider.capabilities:
        return Seen.NOT_DONE
    try:
        view = await provider.lookup(provider_ref=row.provider_ref)
    except (OutcomeUnknown, ProviderUnavailable) as error:
        await _postpone(tools, operation, error.code)
        return Seen.NOBODY_ANSWERS
    except ProviderError as error:
        log.warning("payments.look_failed", attempt=str(row.id), gateway=row.gateway, why=error.code)
        return Seen.NOT_DONE
    if view is None or not await _holds(tools, operation, view):
        return Seen.NOT_DONE
    await _done(tools, operation, view)
    return Seen.DONE


async def _holds(tools: Tools, operation: OperationRow, view: PaymentView) -> bool:
    """Tell whether the gateway's sums hold this order besides those that are known to be done."""
    if operation.kind is Kind.VOID:
        return view.authorised_minor == view.captured_minor + view.released_minor
    async with tools.db.read() as read:
        params = {"checkout_id": operation.checkout_id}
        known = await read.all("operations_of_checkout", params, row=OperationRow)
    done_minor = sum(
        one.amount_minor
        for one in known
        if (one.attempt_id, one.kind, one.state) == (operation.attempt_id, operation.kind, OperationState.DONE)
    )
    reached_minor = view.captured_minor if operation.kind is Kind.CAPTURE else view.refunded_minor
    return reached_minor >= done_minor + operation.amount_minor


async def _refused(
    tools: Tools, provider: Provider, row: AttemptRow, operation: OperationRow, error: ProviderError
) -> None:
    """Return the gateway said no. Look first: what was ordered may be so already (a released authorisation, say)."""
    view = None
    if Capability.LOOKUP in provider.capabilities:
        try:
            view = await provider.lookup(provider_ref=row.provider_ref)
        except ProviderError as second:
            log.warning("payments.look_failed", attempt=str(row.id), gateway=row.gateway, why=second.code)
    if view is not None:
        async with tools.db.tx(tools.caller) as tx:
            row = await apply_view(tx, await lock_attempt(tx, row.id), view)
        if operation.kind is Kind.VOID and row.totals.uncaptured_minor == 0:
            await _done(tools, operation, view)
            return
    await _fail(tools, operation, error.code)


async def _fail(tools: Tools, operation: OperationRow, why: str) -> None:
    log.error("payments.operation_failed", operation=str(operation.id), kind=operation.kind, why=why)
    async with tools.db.tx(tools.caller) as tx:
        row = await lock_attempt(tx, operation.attempt_id)
        settled = {"id": operation.id, "state": OperationState.FAILED, "why": why, "now": tx.now}
        if not await tx.run("settle_operation", settled):
            return
        row = msgspec.structs.replace(row, version=row.version + 1)
        await save_attempt(tx, row)
        tx.audit(f"{operation.kind}_failed", row.id, why=why, amount_minor=operation.amount_minor)
        tx.emit(
            OperationFailed(
                attempt_id=row.id,
                checkout_id=row.checkout_id,
                kind=str(operation.kind),
                amount_minor=operation.amount_minor,
                why=why,
            ),
            aggregate_id=row.id,
            aggregate_version=row.version,
            market=row.market,
        )
        if operation.kind is Kind.CAPTURE:
            await plan(tx, row)  # money that was to go back after this capture goes back without it


async def _postpone(tools: Tools, operation: OperationRow, why: str) -> None:
    async with tools.db.tx(tools.caller) as tx:
        due_at = tx.now + timedelta(seconds=pauses.pause(pauses.OPERATION_PAUSES_S, operation.tries))
        await tx.run("postpone_operation", {"id": operation.id, "due_at": due_at, "why": why})
