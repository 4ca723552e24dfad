"""Write a single decision and tell what came of it. Decisions of a batch are written by `hold_units`."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from springtide.contexts.inventory.domain.bands import Told, tell
from springtide.contexts.inventory.domain.places import Move, Shelf, summed
from springtide.contexts.inventory.domain.promises import Promise
from springtide.contexts.inventory.service.counted import count_told
from springtide.contexts.inventory.store.bookings import Booking, Entry, write_booking
from springtide.contracts.inventory.api import Availability
from springtide.contracts.inventory.events import AvailabilityChanged
from springtide.platform.db import Tx
from springtide.platform.member import Member

_BANDS_PER_EVENT = 500


async def book(
    tx: Tx,
    shelf: Shelf,
    *,
    moves: Iterable[Move] = (),
    entries: Sequence[Entry] = (),
    puts: Sequence[Promise] = (),
    drops: Sequence[UUID] = (),
    before: Shelf | None = None,
    bulk: str = "",
) -> Shelf:
    """Book on a locked shelf and emit the events; return the shelf afterwards.

    `before`: the shelf as it was when something else than counters changed too. `bulk`: id of an import, whose bands
    travel together instead of one event per SKU.
    """
    merged = summed(moves)
    after = shelf.moved(merged)
    told = tell(before or shelf, after)
    states = [one.state for one in told]
    await write_booking(tx, Booking(moves=merged, entries=entries, states=states, puts=puts, drops=drops))
    if bulk:
        _emit_bands_together(tx, told, bulk)
    for one in told:
        emit_told(tx, one, with_bands=not bulk)
    return after


def emit_told(by: Tx | Member[Any], told: Told, *, with_bands: bool = True) -> None:
    """Emit what there is to tell about a SKU, each event under a version of its own."""
    sku = told.state.sku
    version = told.state.version - len(told.low) - len(told.back)
    count_told(by, told)
    if told.changed and with_bands:
        by.emit(AvailabilityChanged(changed=told.changed), aggregate_id=sku, aggregate_version=version)
    for low in told.low:
        version += 1
        by.emit(low, aggregate_id=sku, aggregate_version=version)
    for back in told.back:
        version += 1
        by.emit(back, aggregate_id=sku, aggregate_version=version, market=back.market)


def _emit_bands_together(tx: Tx, told: Sequence[Told], bulk: str) -> None:
    changed: list[Availability] = [band for one in told for band in one.changed]
    for number, start in enumerate(range(0, len(changed), _BANDS_PER_EVENT), start=1):
        part = tuple(changed[start : start + _BANDS_PER_EVENT])
        tx.emit(AvailabilityChanged(changed=part), aggregate_id=f"import:{bulk}", aggregate_version=number)
