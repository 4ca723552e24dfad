"""A promise: units kept for one checkout, later for its order. One row, three states.

(nothing) --hold--> HELD --claim--> CLAIMED --ship, cancel--> (nothing, when no units are left)
                     |  ^
             time up v  | hold, extend; claim goes on to CLAIMED
                    LAPSED

release: from every state to nothing. A LAPSED promise counts nowhere; it is remembered for a day, so that a claim
that comes late can take the same units again if nobody else has them.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.places import Move
from springtide.contracts.common import Quantity
from springtide.contracts.inventory.api import Allocation, Hold


class State(StrEnum):
    """Where a promise stands."""

    HELD = "held"
    LAPSED = "lapsed"
    CLAIMED = "claimed"


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """Units kept for a checkout. `expires_at` is the last one given; it means nothing once claimed."""

    checkout_id: UUID
    market: str
    state: State
    lines: tuple[Allocation, ...]
    expires_at: datetime
    version: int

    def as_hold(self) -> Hold:
        """Return the promise as callers see it."""
        expires_at = None if self.state is State.CLAIMED else self.expires_at
        return Hold(checkout_id=self.checkout_id, market=self.market, allocations=self.lines, expires_at=expires_at)

    def demand(self) -> dict[str, int]:
        """Return units per SKU."""
        return demand_of(self.lines)


def demand_of(lines: Iterable[Allocation | Quantity]) -> dict[str, int]:
    """Return units per SKU: several lines of one SKU are judged together."""
    demand: dict[str, int] = {}
    for line in lines:
        demand[line.sku] = demand.get(line.sku, 0) + line.quantity
    return demand


def counted(promise: Promise | None, sign: int) -> list[Move]:
    """Return the moves that add (+1) or take away (-1) a promise in the counters of its places."""
    if promise is None or promise.state is State.LAPSED:
        return []
    is_held = promise.state is State.HELD
    return [
        Move(
            sku=line.sku,
            location=line.location,
            held=sign * line.quantity if is_held else 0,
            claimed=0 if is_held else sign * line.quantity,
        )
        for line in promise.lines
    ]


def without(lines: tuple[Allocation, ...], taken: Iterable[Allocation]) -> tuple[Allocation, ...]:
    """Return what is left of claimed lines after units were shipped or given back.

    Units leave the line of their own location first, then other lines of the SKU (a parcel may be packed elsewhere than
    planned). What was never promised changes nothing here.
    """
    left = list(lines)
    for take in taken:
        wanted = take.quantity
        for index in sorted(range(len(left)), key=lambda index: left[index].location != take.location):
            line = left[index]
            if line.sku != take.sku or not wanted:
                continue
            units = min(wanted, line.quantity)
            wanted -= units
            quantity = line.quantity - units
            left[index] = msgspec.structs.replace(line, quantity=quantity, inbound=min(line.inbound, quantity))
    return tuple(line for line in left if line.quantity)
