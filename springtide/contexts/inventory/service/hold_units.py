"""Hold units for a checkout, claim them for its order, give them back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from springtide.contexts.inventory import store
from springtide.contexts.inventory.domain.allocate import Plan, allocate, fits
from springtide.contexts.inventory.domain.places import Key, Shelf
from springtide.contexts.inventory.domain.promises import Promise, State, counted, demand_of
from springtide.contexts.inventory.service.book_decision import book
from springtide.contracts.common import Quantity
from springtide.contracts.inventory.api import (
    Allocation,
    AlreadyClaimed,
    Hold,
    HoldGone,
    InvalidStock,
    NotEnoughStock,
    SkuUnknown,
)
from springtide.platform.db import Tx

MAX_LINES = 200
MAX_QUANTITY = 1_000_000
MAX_EXPIRY_S = 7 * 24 * 3600


async def hold_units(
    tx: Tx, *, checkout_id: UUID, market: str, lines: tuple[Quantity, ...], expires_after_s: int
) -> Hold:
    """Hold all lines or none; what the checkout holds already is replaced."""
    _check_lines(lines)
    expires_at = tx.now + timedelta(seconds=_checked_expiry(expires_after_s))
    known = await store.lock_promise(tx, checkout_id)
    demand = demand_of(lines)
    if known is not None and known.state is State.CLAIMED:
        return _claimed_before(known, demand)
    shelf = await store.lock_shelf(tx, demand.keys() | (known.demand().keys() if known else set()))
    for sku in demand:
        if sku not in shelf.states:
            msg = f"There is no stock record of {sku}."
            raise SkuUnknown(msg, sku=sku)
    plan = await _plan(
        tx,
        shelf,
        market=market,
        demand=demand,
        checkout_id=checkout_id,
        own=known.held_units() if known else {},
    )
    if plan.short:
        msg = "There are not enough units for all lines."
        raise NotEnoughStock(msg, short=plan.short_facts())
    promise = Promise(
        checkout_id=checkout_id,
        market=market,
        state=State.HELD,
        lines=plan.allocations,
        expires_at=expires_at,
        version=known.version + 1 if known else 1,
    )
    await book(tx, shelf, moves=[*counted(known, -1), *counted(promise, +1)], puts=[promise])
    return promise.as_hold()


async def extend_hold(tx: Tx, *, checkout_id: UUID, expires_after_s: int) -> Hold:
    """Move a hold's end; one that ran out is taken again if the units are there."""
    expires_at = tx.now + timedelta(seconds=_checked_expiry(expires_after_s))
    known = await store.lock_promise(tx, checkout_id)
    if known is not None and known.state is State.CLAIMED:
        return known.as_hold()
    return await _go_on(tx, _alive(known, checkout_id), state=State.HELD, expires_at=expires_at)


async def claim_units(tx: Tx, *, checkout_id: UUID) -> Hold:
    """Turn a hold into a promise without expiry."""
    known = await store.lock_promise(tx, checkout_id)
    if known is not None and known.state is State.CLAIMED:
        return known.as_hold()
    return await _go_on(tx, _alive(known, checkout_id), state=State.CLAIMED)


async def release_units(tx: Tx, *, checkout_id: UUID, reason: str) -> None:
    """Drop a checkout's promise, whatever its state."""
    known = await store.lock_promise(tx, checkout_id)
    if known is None:
        return
    shelf = await store.lock_shelf(tx, known.demand().keys())
    await book(tx, shelf, moves=counted(known, -1), drops=[checkout_id])
    tx.audit("promise_released", checkout_id, state=known.state.value, reason=reason)


async def _go_on(tx: Tx, known: Promise, *, state: State, expires_at: datetime | None = None) -> Hold:
    """Keep the same units where nobody was given them meanwhile, otherwise find others."""
    shelf = await store.lock_shelf(tx, known.demand().keys())
    lines = await _still_there(tx, shelf, known)
    promise = msgspec.structs.replace(
        known,
        state=state,
        lines=lines,
        expires_at=expires_at or known.expires_at,
        version=known.version + 1,
    )
    await book(tx, shelf, moves=[*counted(known, -1), *counted(promise, +1)], puts=[promise])
    return promise.as_hold()


async def _still_there(tx: Tx, shelf: Shelf, known: Promise) -> tuple[Allocation, ...]:
    own = known.held_units()
    if own:
        if fits(shelf, own):
            return known.lines
        judged = shelf.with_lapsed(await store.lapsed_units(tx, shelf, [known.checkout_id]))
        if fits(judged, own):
            return known.lines
    plan = await _plan(tx, shelf, market=known.market, demand=known.demand(), checkout_id=known.checkout_id, own=own)
    if plan.short:
        raise _gone(known.checkout_id, plan.short_facts())
    return plan.allocations


async def _plan(
    tx: Tx, shelf: Shelf, *, market: str, demand: Mapping[str, int], checkout_id: UUID, own: Mapping[Key, int]
) -> Plan:
    """Decide by the counters; only when they are short ask which holds of others have run out."""
    plan = allocate(shelf, market, demand, own)
    if not plan.short:
        return plan
    lapsed = await store.lapsed_units(tx, shelf, [checkout_id])
    return allocate(shelf.with_lapsed(lapsed), market, demand, own) if lapsed else plan


def _alive(known: Promise | None, checkout_id: UUID) -> Promise:
    if known is None:
        raise _gone(checkout_id, [])
    return known


def _gone(checkout_id: UUID, short: list[dict[str, object]]) -> HoldGone:
    msg = "The hold ran out and its units went to others."
    return HoldGone(msg, checkout_id=str(checkout_id), short=short)


def _claimed_before(known: Promise, demand: Mapping[str, int]) -> Hold:
    """Answer for a claim, a promise to an order: holding the same again changes nothing, something else is refused."""
    if known.demand() != demand:
        msg = "The units of this checkout are promised to its order already."
        raise AlreadyClaimed(msg, checkout_id=str(known.checkout_id))
    return known.as_hold()


def _check_lines(lines: tuple[Quantity, ...]) -> None:
    if not 1 <= len(lines) <= MAX_LINES:
        msg = f"A hold has 1 to {MAX_LINES} lines."
        raise InvalidStock(msg, field="lines")
    for line in lines:
        if not 1 <= line.quantity <= MAX_QUANTITY:
            msg = f"A quantity is 1 to {MAX_QUANTITY:,}."
            raise InvalidStock(msg, field="quantity", sku=line.sku)


def _checked_expiry(expires_after_s: int) -> int:
    if not 1 <= expires_after_s <= MAX_EXPIRY_S:
        msg = f"A hold lasts 1 to {MAX_EXPIRY_S:,} seconds."
        raise InvalidStock(msg, field="expires_after_s")
    return expires_after_s
