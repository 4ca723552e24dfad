"""Checkout's lane: carts made and changed, tries begun and processes moved, many buyers in one transaction.

Under the locks only versions, states and step numbers are read: an ask that was prepared on older rows is answered
with `NotYet`, and nothing of it is written.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from springtide.contexts.checkout.domain.process import FAILED
from springtide.contexts.checkout.service.asks import (
    Begin,
    Begun,
    ChangeCart,
    CreateCart,
    Keep,
    NotYet,
    Record,
)
from springtide.contexts.checkout.service.beginning import refuse_unfinished, started
from springtide.contexts.checkout.service.cart_view import require_open, view
from springtide.contexts.checkout.service.counted import REFUSED, STEPS
from springtide.contexts.checkout.service.locked import Locked
from springtide.contexts.checkout.service.moving import cart_state_after, moved, tell
from springtide.contexts.checkout.service.tools import TELL_BUYER, Tools
from springtide.contracts.checkout.api import CartClosed, CartNotFound, CartState, Step
from springtide.platform.batch import Ask, Batch
from springtide.platform.coalesce import Lane
from springtide.platform.errors import Refusal, Unavailable
from springtide.platform.ids import uuid7
from springtide.platform.member import Member


class StillTidying(Unavailable):
    """A former try of this cart is being undone: its stock and money are given back first. Never a kept answer."""

    code = "cart_tidying"


def lane(tools: Tools) -> Lane:
    """Return the lane all coalesced writes of checkout go through."""

    async def work(tx: Batch, members: Sequence[Member[Any]]) -> None:
        await _decide(tools, tx, members)

    return Lane(tools.db, name="checkout", look=_look, work=work)


def _look(members: Sequence[Member[Any]]) -> Sequence[Ask]:
    carts: set[UUID] = set()
    processes: set[UUID] = set()
    for member in members:
        ask = member.ask
        if isinstance(ask, ChangeCart):
            carts.add(ask.before.id)
            if ask.absorbed is not None:
                carts.add(ask.absorbed.id)
        elif isinstance(ask, Begin):
            carts.add(ask.cart.id)
            if ask.cart.checkout_id is not None:
                processes.add(ask.cart.checkout_id)
        elif isinstance(ask, Record):
            carts.add(ask.process.cart_id)
            processes.add(ask.process.checkout_id)
    return ("lock_carts", {"ids": sorted(carts)}), ("lock_processes", {"ids": sorted(processes)})


async def _decide(tools: Tools, tx: Batch, members: Sequence[Member[Any]]) -> None:
    locked = Locked(*tx.found)
    for member in members:
        ask = member.ask
        try:
            if isinstance(ask, CreateCart):
                _create(tools, locked, member, ask)
            elif isinstance(ask, ChangeCart):
                _change(tools, locked, member, ask)
            elif isinstance(ask, Begin):
                _begin(tx, locked, member, ask)
            elif isinstance(ask, Keep):
                _keep(member, ask)
            else:
                await _record(tools, tx, locked, member, ask)
        except Refusal as refusal:
            member.refuse(refusal)
        except Unavailable as error:
            member.put_off(error)
    locked.write(tx)


def _create(tools: Tools, locked: Locked, member: Member[Any], ask: CreateCart) -> None:
    if ask.refusal is not None:
        raise ask.refusal
    locked.make_cart(ask.row)
    member.count(STEPS, "cart_created", ask.row.market)
    member.answer(view(tools, ask.row))


def _change(tools: Tools, locked: Locked, member: Member[Any], ask: ChangeCart) -> None:
    for row in (ask.absorbed, ask.before):
        if row is not None:
            require_open(row)
    if ask.refusal is not None:
        raise ask.refusal
    for row in (ask.absorbed, ask.before):
        if row is not None and not (row.id in locked.carts and locked.carts[row.id].is_still(row)):
            member.answer(NotYet.READ_AGAIN, keep=False)
            return
    locked.change_cart(ask.after)
    if ask.before.contact is None and ask.after.contact is not None:
        member.count(STEPS, "details_set", ask.after.market)
    if ask.absorbed is not None:
        locked.absorb_cart(ask.absorbed.id)
    member.answer(view(tools, ask.after))


def _begin(tx: Batch, locked: Locked, member: Member[Any], ask: Begin) -> None:
    if ask.refusal is not None:
        member.count(REFUSED, ask.refusal.code)
        raise ask.refusal
    lock = locked.carts.get(ask.cart.id)
    if lock is None:
        msg = "There is no such cart."
        raise CartNotFound(msg)
    if lock.state in {CartState.COMPLETING, CartState.COMPLETED} and lock.checkout_id is not None:
        member.answer(Begun(checkout_id=lock.checkout_id), keep=False)
        return
    if lock.state is not CartState.OPEN:
        msg = "The cart was merged into another."
        raise CartClosed(msg, state=lock.state)
    if not lock.is_still(ask.cart):
        member.answer(NotYet.READ_AGAIN, keep=False)
        return
    if _has_run_out(tx, ask):
        member.answer(NotYet.PRICE_AGAIN, keep=False)
        return
    try:
        quote, method = refuse_unfinished(ask)
    except Refusal as refusal:
        member.count(REFUSED, refusal.code)
        raise
    former = None if lock.checkout_id is None else locked.processes[lock.checkout_id]
    if former is not None and (former.step not in FAILED or former.due_at is not None):
        msg = "The last try is still being tidied up. Try again in a moment."
        raise StillTidying(msg, retry_after_s=1)
    process = started(
        ask,
        quote,
        method,
        checkout_id=lock.checkout_id or uuid7(),
        principal=member.caller.principal,
        digest=member.digest,
        step_no=former.step_no + 1 if former else 1,
        try_no=former.try_no + 1 if former else 1,
        now=tx.now,
    )
    locked.begin(process)
    member.count(STEPS, "completing", process.market)
    locked.set_cart_state(ask.cart.id, CartState.COMPLETING, process.checkout_id)
    member.answer(Begun(checkout_id=process.checkout_id, process=process), keep=False)


def _keep(member: Member[Any], ask: Keep) -> None:
    if isinstance(ask.answer, Refusal):
        raise ask.answer
    member.answer(ask.answer)


def _has_run_out(tx: Batch, ask: Begin) -> bool:
    """Tell whether the quote the cart was last shown with has run out."""
    expires_at = ask.cart.quote_expires_at
    return not ask.priced_now and (expires_at is None or expires_at <= tx.now) and bool(ask.cart.lines)


async def _record(tools: Tools, tx: Batch, locked: Locked, member: Member[Any], ask: Record) -> None:
    lock = locked.processes.get(ask.process.checkout_id)
    if lock is None or lock.step_no != ask.process.step_no:
        member.answer(NotYet.READ_AGAIN)
        return
    process = moved(ask.process, ask.move, now=tx.now)
    state = cart_state_after(lock.step, process.step)
    if state is not None:
        locked.set_cart_state(process.cart_id, state)
    locked.move(process)
    if process.step is not ask.process.step:
        member.count(STEPS, process.step, process.market)
        if process.step in FAILED:
            member.count(REFUSED, process.reason or str(process.step))
    tell(member, process)
    if process.step is Step.UNDONE:
        await tools.defer(tx, TELL_BUYER, checkout_id=str(process.checkout_id))
    member.answer(process)
