"""Rows of inventory.

Lock order, the same for everybody:

    1. turn      of the checkouts, by id (advisory locks: also a checkout without a row has one)
    2. promise   their rows, by id; the sweep takes no turn and skips rows that are locked
    3. sku       the SKUs concerned, by SKU. Who has a SKU's row has its `stock` rows too, all locations of them
    4. stock     by (sku, location); only under the lock of 3, so nobody ever waits here

Each of the first three is a statement of its own, so that what it reads was committed after the locks before it were
taken. Batches (`look`) and single calls (`lock_promise`, `lock_shelf`) keep the same order and may meet.

Expiry of others' holds is judged after 3, by the clock of that moment (`lapsed_units`), not by the start of the
transaction: a transaction that waited for its locks would otherwise judge by a time older than the one the rows were
last judged by.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.open_shelf import OpenShelf
from springtide.contexts.inventory.domain.places import Key, Move, Place, Shelf, SkuState
from springtide.contexts.inventory.domain.promises import Promise, State
from springtide.contracts.common import Finding
from springtide.contracts.inventory.api import (
    Allocation,
    Availability,
    Inbound,
    LedgerKind,
    LedgerRow,
    Location,
    StockLevel,
    StockRow,
    Supplier,
    Supply,
)
from springtide.platform.batch import Batch, rows
from springtide.platform.db import Params, Read, Statements, Tx
from springtide.platform.exchange import Ask, Tuples
from springtide.platform.ids import uuid7

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")
_SUPPLY = {supply.value: supply for supply in Supply}
_LINES = msgspec.json.Decoder(tuple[Allocation, ...])
_BANDS = msgspec.json.Decoder(tuple[Availability, ...])
_CHECKS = ("check_ledger", "check_promises", "check_inbound", "check_oversold", "check_negative")


class LedgerSum(msgspec.Struct, frozen=True, kw_only=True):
    """Units on hand at a place, and the sum of its ledger."""

    sku: str
    location: str
    on_hand: int
    units: int


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


class _PromiseRow(msgspec.Struct, frozen=True, kw_only=True):
    checkout_id: UUID
    market: str
    state: str
    lines: str
    expires_at: datetime
    version: int

    def promise(self) -> Promise:
        return Promise(
            checkout_id=self.checkout_id,
            market=self.market,
            state=State(self.state),
            lines=_LINES.decode(self.lines),
            expires_at=self.expires_at,
            version=self.version,
        )


class _ShelfRow(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    version: int
    bands: list[dict[str, Any]]
    location: str
    supply: str
    on_hand: int
    held: int
    claimed: int
    low_stock_at: int
    inbound_days: list[date]
    inbound_units: list[int]
    ranks: dict[str, int]

    def place(self) -> Place:
        return Place(
            sku=self.sku,
            location=self.location,
            supply=Supply(self.supply),
            on_hand=self.on_hand,
            held=self.held,
            claimed=self.claimed,
            low_stock_at=self.low_stock_at,
            inbound=tuple(zip(self.inbound_days, self.inbound_units, strict=True)),
            ranks=self.ranks,
        )


class _SkuRow(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    version: int
    bands: list[dict[str, Any]]

    def state(self) -> SkuState:
        return SkuState(sku=self.sku, version=self.version, bands=_bands(self.bands))


class _Units(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    location: str
    units: int


class _Mirrored(msgspec.Struct, frozen=True, kw_only=True):
    days: list[date]
    units: list[int]


class _Booked(msgspec.Struct, frozen=True, kw_only=True):
    moves: int
    puts: int


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """Where the judging of all bands stands after locations changed."""

    id: UUID
    after_sku: str


def _bands(rows: list[dict[str, Any]]) -> tuple[Availability, ...]:
    return msgspec.convert(rows, tuple[Availability, ...])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


# -- locking and booking


async def lock_promise(tx: Tx, checkout_id: UUID) -> Promise | None:
    """Take a checkout's turn; lock and return its promise."""
    await tx.run("take_turns", _ids([checkout_id]))
    row = await tx.maybe("lock_promises", _ids([checkout_id]), row=_PromiseRow)
    return row.promise() if row else None


async def lock_expired(tx: Tx, limit: int) -> list[Promise]:
    """Lock and return holds that ran out and that nobody is working on."""
    rows = await tx.all("lock_expired_promises", {"now": tx.now, "limit": limit}, row=_PromiseRow)
    return [row.promise() for row in rows]


async def forget_lapsed(tx: Tx, before: datetime, limit: int) -> int:
    """Drop promises that lapsed long ago; return how many."""
    return await tx.run("forget_lapsed_promises", {"before": before, "limit": limit})


async def lock_shelf(tx: Tx, skus: Collection[str]) -> Shelf:
    """Lock all places of the SKUs in lock order and return them."""
    rows = await tx.all("lock_shelf", {"skus": sorted(set(skus))}, row=_ShelfRow) if skus else []
    states = {row.sku: SkuState(sku=row.sku, version=row.version, bands=_bands(row.bands)) for row in rows}
    return Shelf(states, [row.place() for row in rows])


async def lapsed_units(tx: Tx, shelf: Shelf, own: Collection[UUID]) -> dict[Key, int]:
    """Return units of holds that ran out by now, without the asking checkouts' own. Only after `lock_shelf`."""
    rows = await tx.all("lapsed_units", {"skus": list(shelf.states), "own": list(own)}, row=_Units)
    return {(row.sku, row.location): row.units for row in rows}


async def book(tx: Tx, booking: Booking) -> None:
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
        "state_bands": [_json(state.bands) for state in states],
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
        "put_lines": [_json(promise.lines) for promise in puts],
        "put_expiries": [promise.expires_at for promise in puts],
        "put_versions": [promise.version for promise in puts],
        "drops": list(booking.drops),
    }


async def ensure_places(tx: Tx, keys: Iterable[Key]) -> None:
    """Make missing SKU and stock rows (with nothing in them), in lock order."""
    wanted = sorted(set(keys))
    skus, locations = [sku for sku, _ in wanted], [location for _, location in wanted]
    await tx.run("ensure_skus", {"skus": skus})
    await tx.run("ensure_places", {"skus": skus, "locations": locations})


async def set_policies(tx: Tx, levels: Sequence[StockLevel]) -> None:
    """Write supply policy and low-stock level of places; `quantity` is not looked at."""
    await tx.run(
        "set_policies",
        {
            "skus": [level.sku for level in levels],
            "locations": [level.location for level in levels],
            "supplies": [level.supply.value for level in levels],
            "levels": [level.low_stock_at for level in levels],
        },
    )


async def places_with_ledger(tx: Tx, skus: Collection[str]) -> set[Key]:
    """Return the places of the SKUs that have at least one ledger entry."""
    return {(sku, location) for sku, location in await tx.tuples("places_with_ledger", {"skus": list(skus)})}


# -- batches of holds, claims, releases


def look(checkout_ids: Collection[UUID], skus: Collection[str]) -> list[Ask]:
    """Return what a batch locks and reads, in lock order: `open_shelf` takes the rows.

    `skus`: those asked for; the SKUs of the promises that the checkouts have already are found on the way.
    """
    ids = _ids(checkout_ids)
    # Text that PostgreSQL cannot store names no SKU that it has.
    wanted = {**ids, "skus": _json([sku for sku in skus if "\0" not in sku])}
    return [
        ("take_turns", ids),
        ("lock_promises", ids),
        ("lock_skus", wanted),
        ("places_of", wanted),
        ("location_ranks", {}),
    ]


def open_shelf(found: Sequence[Tuples]) -> tuple[OpenShelf, dict[str, tuple[int, str]]]:
    """Return the shelf of a batch, and version and bands (JSON) of its SKUs for `states_of`."""
    _, promises, skus, places, ranks = found
    locked = {sku: (version, bands) for sku, version, bands in skus}
    ranks_of: dict[str, dict[str, int]] = dict(ranks)
    shelf = OpenShelf(
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
                lines=_LINES.decode(lines),
                expires_at=expires_at,
                version=version,
            )
            for checkout_id, market, state, lines, expires_at, version in promises
        ],
    )
    return shelf, locked


def states_of(locked: Mapping[str, tuple[int, str]], skus: Iterable[str]) -> list[SkuState]:
    """Return the rows of some of a batch's SKUs."""
    return [SkuState(sku=sku, version=locked[sku][0], bands=_BANDS.decode(locked[sku][1])) for sku in skus]


async def judge(tx: Batch, shelf: OpenShelf) -> None:
    """Let holds that ran out count no longer, by the clock of this moment."""
    asked = {"skus": list(shelf.skus), "own": shelf.locked_checkouts}
    lapsed, ((now,),) = await tx.together(("lapsed_units", asked), ("kernel_now", {}))
    shelf.judge(now, {(sku, location): units for sku, location, units in lapsed})


def book_later(tx: Batch, shelf: OpenShelf, moves: Sequence[Move], states: Sequence[SkuState]) -> None:
    """Write what a batch has decided, with one statement per kind of row."""
    if moves:
        tx.later("move_counters", rows(moves))
    if states:
        tx.later("tell_skus", rows(states))
    added, changed, dropped = shelf.outcome()
    if added:
        tx.later("add_promises", rows(added))
    if changed:
        tx.later("change_promises", rows(changed))
    if dropped:
        tx.later("drop_promises", _ids(dropped))


def _ids(checkout_ids: Iterable[UUID]) -> Params:
    """Return ids as one text in the form of a PostgreSQL array: the cheapest to build, and to take apart."""
    return {"ids": "{" + ",".join([checkout_id.hex for checkout_id in checkout_ids]) + "}"}


# -- reading


async def sku_states(read: Read, skus: Collection[str]) -> list[SkuState]:
    """Return the bands last told of the SKUs that are known."""
    rows = await read.all("availability", {"skus": list(skus)}, row=_SkuRow)
    return [row.state() for row in rows]


async def sku_page(read: Read, after: str, limit: int) -> list[SkuState]:
    """Return the next SKUs by SKU."""
    rows = await read.all("snapshot_page", {"after": after, "limit": limit}, row=_SkuRow)
    return [row.state() for row in rows]


async def list_stock(
    read: Read, *, skus: Collection[str], location: str, low_only: bool, after: Key, limit: int
) -> list[StockRow]:
    """Return places by (sku, location)."""
    params = {
        "skus": list(skus),
        "location": location,
        "low_only": low_only,
        "after_sku": after[0],
        "after_location": after[1],
        "limit": limit,
    }
    return [msgspec.convert(row, StockRow) for row in await read.dicts("list_stock", params)]


async def list_ledger(read: Read, *, sku: str, before: UUID | None, limit: int) -> list[LedgerRow]:
    """Return ledger entries, newest first."""
    rows = await read.dicts("list_ledger", {"sku": sku, "before": before, "limit": limit})
    return [msgspec.convert(row, LedgerRow) for row in rows]


async def list_claims(read: Read, *, after: UUID | None, limit: int) -> list[Promise]:
    """Return claimed promises by checkout id."""
    rows = await read.all("list_claims", {"after": after, "limit": limit}, row=_PromiseRow)
    return [row.promise() for row in rows]


async def findings(read: Read, checks: Collection[str] = _CHECKS) -> list[Finding]:
    """Return every difference between counters and the rows behind them."""
    found: list[Finding] = []
    for check in checks:
        found.extend(await read.all(check, row=Finding))
    return found


async def standing_findings(read: Read) -> list[Finding]:
    """Return the findings of the rules that look at what is there now: their cost does not grow with the ledger."""
    return await findings(read, [check for check in _CHECKS if check != "check_ledger"])


async def ledger_sums(read: Read, skus: Collection[str]) -> list[LedgerSum]:
    """Return every place of these SKUs with the sum of its ledger."""
    return await read.all("ledger_sums", {"skus": list(skus)}, row=LedgerSum)


# -- locations, suppliers, inbound


async def unknown_locations(read: Read, keys: Collection[str]) -> set[str]:
    """Return those keys that are no location."""
    return set(keys) - {key for (key,) in await read.tuples("known_locations", {"keys": list(keys)})}


async def list_locations(read: Read) -> list[Location]:
    """Return all locations by key."""
    return await read.all("list_locations", row=Location)


async def lock_location(tx: Tx, key: str) -> Location | None:
    """Lock and return a location."""
    return await tx.maybe("lock_location", {"key": key}, row=Location)


async def put_location(tx: Tx, location: Location) -> None:
    """Add or replace a location."""
    params = {"key": location.key, "name": location.name, "external": location.external}
    await tx.run("put_location", {**params, "ranks": _json(location.ranks)})


async def order_band_review(tx: Tx) -> None:
    """Have the bands of all SKUs judged again soon."""
    await tx.run("order_band_review", {"id": uuid7()})


async def lock_band_review(tx: Tx) -> Review | None:
    """Lock and return the oldest review nobody works on."""
    return await tx.maybe("lock_band_review", row=Review)


async def skus_after(tx: Tx, after: str, limit: int) -> list[str]:
    """Return the next SKUs."""
    return [sku for (sku,) in await tx.tuples("skus_after", {"after": after, "limit": limit})]


async def move_band_review(tx: Tx, review: Review, after: str | None) -> None:
    """Note how far a review came; None ends it."""
    if after is None:
        await tx.run("end_band_review", {"id": review.id})
    else:
        await tx.run("move_band_review", {"id": review.id, "after": after})


async def put_supplier(tx: Tx, supplier: Supplier) -> None:
    """Add or replace a supplier."""
    await tx.run("put_supplier", msgspec.structs.asdict(supplier))


async def list_suppliers(read: Read) -> list[Supplier]:
    """Return all suppliers by key."""
    return await read.all("list_suppliers", row=Supplier)


async def is_supplier(tx: Tx, key: str) -> bool:
    """Tell whether there is such a supplier."""
    return await tx.value("is_supplier", {"key": key}) is not None


async def find_inbound(tx: Tx, inbound_id: UUID) -> Inbound | None:
    """Return an inbound row; it is stable once its stock row is locked."""
    return await tx.maybe("find_inbound", {"id": inbound_id}, row=Inbound)


async def put_inbound(tx: Tx, inbound: Inbound, place: Place) -> Place:
    """Add or replace an inbound row under its place's lock; return the place as it is then."""
    await tx.run("put_inbound", msgspec.structs.asdict(inbound))
    key = {"sku": inbound.sku, "location": inbound.location}
    mirrored = await tx.one("mirror_inbound", key, row=_Mirrored)
    return msgspec.structs.replace(place, inbound=tuple(zip(mirrored.days, mirrored.units, strict=True)))


async def list_inbound(read: Read, *, sku: str, open_only: bool) -> list[Inbound]:
    """Return inbound rows by day, at most 500."""
    return await read.all("list_inbound", {"sku": sku, "open_only": open_only}, row=Inbound)
