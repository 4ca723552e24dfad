"""What is known about the units of a SKU, location by location, while its rows are locked.

promised = held + claimed - lapsed        lapsed: units of others' holds that ran out but were not swept yet
sellable = on hand + inbound              inbound counts only where the supply policy sells it
promised <= sellable                      promise 1, at every place, at every commit
"""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from springtide.contracts.inventory.api import Availability, Supply

Key = tuple[str, str]
"""(sku, location): also the order in which rows are locked."""


class Place(msgspec.Struct, kw_only=True):
    """Units of a SKU at a location. `inbound`: confirmed open quantities as (expected on, units), earliest first.

    Not frozen, for the open shelf of a batch alone: everybody else replaces a place by a changed one.
    """

    sku: str
    location: str
    supply: Supply = Supply.STOCK
    on_hand: int = 0
    held: int = 0
    claimed: int = 0
    lapsed: int = 0
    low_stock_at: int = 0
    inbound: tuple[tuple[date, int], ...] = ()
    ranks: dict[str, int] = {}

    @property
    def key(self) -> Key:
        """Return (sku, location)."""
        return self.sku, self.location

    @property
    def promised(self) -> int:
        """Return units that belong to somebody now."""
        return self.held + self.claimed - self.lapsed

    @property
    def inbound_units(self) -> int:
        """Return confirmed units on their way, whether or not they may be sold."""
        return sum(units for _, units in self.inbound)

    @property
    def sellable(self) -> int:
        """Return the most units that may be promised here."""
        return self.on_hand + (0 if self.supply is Supply.STOCK else self.inbound_units)

    @property
    def available(self) -> int:
        """Return units that can still be promised; negative when facts from outside took promised units away."""
        return self.sellable - self.promised

    @property
    def free_on_shelf(self) -> int:
        """Return units on hand that nobody was promised."""
        free = self.on_hand - self.held - self.claimed + self.lapsed
        return max(0, free)

    def expected_for(self, units_beyond_shelf: int) -> date | None:
        """Return the day on which so many inbound units will have arrived, None when they are not announced."""
        arrived = 0
        for day, units in self.inbound:
            arrived += units
            if arrived >= units_beyond_shelf:
                return day
        return None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Signed changes of the counters of one place."""

    sku: str
    location: str
    on_hand: int = 0
    held: int = 0
    claimed: int = 0


class SkuState(msgspec.Struct, frozen=True, kw_only=True):
    """The SKU's own row: the version its events carry, and the bands last told."""

    sku: str
    version: int = 0
    bands: tuple[Availability, ...] = ()


class Shelf:
    """Locked places of some SKUs (all locations of each). Moving gives a new shelf."""

    def __init__(self, states: Mapping[str, SkuState], places: Iterable[Place]) -> None:
        self.states = dict(states)
        self.places = {place.key: place for place in places}
        self._by_sku: dict[str, list[Place]] = {}
        for place in self.places.values():
            self._by_sku.setdefault(place.sku, []).append(place)

    def of(self, sku: str) -> list[Place]:
        """Return the places of a SKU."""
        return self._by_sku.get(sku, [])

    def serving(self, sku: str, market: str) -> list[Place]:
        """Return the places of a SKU that serve a market, the first to be asked first."""
        serving = [place for place in self.of(sku) if market in place.ranks]
        return sorted(serving, key=lambda place: (place.ranks[market], place.location))

    def moved(self, moves: Iterable[Move]) -> "Shelf":
        """Return the shelf after the moves; a place that is not there raises KeyError."""
        places = dict(self.places)
        for move in moves:
            place = places[move.sku, move.location]
            places[place.key] = msgspec.structs.replace(
                place,
                on_hand=place.on_hand + move.on_hand,
                held=place.held + move.held,
                claimed=place.claimed + move.claimed,
            )
        return Shelf(self.states, places.values())

    def replaced(self, changed: Iterable[Place]) -> "Shelf":
        """Return the shelf with some places as given."""
        return Shelf(self.states, {**self.places, **{place.key: place for place in changed}}.values())

    def with_lapsed(self, lapsed: Mapping[Key, int]) -> "Shelf":
        """Return the shelf as it is when holds that ran out no longer count."""
        return self.replaced(
            msgspec.structs.replace(place, lapsed=lapsed.get(place.key, 0)) for place in self.places.values()
        )


def summed(moves: Iterable[Move]) -> list[Move]:
    """Return one move per place, in lock order, without those that change nothing."""
    sums: dict[Key, list[int]] = {}
    for move in moves:
        total = sums.setdefault((move.sku, move.location), [0, 0, 0])
        total[0] += move.on_hand
        total[1] += move.held
        total[2] += move.claimed
    return [
        Move(sku=sku, location=location, on_hand=on_hand, held=held, claimed=claimed)
        for (sku, location), (on_hand, held, claimed) in sorted(sums.items())
        if on_hand or held or claimed
    ]
