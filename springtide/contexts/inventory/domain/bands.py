"""What is told about stock: bands per market only when they change, low stock and back in stock when they happen."""

from collections.abc import Iterable
from datetime import date

import msgspec

from springtide.contexts.inventory.domain.places import Place, Shelf, SkuState
from springtide.contracts.inventory.api import Availability, Band, Supply
from springtide.contracts.inventory.events import BackInStock, LowStock

FEW_UNITS = 5
"""At most so many units on the shelf are "few left"."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What changed for one SKU: its new row, the bands to tell, and what happened."""

    state: SkuState
    changed: tuple[Availability, ...]
    low: tuple[LowStock, ...]
    back: tuple[BackInStock, ...]


def tell(before: Shelf, after: Shelf) -> list[Told]:
    """Return what there is to tell about each SKU of the shelf, by SKU; nothing for SKUs without a change."""
    told = [_tell_sku(before, after, state) for _, state in sorted(after.states.items())]
    return [one for one in told if one.changed or one.low or one.back]


def bands_of(places: Iterable[Place], markets: Iterable[str]) -> dict[str, tuple[Band, date | None]]:
    """Return band and expected day per market, judged over the places that serve it."""
    known = list(places)
    return {market: _band([place for place in known if market in place.ranks]) for market in sorted(markets)}


def _tell_sku(before: Shelf, after: Shelf, state: SkuState) -> Told:
    last = {band.market: band for band in state.bands}
    places = after.of(state.sku)
    now = bands_of(places, {market for place in places for market in place.ranks} | last.keys())
    different = {
        market: found
        for market, found in now.items()
        if market not in last or (last[market].band, last[market].expected_on) != found
    }
    low = tuple(event for place in places if (event := _fell_low(before.places.get(place.key), place)))
    back = tuple(
        BackInStock(sku=state.sku, market=market)
        for market, (band, _) in different.items()
        if band is not Band.SOLD_OUT and market in last and last[market].band is Band.SOLD_OUT
    )
    version = state.version + 1
    changed = tuple(
        Availability(market=market, sku=state.sku, band=band, expected_on=expected_on, version=version)
        for market, (band, expected_on) in different.items()
    )
    bands = {**last, **{band.market: band for band in changed}}
    ordered = tuple(bands[market] for market in sorted(bands))
    grown = SkuState(sku=state.sku, version=state.version + bool(changed) + len(low) + len(back), bands=ordered)
    return Told(state=grown, changed=changed, low=low, back=back)


def _band(places: list[Place]) -> tuple[Band, date | None]:
    on_shelf = sum(place.free_on_shelf for place in places)
    if on_shelf > FEW_UNITS:
        return Band.IN_STOCK, None
    if on_shelf > 0:
        return Band.FEW_LEFT, None
    days = [
        day
        for place in places
        if place.supply is not Supply.STOCK
        and place.available > 0
        and (day := place.expected_for(max(0, place.promised - place.on_hand) + 1))
    ]
    return (Band.INBOUND, min(days)) if days else (Band.SOLD_OUT, None)


def _fell_low(before: Place | None, after: Place) -> LowStock | None:
    """Only the step over the level is told, not every unit below it."""
    if before is None or not after.low_stock_at:
        return None
    if after.available > after.low_stock_at or before.available <= before.low_stock_at:
        return None
    return LowStock(sku=after.sku, location=after.location, available=after.available, low_stock_at=after.low_stock_at)
