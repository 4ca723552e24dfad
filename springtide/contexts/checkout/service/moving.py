"""How a process moves: what a step's outcome makes of the row, and who has to be told."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from springtide.contexts.checkout.domain.messages import message
from springtide.contexts.checkout.domain.process import ANSWERED, FAILED, after
from springtide.contexts.checkout.service.asks import Move
from springtide.contexts.checkout.service.beginning import LEASE_S, OPERATION
from springtide.contexts.checkout.store import ProcessRow
from springtide.contracts.checkout.api import CartState, Completion, Step
from springtide.contracts.checkout.events import CompletionChanged
from springtide.platform.member import Member

UNKNOWN_AGAIN_S = 3
_ASK_AGAIN_S = 1


def went_on(process: ProcessRow, move: Move) -> ProcessRow:
    """Return the row a move leads to, not written down: the same step number, so the same keys on every repeat."""
    attempt = move.attempt
    return msgspec.structs.replace(
        process,
        step=after(process.step, move.outcome),
        authorised_minor=attempt.authorised_minor if attempt else process.authorised_minor,
        captured_minor=attempt.captured_minor if attempt else process.captured_minor,
        redirect_url=attempt.redirect_url if attempt else process.redirect_url,
        allocations=process.allocations if move.allocations is None else move.allocations,
        reason=move.reason,
        message=message(move.reason, process.locale, **(move.facts or {})) if move.reason else "",
        order_number=move.order_number,
        order_token=move.order_token,
    )


def moved(process: ProcessRow, move: Move, *, now: datetime) -> ProcessRow:
    """Return the row a move leads to, as it is written down at `now`."""
    row = went_on(process, move)
    deadline = None
    if row.step is Step.AWAITING_BUYER:
        deadline = move.expires_at or now + timedelta(seconds=process.awaits_buyer_s)
    return msgspec.structs.replace(
        row,
        step_no=row.step_no + 1,
        deadline_at=deadline,
        due_at=None if move.is_clean else _due(row.step, deadline, now),
        updated_at=now,
    )


def _due(step: Step, deadline: datetime | None, now: datetime) -> datetime | None:
    if step is Step.COMPLETED:
        return None
    if step is Step.AWAITING_BUYER:
        return deadline
    return now + timedelta(seconds=UNKNOWN_AGAIN_S if step is Step.UNKNOWN else LEASE_S)


def cart_state_after(before: Step, step: Step) -> CartState | None:
    """Return the cart's state after a move; None: it stays."""
    if step in FAILED:
        return CartState.OPEN
    if step is Step.COMPLETED:
        return CartState.COMPLETED
    return CartState.COMPLETING if before in FAILED else None


def tell(member: Member[Any], row: ProcessRow) -> None:
    """Keep the buyer's answer under the key of the request that started this try, and tell the others."""
    if row.step not in ANSWERED:
        return
    member.keep_for((row.principal, OPERATION, row.request_key), row.request_hash, completion(row))
    if row.step is Step.COMPLETED:
        return  # `orders.placed` tells it, under the same id
    event = CompletionChanged(
        checkout_id=row.checkout_id,
        cart_id=row.cart_id,
        step=row.step,
        total_minor=row.total_minor,
        currency=row.currency,
        reason=row.reason,
    )
    member.emit(event, aggregate_id=row.checkout_id, aggregate_version=row.step_no, market=row.market)


def completion(process: ProcessRow) -> Completion:
    """Return a process as the buyer sees it."""
    is_completed = process.step is Step.COMPLETED
    return Completion(
        checkout_id=process.checkout_id,
        cart_id=process.cart_id,
        step=process.step,
        total_minor=process.total_minor,
        currency=process.currency,
        method=process.method,
        redirect_url=process.redirect_url if process.step is Step.AWAITING_BUYER else "",
        reason=process.reason,
        message=process.message,
        order_id=process.checkout_id if is_completed else None,
        order_number=process.order_number,
        order_token=process.order_token,
        ask_again_s=0 if process.step in ANSWERED else _ASK_AGAIN_S,
        expires_at=process.deadline_at if process.step is Step.AWAITING_BUYER else None,
    )
