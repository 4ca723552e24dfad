"""The one door through which a gateway's word changes an attempt: answers, lookups and messages all come here."""

from datetime import datetime, timedelta

import msgspec

from springtide.contexts.payments.domain import operations, pauses
from springtide.contexts.payments.domain.attempt import NOT_STARTED, OPEN, Settled, moved, settle
from springtide.contexts.payments.domain.view import PaymentState, PaymentView
from springtide.contexts.payments.service.counted import count_state
from springtide.contexts.payments.service.told import told
from springtide.contexts.payments.store.attempts import AttemptRow, save_attempt
from springtide.contexts.payments.store.ledger import append_ledger
from springtide.contexts.payments.store.operations import insert_operations, purse_of
from springtide.contracts.payments.api import AttemptState
from springtide.contracts.payments.events import AttemptChanged
from springtide.platform.db import Tx


async def apply_view(
    tx: Tx, row: AttemptRow, view: PaymentView, *, cause: str = "", is_end: bool = False
) -> AttemptRow:
    """Bring a locked attempt to what its gateway says; ledger rows and the event are written with it.

    `is_end`: the word is the gateway's answer to the end of the payment.
    """
    if may_be_released(row, view) and not is_end:
        return await _save(tx, row)
    before = row.state
    row, settled = viewed(row, view)
    if settled is None:
        return await _save(tx, row)
    count_state(tx, row, before)
    await append_ledger(tx, row, settled, cause)
    row = await change(tx, row, cause=cause)
    await plan(tx, row)
    return row


def may_be_released(row: AttemptRow, view: PaymentView) -> bool:
    """Tell whether an approval crosses the end that was sent: nobody may sell on money that is about to be let go.

    Only the gateway's answer to the end says who was first; until it comes, the buyer is still waited for.
    """
    is_ending = row.state is AttemptState.AWAITING_BUYER and bool(row.ending)
    return is_ending and view.state is PaymentState.AUTHORISED


def viewed(row: AttemptRow, view: PaymentView) -> tuple[AttemptRow, Settled | None]:
    """Return the attempt after its gateway's word, and what that changed (None: nothing new)."""
    row = msgspec.structs.replace(
        row,
        provider_ref=row.provider_ref or view.provider_ref,
        redirect_url=view.redirect_url or row.redirect_url,
    )
    settled = settle(row.standing, view)
    if settled is None:
        return row, None
    totals = settled.totals
    row = msgspec.structs.replace(
        row,
        state=settled.state,
        authorised_minor=totals.authorised_minor,
        captured_minor=totals.captured_minor,
        refunded_minor=totals.refunded_minor,
        released_minor=totals.released_minor,
        decline_code=view.decline_code or "",
        late=row.late or settled.late,
        ending=row.ending if settled.state in OPEN else "",
        tries=row.tries if settled.state == row.state else 0,
    )
    return row, settled


async def change(tx: Tx, row: AttemptRow, *, cause: str = "") -> AttemptRow:
    """Save a locked attempt as a new version and tell the others."""
    row = msgspec.structs.replace(row, version=row.version + 1)
    row = await _save(tx, row)
    tx.emit(
        AttemptChanged(attempt=told(row), cause=cause),
        aggregate_id=row.id,
        aggregate_version=row.version,
        market=row.market,
    )
    return row


async def outcome_unknown(tx: Tx, row: AttemptRow) -> AttemptRow:
    """Note that the gateway may or may not have acted: found out later, never tried elsewhere."""
    unsure = made_unknown(row)
    if unsure is not None:
        count_state(tx, unsure, row.state)
    return await (_save(tx, row) if unsure is None else change(tx, unsure))


def made_unknown(row: AttemptRow) -> AttemptRow | None:
    """Return a starting attempt as unknown, None when more is known already."""
    if row.state is not AttemptState.STARTING:
        return None
    return msgspec.structs.replace(row, state=moved(row.state, AttemptState.UNKNOWN), tries=0)


async def nothing_came(tx: Tx, row: AttemptRow, code: str) -> AttemptRow:
    """Note that the gateway certainly did nothing and will not: the attempt is over, unless more is known meanwhile."""
    over = made_over(row, code)
    if over is not None:
        count_state(tx, over, row.state)
    return row if over is None else await change(tx, over)


def made_over(row: AttemptRow, code: str) -> AttemptRow | None:
    """Return an attempt that nothing came of as declined, None when more is known already."""
    if row.state not in NOT_STARTED:
        return None
    return msgspec.structs.replace(row, state=moved(row.state, AttemptState.DECLINED), decline_code=code, ending="")


async def plan(tx: Tx, row: AttemptRow) -> None:
    """Order what follows from the sums: everything back when that is wanted, else the release of a leftover."""
    if not row.undo_reason and not row.lowered_minor:
        return
    purse = await purse_of(tx, row)
    if row.undo_reason:
        await insert_operations(tx, row, operations.undo_of(purse), reason=row.undo_reason, cause="undo")
    else:
        orders = operations.leftover_of(purse)
        await insert_operations(tx, row, orders, reason="not to be captured", cause="")


async def _save(tx: Tx, row: AttemptRow) -> AttemptRow:
    row = msgspec.structs.replace(row, due_at=next_look(row, tx.now))
    await save_attempt(tx, row)
    return row


def next_look(row: AttemptRow, now: datetime) -> datetime | None:
    """Return when somebody has to look at an attempt again; None when nothing is open."""
    if row.state is AttemptState.STARTING:
        return now + timedelta(seconds=pauses.START_LEASE_S)
    if row.state is AttemptState.UNKNOWN:
        return now + timedelta(seconds=pauses.pause(pauses.UNKNOWN_PAUSES_S, row.tries))
    if row.state is not AttemptState.AWAITING_BUYER:
        return None
    soon = now + timedelta(seconds=pauses.pause(pauses.WAITING_PAUSES_S, row.tries))
    return soon if row.ending or row.expires_at <= now else min(soon, row.expires_at)
