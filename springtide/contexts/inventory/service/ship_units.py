"""What orders tell: units left, were given back, or came back. Facts from outside are booked, never refused."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.places import Move
from springtide.contexts.inventory.domain.promises import Promise, State, counted, without
from springtide.contexts.inventory.service.book_decision import book
from springtide.contexts.inventory.store.bookings import Entry
from springtide.contexts.inventory.store.promises import lock_promise
from springtide.contexts.inventory.store.shelves import ensure_places, lock_shelf
from springtide.contracts.inventory.api import Allocation, LedgerKind
from springtide.platform.db import Tx


async def ship_units(tx: Tx, *, order_id: UUID, shipment_id: UUID, shipped: tuple[Allocation, ...]) -> None:
    """Take shipped units off hand and off the order's claim."""
    await _follow_order(
        tx, order_id=order_id, off_claim=shipped, on_hand=shipped, kind=LedgerKind.SHIPPED, reference=str(shipment_id)
    )


async def take_back_units(
    tx: Tx,
    *,
    order_id: UUID,
    adjustment_id: UUID,
    released: tuple[Allocation, ...],
    returned: tuple[Allocation, ...],
    reason: str,
) -> None:
    """Give released units back to free stock and put returned ones on hand."""
    await _follow_order(
        tx,
        order_id=order_id,
        off_claim=released,
        on_hand=returned,
        kind=LedgerKind.RETURNED,
        reference=str(adjustment_id),
        reason=reason,
    )


async def _follow_order(
    tx: Tx,
    *,
    order_id: UUID,
    off_claim: tuple[Allocation, ...],
    on_hand: tuple[Allocation, ...],
    kind: LedgerKind,
    reference: str,
    reason: str = "",
) -> None:
    if not off_claim and not on_hand:
        return
    sign = -1 if kind is LedgerKind.SHIPPED else 1
    known = await lock_promise(tx, order_id)
    claim = known if known is not None and known.state is State.CLAIMED else None
    await ensure_places(tx, [(line.sku, line.location) for line in on_hand])
    shelf = await lock_shelf(tx, _skus(on_hand) | (_skus(claim.lines) if claim else set()))
    smaller = _smaller(claim, off_claim)
    await book(
        tx,
        shelf,
        moves=[*counted(claim, -1), *counted(smaller, +1), *_off_hand(on_hand, sign)],
        entries=[
            Entry(
                sku=line.sku,
                location=line.location,
                kind=kind,
                quantity=sign * line.quantity,
                reason=reason,
                reference=reference,
            )
            for line in on_hand
        ],
        puts=[smaller] if smaller else [],
        drops=[order_id] if claim and not smaller else [],
    )


def _smaller(claim: Promise | None, off_claim: Iterable[Allocation]) -> Promise | None:
    lines = without(claim.lines, off_claim) if claim else ()
    if claim is None or not lines:
        return None
    return msgspec.structs.replace(claim, lines=lines, version=claim.version + 1)


def _off_hand(lines: Iterable[Allocation], sign: int) -> list[Move]:
    return [Move(sku=line.sku, location=line.location, on_hand=sign * line.quantity) for line in lines]


def _skus(lines: Iterable[Allocation]) -> set[str]:
    return {line.sku for line in lines}
