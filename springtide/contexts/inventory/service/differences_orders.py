"""Reconciliation: units promised against orders that still have to ship, by the orders contract, page by page.

Two walks: one follows the newest orders, once they are old enough to be settled, the other goes through all of them and
starts again. The two sides are read one after the other, so what differs is suspected first, and looked at again.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.promises import demand_of
from springtide.contexts.inventory.store.promises import list_claims
from springtide.contracts.common import Finding, Quantity
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.differences import (
    Comparison,
    Turn,
    keep_position,
    note,
    show_open,
    subjects_to_see_again,
    take_turn,
    while_ours,
)
from springtide.platform.ids import uuid7_at

TURN_S = 45.0
ORDERS_A_PAGE = 500
SEEN_AGAIN = 50
SETTLES_AFTER_S = 300.0
FRESH_AFTER_S = 1_800.0
"""A checkout's id is older than its order by the time the buyer took at the bank."""

_TASK = "orders"
_FIRST = UUID(int=0)
Units = Mapping[str, int]


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Up to which order each walk came."""

    fresh_after: UUID = _FIRST
    sweep_after: UUID = _FIRST


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of the orders after one id up to another; `upto` None: to the end."""

    upto: UUID | None
    to_ship: dict[UUID, Units]
    promised: dict[UUID, Units]

    @property
    def ids(self) -> set[UUID]:
        """Return every id that either side knows."""
        return {*self.to_ship, *self.promised}


async def compare_orders(db: Database, orders: OrdersApi) -> None:
    """Compare some claims with orders and note the differences; `Unavailable` when orders does not answer."""
    caller = system(db.context)
    async with db.tx(caller) as tx:
        turn = await take_turn(tx, _TASK, TURN_S)
        again = [] if turn is None else await subjects_to_see_again(tx, _TASK, SEEN_AGAIN)
    if turn is None:
        return
    compared, after = await _compare(db, orders, turn, again)
    with while_ours(turn):
        async with db.tx(caller) as tx:
            await note(tx, compared)
            await keep_position(tx, turn, after)
    await show_open(db)


async def _compare(db: Database, orders: OrdersApi, turn: Turn, again: list[str]) -> tuple[Comparison, Position]:
    """Return what the two walks and another look at what was seen before have found, and how far the walks came."""
    position = msgspec.json.decode(turn.position, type=Position)
    fresh = _until(await _window(db, orders, position.fresh_after, ORDERS_A_PAGE), _settled(turn))
    swept = await _window(db, orders, position.sweep_after, ORDERS_A_PAGE)
    single = [await _only(db, orders, UUID(subject)) for subject in again]
    compared = frozenset({*again, *(str(order_id) for window in (fresh, swept) for order_id in window.ids)})
    found = {finding.subject: finding for window in (fresh, swept, *single) for finding in _findings(window)}
    after = Position(fresh_after=max((position.fresh_after, *fresh.ids)), sweep_after=swept.upto or _FIRST)
    findings = tuple(found.values())
    return Comparison(task=_TASK, findings=findings, subjects=compared, settles_after_s=SETTLES_AFTER_S), after


def _settled(turn: Turn) -> UUID:
    """Return an id made when orders of today were old enough to be compared."""
    return uuid7_at(turn.at - timedelta(seconds=FRESH_AFTER_S), "")


async def _window(db: Database, orders: OrdersApi, after: UUID, limit: int) -> Window:
    """Read one page of orders and the claims beside it."""
    page = await orders.money(caller=system(db.context), after=str(after), limit=limit)
    upto = page.items[-1].order_id if page.after is not None else None
    async with db.read() as read:
        claims = await list_claims(read, after=after, limit=limit)
    if len(claims) == limit:  # there may be more of them than of orders
        upto = min(upto or claims[-1].checkout_id, claims[-1].checkout_id)
    to_ship = {order.order_id: _demand(order.unshipped) for order in page.items}
    promised = {claim.checkout_id: _demand(claim.lines) for claim in claims}
    return _until(Window(upto=upto, to_ship=to_ship, promised=promised), upto)


async def _only(db: Database, orders: OrdersApi, order_id: UUID) -> Window:
    """Read both sides of one order."""
    window = await _window(db, orders, UUID(int=order_id.int - 1), 1)
    return _until(window, order_id)


def _until(window: Window, upto: UUID | None) -> Window:
    """Leave out what is after `upto`."""
    if upto is None:
        return window
    return Window(
        upto=upto,
        to_ship={key: units for key, units in window.to_ship.items() if key <= upto},
        promised={key: units for key, units in window.promised.items() if key <= upto},
    )


def _demand(lines: Iterable[Allocation | Quantity]) -> Units:
    return {sku: units for sku, units in demand_of(lines).items() if units}


def _findings(window: Window) -> list[Finding]:
    found = []
    for order_id in sorted(window.ids):
        order, promised = window.to_ship.get(order_id), window.promised.get(order_id, {})
        if order is None and promised:
            found.append(_finding("promised_without_order", order_id, f"promised {_text(promised)}, no such order"))
        elif order is not None and order != promised:
            detail = f"to ship {_text(order)}, promised {_text(promised)}"
            found.append(_finding("orders_to_ship_are_promised", order_id, detail))
    return found


def _finding(rule: str, order_id: UUID, detail: str) -> Finding:
    return Finding(rule=rule, subject=str(order_id), detail=detail)


def _text(units: Units) -> str:
    return ", ".join(f"{quantity} {sku}" for sku, quantity in sorted(units.items())) or "nothing"
