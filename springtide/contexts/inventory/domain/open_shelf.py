"""The shelf of a batch: locked places and promises, changed in place while calls are decided one after the other.

Each decision sees what the ones before it have taken. A decision first lifts what its checkout has off the counters,
so that nothing of its own stands in its way, and then either settles on a new promise or puts the old one back.

Holds of others that ran out are asked for only when units are short: until `judge` was called, they count.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.bands import FEW_UNITS, Told, tell
from springtide.contexts.inventory.domain.places import Key, Move, Place, Shelf, SkuState
from springtide.contexts.inventory.domain.promises import Promise, State
from springtide.contracts.inventory.api import Allocation


class LapsesUnknown(Exception):
    """Units are short, and nobody has asked yet which holds of others ran out: `judge` the shelf and decide again."""


class OpenShelf:
    """All places of the batch's SKUs and all promises of its checkouts, under their locks."""

    def __init__(self, places: Iterable[Place], promises: Iterable[Promise]) -> None:
        self.places: dict[Key, Place] = {}
        self.promises: dict[UUID, Promise] = {promise.checkout_id: promise for promise in promises}
        self.moved_by: dict[str, UUID] = {}
        """Which checkout's decision was the last to move a SKU."""
        self._written = dict(self.promises)
        self._changed: set[UUID] = set()
        self._before: dict[Key, tuple[int, int]] = {}
        """Held and claimed units of places, before the first decision that touched them."""
        self._by_sku: dict[str, dict[str, Place]] = {}
        self._ranks: dict[str, Mapping[str, int]] = {}
        for place in places:
            sku, location = place.sku, place.location
            self.places[sku, location] = place
            self._by_sku.setdefault(sku, {})[location] = place
            self._ranks[location] = place.ranks
        self._asked_in: dict[str, list[str]] = {}
        self._judged_at: datetime | None = None

    # -- what decisions look at

    @property
    def skus(self) -> Collection[str]:
        """Return the SKUs that have places."""
        return self._by_sku.keys()

    def serving(self, sku: str, market: str) -> list[Place]:
        """Return the places of a SKU that serve a market, the first to be asked first."""
        places = self._by_sku.get(sku, {})
        return [places[location] for location in self._locations(market) if location in places]

    def _locations(self, market: str) -> list[str]:
        """Return the locations that serve a market, the first to be asked first."""
        found = self._asked_in.get(market)
        if found is None:
            ranked = [(ranks[market], location) for location, ranks in self._ranks.items() if market in ranks]
            found = self._asked_in[market] = [location for _, location in sorted(ranked)]
        return found

    def has_room(self, lines: Iterable[Allocation]) -> bool:
        """Tell whether lines that were lifted fit back on their places: nobody was given their units meanwhile."""
        return all(self.places[line.sku, line.location].available >= line.quantity for line in lines)

    def next_version(self, checkout_id: UUID) -> int:
        """Return the version a checkout's promise is written with: one more than its row has."""
        written = self._written.get(checkout_id)
        return written.version + 1 if written else 1

    def require_judged(self) -> None:
        """`LapsesUnknown` when holds of others that ran out still count."""
        if self._judged_at is None:
            raise LapsesUnknown

    @property
    def locked_checkouts(self) -> list[UUID]:
        """Return the checkouts whose promise has a row of this batch: what became of it is known here, not there."""
        return list(self._written)

    def judge(self, at: datetime, lapsed: Mapping[Key, int]) -> None:
        """Let holds that ran out by `at` count no longer. `lapsed`: units of those of other checkouts than these."""
        self._judged_at = at
        for key, units in lapsed.items():
            self.places[key].lapsed += units
        for promise in self.promises.values():
            if self._has_lapsed(promise):
                for line in promise.lines:
                    self.places[line.sku, line.location].lapsed += line.quantity

    # -- what decisions do

    def lift(self, promise: Promise | None) -> None:
        """Take a promise off the counters; follow with `settle` or `put_back`."""
        if promise is not None:
            self._count(promise, -1)

    def put_back(self, promise: Promise | None) -> None:
        """Count a lifted promise again: the decision was a refusal."""
        if promise is not None:
            self._count(promise, +1)

    def settle(self, checkout_id: UUID, lifted: Promise | None, promise: Promise | None) -> None:
        """Count what the checkout is promised now (None: nothing) instead of what was lifted."""
        if promise is None:
            del self.promises[checkout_id]
        else:
            self._count(promise, +1)
            self.promises[checkout_id] = promise
            for line in promise.lines:
                self.moved_by[line.sku] = checkout_id
        if lifted is not None:
            for line in lifted.lines:
                self.moved_by[line.sku] = checkout_id
        self._changed.add(checkout_id)

    def _count(self, promise: Promise, sign: int) -> None:
        state = promise.state
        if state is State.LAPSED:
            return
        has_lapsed = self._has_lapsed(promise)
        for line in promise.lines:
            key = line.sku, line.location
            place = self.places[key]
            if key not in self._before:
                self._before[key] = place.held, place.claimed
            units = sign * line.quantity
            if state is State.CLAIMED:
                place.claimed += units
            else:
                place.held += units
                if has_lapsed:
                    place.lapsed += units

    def _has_lapsed(self, promise: Promise) -> bool:
        at = self._judged_at
        return at is not None and promise.state is State.HELD and promise.expires_at <= at

    # -- what came of it

    def outcome(self) -> tuple[list[Promise], list[Promise], list[UUID]]:
        """Return the promises that came into being, those that changed, and the checkouts whose promise is gone: all
        since the last time. Whoever asks writes them.
        """
        added: list[Promise] = []
        changed: list[Promise] = []
        dropped: list[UUID] = []
        for checkout_id in self._changed:
            promise, written = self.promises.get(checkout_id), self._written.pop(checkout_id, None)
            if promise is not None:
                (changed if written else added).append(promise)
                self._written[checkout_id] = promise
            elif written:
                dropped.append(checkout_id)
        self._changed.clear()
        return added, changed, dropped

    def moves(self) -> list[Move]:
        """Return one move per place whose counters changed."""
        return [
            Move(sku=place.sku, location=place.location, held=place.held - held, claimed=place.claimed - claimed)
            for key, (held, claimed) in self._before.items()
            if (place := self.places[key]).held != held or place.claimed != claimed
        ]

    def skus_to_tell(self, moves: Iterable[Move]) -> set[str]:
        """Return the moved SKUs of which a band may have changed or a level been crossed."""
        return {move.sku for move in moves if self._may_tell(move)}

    def _may_tell(self, move: Move) -> bool:
        place = self.places[move.sku, move.location]
        promised = place.held + place.claimed
        fewest_free = place.on_hand - max(promised, promised - move.held - move.claimed)
        # More than a few on one shelf, before and after: every market it serves was and is "in stock".
        return fewest_free <= FEW_UNITS or fewest_free <= place.low_stock_at

    def tell(self, states: Sequence[SkuState]) -> list[Told]:
        """Return what there is to tell about these SKUs. Lapsed holds count until they are swept, as for everybody."""
        by_sku = {state.sku: state for state in states}
        after = [_unjudged(place) for sku in by_sku for place in self._by_sku[sku].values()]
        return tell(Shelf(by_sku, map(self._as_it_was, after)), Shelf(by_sku, after))

    def _as_it_was(self, place: Place) -> Place:
        held, claimed = self._before.get(place.key, (place.held, place.claimed))
        return msgspec.structs.replace(place, held=held, claimed=claimed)


def _unjudged(place: Place) -> Place:
    return msgspec.structs.replace(place, lapsed=0)
