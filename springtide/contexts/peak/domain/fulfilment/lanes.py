"""Where parcels go and who carries them: the cheapest service that can, and the next best of another carrier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.fulfilment.hours import hour_of, is_on
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Carrier, CarrierProduct
from springtide.contracts.peak.errors import Infeasible, Mistake
from springtide.contracts.peak.fulfilment import FulfilmentTerms

_PERCENT = 100.0
_EXPRESS_DAYS = 1
_PEAK_MONTHS = (10, 11, 12)
_GRAMS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Parcels of one zone and speed. `carrier`, `backup`: places in the list of carriers, -1 is nobody.

    `price_minor`: of one parcel with the carrier, before surcharges.
    """

    zone: str
    is_express: bool
    share: float
    carrier: int
    backup: int
    product: CarrierProduct
    price_minor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    """When carriers come and what they take. `hour`: of the day, (carriers,). The rest (carriers, days):

    whether they come, how many parcels they take, and the surcharge per parcel in minor units.
    """

    hour: NDArray[np.float64]
    days: NDArray[np.bool_]
    cap: NDArray[np.float64]
    surcharge: NDArray[np.float64]

    def at_hours(self, day: int) -> dict[int, list[int]]:
        """Return which carriers come in which hour of a day, those that come at all."""
        found: dict[int, list[int]] = {}
        for carrier in np.flatnonzero(self.days[:, day]):
            found.setdefault(int(self.hour[carrier]), []).append(int(carrier))
        return found


def lanes_of(carriers: Sequence[Carrier], terms: FulfilmentTerms) -> tuple[Lane, ...]:
    """Return the lanes; Infeasible names the zones that nobody delivers to."""
    express = terms.express_share.value / _PERCENT
    found: list[Lane] = []
    mistakes: list[Mistake] = []
    for zone in terms.zones:
        fast = list(_services(carriers, zone.zone, terms, most_days=_EXPRESS_DAYS))
        usual = list(_services(carriers, zone.zone, terms, most_days=None))
        if not usual:
            message = f"no service takes {terms.parcel_weight.value} g to {zone.zone}"
            mistakes.append(Mistake(where="carriers.toml", rule="no_service", message=message))
            continue
        quick = float(zone.share.value) * express if fast else 0.0
        found.append(_lane(zone.zone, float(zone.share.value) - quick, usual, is_express=False))
        if fast:
            found.append(_lane(zone.zone, quick, fast, is_express=True))
    if mistakes:
        raise Infeasible.of(mistakes)
    total = sum(lane.share for lane in found)
    return tuple(replace(lane, share=lane.share / total) for lane in found) if total > 0 else tuple(found)


def collections_of(carriers: Sequence[Carrier], season: Season, closed: NDArray[np.bool_]) -> Collections:
    """Return when the carriers collect in the season; in the last quarter their caps may be raised by booking."""
    peak = np.array([day.month in _PEAK_MONTHS for day in season.dates])
    days = np.stack([is_on(found.collection_days, season, f"carriers.toml: {found.id}", closed) for found in carriers])
    cap = np.stack([np.where(peak, found.peak_capacity.value, found.daily_capacity.value) for found in carriers])
    surcharge = np.stack([np.where(peak, float(found.peak_surcharge.value), 0.0) for found in carriers])
    hour = np.array([hour_of(found.collection_at, f"carriers.toml: {found.id}") for found in carriers])
    return Collections(hour=hour, days=days, cap=cap * days, surcharge=surcharge)


def express_extra(lanes: Sequence[Lane]) -> NDArray[np.float64]:
    """Return what a parcel of each lane costs beyond the usual service of its zone, (lanes,); 0 for usual ones."""
    usual = {lane.zone: lane.price_minor for lane in lanes if not lane.is_express}
    return np.array([max(lane.price_minor - usual[lane.zone], 0.0) if lane.is_express else 0.0 for lane in lanes])


_Service = tuple[float, int, CarrierProduct]


def _services(
    carriers: Sequence[Carrier], zone: str, terms: FulfilmentTerms, *, most_days: int | None
) -> Iterator[_Service]:
    weight = float(terms.parcel_weight.value)
    for place, carrier in enumerate(carriers):
        for product in carrier.products:
            fits = zone in product.zones and weight <= product.max_weight.value
            if fits and (most_days is None or product.transit.value <= most_days):
                price = product.price.value + product.price_per_kg.value * max(weight / _GRAMS - 1.0, 0.0)
                yield price, place, product


def _lane(zone: str, share: float, services: list[_Service], *, is_express: bool) -> Lane:
    ranked = sorted(services, key=lambda service: (service[0], service[1]))
    price, carrier, product = ranked[0]
    others = [service[1] for service in ranked if service[1] != carrier]
    return Lane(
        zone=zone,
        is_express=is_express,
        share=share,
        carrier=carrier,
        backup=others[0] if others else -1,
        product=product,
        price_minor=price,
    )
