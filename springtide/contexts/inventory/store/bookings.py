"""What one decision changes, written in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.places import Move, SkuState
from springtide.contexts.inventory.domain.promises import Promise
from springtide.contexts.inventory.store.columns import as_json
from springtide.contracts.inventory.api import LedgerKind
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger entry, written with the transaction's actor and, unless `at` is given, its time."""

    sku: str
    location: str
    kind: LedgerKind
    quantity: int
    reason: str = ""
    reference: str = ""
    at: datetime | None = None


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """What one decision changes: counters (one move per place), ledger entries, SKU rows, promises put and dropped."""

    moves: Sequence[Move] = ()
    entries: Sequence[Entry] = ()
    states: Sequence[SkuState] = ()
    puts: Sequence[Promise] = ()
    drops: Sequence[UUID] = ()


class _Booked(msgspec.Struct, frozen=True, kw_only=True):
    moves: int
    puts: int


async def write_booking(tx: Tx, booking: Booking) -> None:
    """Write a decision in one statement. LookupError when a place or a promise is not as it was locked."""
    booked = await tx.one("book", _arrays(tx, booking), row=_Booked)
    if (booked.moves, booked.puts) != (len(booking.moves), len(booking.puts)):
        msg = f"{booked} is not what was decided under the locks"
        raise LookupError(msg)


def _arrays(tx: Tx, booking: Booking) -> dict[str, Any]:
    moves, entries, states, puts = booking.moves, booking.entries, booking.states, booking.puts
    return {
        "actor": tx.caller.principal,
        "move_skus": [move.sku for move in moves],
        "move_locations": [move.location for move in moves],
        "move_on_hand": [move.on_hand for move in moves],
        "move_held": [move.held for move in moves],
        "move_claimed": [move.claimed for move in moves],
        "state_skus": [state.sku for state in states],
        "state_versions": [state.version for state in states],
        "state_bands": [as_json(state.bands) for state in states],
        "entry_ids": [uuid7() for _ in entries],
        "entry_times": [entry.at or tx.now for entry in entries],
        "entry_skus": [entry.sku for entry in entries],
        "entry_locations": [entry.location for entry in entries],
        "entry_kinds": [entry.kind.value for entry in entries],
        "entry_quantities": [entry.quantity for entry in entries],
        "entry_reasons": [entry.reason for entry in entries],
        "entry_references": [entry.reference for entry in entries],
        "put_ids": [promise.checkout_id for promise in puts],
        "put_markets": [promise.market for promise in puts],
        "put_states": [promise.state.value for promise in puts],
        "put_lines": [as_json(promise.lines) for promise in puts],
        "put_expiries": [promise.expires_at for promise in puts],
        "put_versions": [promise.version for promise in puts],
        "drops": list(booking.drops),
    }
