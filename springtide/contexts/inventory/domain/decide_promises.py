"""What is asked for a checkout's units, and how it is decided: all or nothing, over the open shelf of a batch.

A decision returns the answer or raises its refusal; then the shelf is as it was. `LapsesUnknown` is neither.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.allocate import allocate
from springtide.contexts.inventory.domain.open_shelf import OpenShelf
from springtide.contexts.inventory.domain.promises import Promise, State, demand_of
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

MAX_LINES = 200
MAX_QUANTITY = 1_000_000
MAX_EXPIRY_S = 7 * 24 * 3600


class HoldAsk(msgspec.Struct, frozen=True):
    """Hold all lines or none; what the checkout holds already is replaced."""

    checkout_id: UUID
    market: str
    lines: tuple[Quantity, ...]
    expires_after_s: int


class ExtendAsk(msgspec.Struct, frozen=True):
    """Move a hold's end; one that ran out is taken again if the units are there."""

    checkout_id: UUID
    expires_after_s: int


class ClaimAsk(msgspec.Struct, frozen=True):
    """Turn a hold into a promise without expiry."""

    checkout_id: UUID


class ReleaseAsk(msgspec.Struct, frozen=True):
    """Drop a checkout's promise, whatever its state."""

    checkout_id: UUID
    reason: str


Ask = HoldAsk | ExtendAsk | ClaimAsk | ReleaseAsk


def decide(shelf: OpenShelf, ask: Ask, now: datetime) -> Hold | None:
    """Decide one call; `now` is what holds expire after."""
    return _DECISIONS[type(ask)](shelf, ask, now)


def _hold(shelf: OpenShelf, ask: HoldAsk, now: datetime) -> Hold:
    _check_lines(ask.lines)
    expires_at = now + timedelta(seconds=_checked_expiry(ask.expires_after_s))
    known = shelf.promises.get(ask.checkout_id)
    demand = demand_of(ask.lines)
    if known is not None and known.state is State.CLAIMED:
        return _claimed_before(known, demand)
    skus = shelf.skus
    for sku in demand:
        if sku not in skus:
            msg = f"There is no stock record of {sku}."
            raise SkuUnknown(msg, sku=sku)
    shelf.lift(known)
    try:
        lines = _lines_for(shelf, ask.market, demand)
    except Exception:
        shelf.put_back(known)
        raise
    promise = Promise(
        checkout_id=ask.checkout_id,
        market=ask.market,
        state=State.HELD,
        lines=lines,
        expires_at=expires_at,
        version=shelf.next_version(ask.checkout_id),
    )
    shelf.settle(ask.checkout_id, known, promise)
    return promise.as_hold()


def _extend(shelf: OpenShelf, ask: ExtendAsk, now: datetime) -> Hold:
    expires_at = now + timedelta(seconds=_checked_expiry(ask.expires_after_s))
    known = _alive(shelf, ask.checkout_id)
    if known.state is State.CLAIMED:
        return known.as_hold()
    return _go_on(shelf, known, State.HELD, expires_at)


def _claim(shelf: OpenShelf, ask: ClaimAsk, _now: datetime) -> Hold:
    known = _alive(shelf, ask.checkout_id)
    if known.state is State.CLAIMED:
        return known.as_hold()
    return _go_on(shelf, known, State.CLAIMED, known.expires_at)


def _release(shelf: OpenShelf, ask: ReleaseAsk, _now: datetime) -> None:
    known = shelf.promises.get(ask.checkout_id)
    if known is not None:
        shelf.lift(known)
        shelf.settle(ask.checkout_id, known, None)


_DECISIONS: dict[type[Any], Callable[[OpenShelf, Any, datetime], Hold | None]] = {
    HoldAsk: _hold,
    ExtendAsk: _extend,
    ClaimAsk: _claim,
    ReleaseAsk: _release,
}


def _go_on(shelf: OpenShelf, known: Promise, state: State, expires_at: datetime) -> Hold:
    """Keep the same units where nobody was given them meanwhile, otherwise find others."""
    shelf.lift(known)
    try:
        lines = _lines_again(shelf, known)
    except Exception:
        shelf.put_back(known)
        raise
    promise = Promise(
        checkout_id=known.checkout_id,
        market=known.market,
        state=state,
        lines=lines,
        expires_at=expires_at,
        version=shelf.next_version(known.checkout_id),
    )
    shelf.settle(known.checkout_id, known, promise)
    return promise.as_hold()


def _lines_for(shelf: OpenShelf, market: str, demand: Mapping[str, int]) -> tuple[Allocation, ...]:
    """By the counters first: holds that ran out are asked for only when there is not enough."""
    plan = allocate(shelf, market, demand)
    if plan.short:
        shelf.require_judged()
        msg = "There are not enough units for all lines."
        raise NotEnoughStock(msg, short=plan.short_facts())
    return plan.allocations


def _lines_again(shelf: OpenShelf, known: Promise) -> tuple[Allocation, ...]:
    if known.state is State.HELD:
        if shelf.has_room(known.lines):
            return known.lines
        shelf.require_judged()
    plan = allocate(shelf, known.market, known.demand())
    if plan.short:
        shelf.require_judged()
        raise _gone(known.checkout_id, plan.short_facts())
    return plan.allocations


def _alive(shelf: OpenShelf, checkout_id: UUID) -> Promise:
    known = shelf.promises.get(checkout_id)
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
