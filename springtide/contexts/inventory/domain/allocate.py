"""Who may have which units: all lines or none."""

from collections.abc import Mapping
from datetime import date

import msgspec

from springtide.contexts.inventory.domain.open_shelf import OpenShelf
from springtide.contexts.inventory.domain.places import Place
from springtide.contracts.inventory.api import Allocation, Supply


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU that cannot be promised in full."""

    sku: str
    wanted: int
    available: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where the units come from; nothing when anything is short."""

    allocations: tuple[Allocation, ...] = ()
    short: tuple[Shortage, ...] = ()

    def short_facts(self) -> list[dict[str, object]]:
        """Return the shortages as JSON values for a refusal."""
        return [msgspec.to_builtins(shortage) for shortage in self.short]


def allocate(shelf: OpenShelf, market: str, demand: Mapping[str, int]) -> Plan:
    """Find units for `demand` (per SKU, summed) at the market's locations by rank, on the shelf before inbound."""
    allocations: list[Allocation] = []
    short: list[Shortage] = []
    for sku, wanted in sorted(demand.items()):
        places = shelf.serving(sku, market)
        if places and places[0].free_on_shelf >= wanted:  # nearly always
            allocations.append(Allocation(sku=sku, location=places[0].location, quantity=wanted))
            continue
        available = sum(max(0, place.available) for place in places)
        if available < wanted:
            short.append(Shortage(sku=sku, wanted=wanted, available=available))
        else:
            allocations += _take(places, wanted)
    return Plan(short=tuple(short)) if short else Plan(allocations=tuple(allocations))


def _take(places: list[Place], wanted: int) -> list[Allocation]:
    shelf_units: dict[str, int] = {}
    inbound_units: dict[str, int] = {}
    for place in places:
        # A place that owes more than it sells (a fact from outside) must not give what others of the SKU have.
        units = min(wanted, place.free_on_shelf, max(0, place.available))
        shelf_units[place.location] = units
        wanted -= units
    for place in sorted(places, key=_first_day):
        units = min(wanted, max(0, place.available) - shelf_units[place.location])
        inbound_units[place.location] = units
        wanted -= units
    return [
        _allocation(place, shelf_units[place.location], inbound_units[place.location])
        for place in places
        if shelf_units[place.location] or inbound_units[place.location]
    ]


def _first_day(place: Place) -> date:
    return place.inbound[0][0] if place.inbound and place.supply is not Supply.STOCK else date.max


def _allocation(place: Place, from_shelf: int, from_inbound: int) -> Allocation:
    beyond_shelf = place.promised + from_shelf + from_inbound - place.on_hand
    return Allocation(
        sku=place.sku,
        location=place.location,
        quantity=from_shelf + from_inbound,
        inbound=from_inbound,
        expected_on=place.expected_for(beyond_shelf) if from_inbound else None,
    )
