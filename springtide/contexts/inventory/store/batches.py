"""Batches of holds, claims and releases: what they lock and read, and what they write."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.open_shelf import OpenShelf
from springtide.contexts.inventory.domain.places import Move, Place, SkuState
from springtide.contexts.inventory.domain.promises import Promise, State
from springtide.contexts.inventory.store.columns import LINES, as_json, bands_of, ids_array
from springtide.contracts.inventory.api import Supply
from springtide.platform.batch import Batch, rows
from springtide.platform.exchange import Ask, Tuples

_SUPPLY = {supply.value: supply for supply in Supply}


def locks_and_reads(checkout_ids: Collection[UUID], skus: Collection[str]) -> list[Ask]:
    """Return what a batch locks and reads, in lock order: `open_shelf` takes the rows.

    `skus`: those asked for; the SKUs of the promises that the checkouts have already are found on the way.
    """
    ids = ids_array(checkout_ids)
    # Text that PostgreSQL cannot store names no SKU that it has.
    wanted = {**ids, "skus": as_json([sku for sku in skus if "\0" not in sku])}
    return [
        ("take_turns", ids),
        ("lock_promises", ids),
        ("lock_skus", wanted),
        ("places_of", wanted),
        ("location_ranks", {}),
    ]


def open_shelf(found: Sequence[Tuples]) -> OpenShelf:
    """Return the shelf of a batch."""
    _, promises, skus, places, ranks = found
    locked = {sku for (sku,) in skus}
    ranks_of: dict[str, dict[str, int]] = dict(ranks)
    return OpenShelf(
        [
            Place(
                sku=sku,
                location=location,
                supply=_SUPPLY[supply],
                on_hand=on_hand,
                held=held,
                claimed=claimed,
                low_stock_at=low_stock_at,
                inbound=tuple(zip(days, units, strict=True)) if days else (),
                ranks=ranks_of.get(location, {}),
            )
            for sku, location, supply, on_hand, held, claimed, low_stock_at, days, units in places
            if sku in locked  # not one that came into being after the locks were taken
        ],
        [
            Promise(
                checkout_id=checkout_id,
                market=market,
                state=State(state),
                lines=LINES.decode(lines),
                expires_at=expires_at,
                version=version,
            )
            for checkout_id, market, state, lines, expires_at, version in promises
        ],
    )


async def states_of(tx: Batch, skus: Collection[str]) -> list[SkuState]:
    """Return the rows of some of a batch's locked SKUs.

    In a round trip of its own: few batches tell anything, and bands are the longest of what a SKU has.
    """
    if not skus:
        return []
    (found,) = await tx.together(("availability", {"skus": list(skus)}))
    return [SkuState(sku=sku, version=version, bands=bands_of(bands)) for sku, version, bands in found]


async def judge(tx: Batch, shelf: OpenShelf) -> None:
    """Let holds that ran out count no longer, by the clock of this moment."""
    asked = {"skus": list(shelf.skus), "own": shelf.locked_checkouts}
    lapsed, ((now,),) = await tx.together(("lapsed_units", asked), ("kernel_now", {}))
    shelf.judge(now, {(sku, location): units for sku, location, units in lapsed})


def promises_later(tx: Batch, shelf: OpenShelf) -> None:
    """Write what became of promises since the last time, with one statement per kind of change."""
    added, changed, dropped = shelf.outcome()
    if added:
        tx.later("add_promises", {"rows": as_json([msgspec.structs.astuple(promise) for promise in added])})
    if changed:
        tx.later("change_promises", rows(changed))
    if dropped:
        tx.later("drop_promises", ids_array(dropped))


def counters_later(tx: Batch, moves: Sequence[Move], states: Sequence[SkuState]) -> None:
    """Write the counters that a batch has changed, and what it tells about SKUs."""
    if moves:
        tx.later("move_counters", rows(_together(moves)))
    if states:
        tx.later("tell_skus", rows(states))


class _Moved(msgspec.Struct, frozen=True):
    """The SKUs whose counters at a location change by the same."""

    location: str
    held: int
    claimed: int
    skus: list[str]


def _together(moves: Sequence[Move]) -> list[_Moved]:
    skus: dict[tuple[str, int, int], list[str]] = {}
    for move in moves:
        skus.setdefault((move.location, move.held, move.claimed), []).append(move.sku)
    return [_Moved(*by, moved) for by, moved in skus.items()]
