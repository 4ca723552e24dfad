"""What inventory promises: how many are there, who may have them, and that units promised never exceed units owned.

available = on hand - held - claimed (+ confirmed inbound where the supply policy sells it). A hold belongs to one
checkout and expires; a claim is a promise to one order and does not. Shipping takes units off hand and off claimed.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import AuditEntry, Difference, DifferenceState, Finding, Page, Quantity, Snapshot
from springtide.platform.caller import Caller
from springtide.platform.errors import BadInput, Conflict, NotFound, Unprocessable
from springtide.platform.promise import always_answered


class NotEnoughStock(Unprocessable):
    """Not all lines can be promised; nothing was. facts: short = [{sku, wanted, available}]."""

    code = "not_enough_stock"


class SkuUnknown(NotFound):
    """Inventory has never heard of the SKU; facts: sku."""

    code = "sku_unknown"


class LocationUnknown(NotFound):
    """There is no such location; facts: location."""

    code = "location_unknown"


class HoldGone(Conflict):
    """The hold expired and its units went to others; facts: checkout_id, short."""

    code = "hold_gone"


class AlreadyClaimed(Conflict):
    """The checkout's units are promised to its order: they cannot be replaced by another hold; facts: checkout_id."""

    code = "already_claimed"


class InboundUnknown(NotFound):
    """There is no such inbound quantity; facts: inbound_id."""

    code = "inbound_unknown"


class AdjustmentRefused(Unprocessable):
    """The adjustment would take away units that are promised; facts: sku, location, on_hand, promised."""

    code = "adjustment_refused"


class InvalidStock(BadInput):
    """A quantity, reason or policy is not well-formed; facts name the field."""

    code = "invalid_stock"


class Supply(StrEnum):
    """What may be sold. BACKORDER and PRE_ORDER sell confirmed inbound quantities, dated, and nothing beyond."""

    STOCK = "stock"
    BACKORDER = "backorder"
    PRE_ORDER = "pre_order"


class Band(StrEnum):
    """Availability as buyers see it; sent to read models only when it changes."""

    IN_STOCK = "in_stock"
    FEW_LEFT = "few_left"
    INBOUND = "inbound"
    SOLD_OUT = "sold_out"


class LedgerKind(StrEnum):
    """Why on hand changed. On hand is the sum of the ledger, always."""

    OPENING = "opening"
    RECEIVED = "received"
    SHIPPED = "shipped"
    RETURNED = "returned"
    ADJUSTED = "adjusted"
    MOVED = "moved"


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """A place with stock. `ranks`: market -> rank, lower is asked first; a market that is missing is not served."""

    key: str
    name: str
    external: bool
    ranks: dict[str, int]


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """The band of a SKU in a market. `expected_on` is set for INBOUND. `version` rises with every change."""

    market: str
    sku: str
    band: Band
    expected_on: date | None = None
    version: int = 0


class StockRow(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU at a location. available = on_hand - held - claimed + sellable inbound."""

    sku: str
    location: str
    supply: Supply
    on_hand: int
    held: int
    claimed: int
    inbound: int
    available: int
    low_stock_at: int


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One append-only entry; `quantity` is signed."""

    id: UUID
    at: datetime
    sku: str
    location: str
    kind: LedgerKind
    quantity: int
    reason: str
    reference: str
    actor: str


class Allocation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many of a SKU from a location. `inbound`: how many of them are sold from a dated inbound quantity."""

    sku: str
    location: str
    quantity: int
    inbound: int = 0
    expected_on: date | None = None


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Units promised to a checkout until `expires_at` (None once claimed)."""

    checkout_id: UUID
    market: str
    allocations: tuple[Allocation, ...]
    expires_at: datetime | None


class StockLevel(msgspec.Struct, frozen=True, kw_only=True):
    """Opening stock: one ledger entry per SKU and location."""

    sku: str
    location: str
    quantity: int
    supply: Supply = Supply.STOCK
    low_stock_at: int = 0


class Supplier(msgspec.Struct, frozen=True, kw_only=True):
    """Who delivers. `lead_time_days` from order to dock; `min_order_units` 0 means none."""

    key: str
    name: str
    country: str
    lead_time_days: int
    min_order_units: int = 0


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """Units on their way. `confirmed`: the supplier confirmed date and quantity, so the policy may sell them."""

    id: UUID
    supplier: str
    sku: str
    location: str
    quantity: int
    received: int
    expected_on: date
    confirmed: bool


class OrderClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What an order may still take from the shelves, for the checker."""

    order_id: UUID
    lines: tuple[Quantity, ...]


class StockOuts(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the SKUs that a market knows are sold out there."""

    market: str
    skus: int
    sold_out: int


class InventoryApi(Protocol):
    """Inventory's verbs. hold/extend/claim/release are the system's ("inventory.hold"); availability and snapshot are
    anybody's; other reading is for staff and system; other writing needs the scope "inventory.write".
    """

    async def hold(
        self,
        *,
        caller: Caller,
        key: str,
        checkout_id: UUID,
        market: str,
        lines: tuple[Quantity, ...],
        expires_after_s: int,
    ) -> Hold:
        """Hold all lines or none for a checkout, from its market's locations by rank. `NotEnoughStock`, `SkuUnknown`.

        A checkout's own hold never counts against it: holding again replaces it (and extends it). Once claimed, the
        same lines are answered with the claim, others with `AlreadyClaimed`.
        """
        ...

    @always_answered
    async def extend(self, *, caller: Caller, key: str, checkout_id: UUID, expires_after_s: int) -> Hold:
        """Give a live hold more time; one that ran out is taken again if the units are there, else `HoldGone`."""
        ...

    @always_answered
    async def claim(self, *, caller: Caller, key: str, checkout_id: UUID) -> Hold:
        """Turn the hold into a promise without expiry; one that ran out is taken again, else `HoldGone`.

        Claiming again gives the same answer.
        """
        ...

    @always_answered
    async def release(self, *, caller: Caller, key: str, checkout_id: UUID, reason: str) -> None:
        """Give back what a checkout holds or has claimed and not shipped (undo); a repeat does nothing."""
        ...

    async def availability(self, *, caller: Caller, market: str, skus: tuple[str, ...]) -> tuple[Availability, ...]:
        """Return bands, at most 200 SKUs a call; unknown SKUs are sold out."""
        ...

    async def snapshot(self, *, caller: Caller, after: str | None = None) -> Snapshot[Availability]:
        """Return one page of all bands of all markets for read models."""
        ...

    async def stock(
        self,
        *,
        caller: Caller,
        skus: tuple[str, ...] = (),
        location: str = "",
        low_only: bool = False,
        after: str | None = None,
        limit: int = 100,
    ) -> Page[StockRow]:
        """Return units by SKU and location."""
        ...

    async def ledger(
        self, *, caller: Caller, sku: str, before: str | None = None, limit: int = 100
    ) -> tuple[LedgerRow, ...]:
        """Return the ledger of a SKU, newest first."""
        ...

    async def adjust(
        self, *, caller: Caller, key: str, sku: str, location: str, quantity: int, reason: str
    ) -> StockRow:
        """Add (or with a negative quantity take away) units with a reason. `AdjustmentRefused`, `LocationUnknown`."""
        ...

    async def transfer(
        self, *, caller: Caller, key: str, sku: str, from_location: str, to_location: str, quantity: int, reason: str
    ) -> tuple[StockRow, StockRow]:
        """Move free units between locations. `AdjustmentRefused`."""
        ...

    async def set_policy(
        self, *, caller: Caller, key: str, sku: str, location: str, supply: Supply, low_stock_at: int
    ) -> StockRow:
        """Set what may be sold and when stock counts as low. Taking inbound out of sale that was sold already:
        `AdjustmentRefused`.
        """
        ...

    async def put_location(self, *, caller: Caller, key: str, location: Location) -> Location:
        """Add or change a location."""
        ...

    async def list_locations(self, *, caller: Caller) -> tuple[Location, ...]:
        """Return all locations by key."""
        ...

    async def put_supplier(self, *, caller: Caller, key: str, supplier: Supplier) -> Supplier:
        """Add or change a supplier."""
        ...

    async def list_suppliers(self, *, caller: Caller) -> tuple[Supplier, ...]:
        """Return all suppliers by key."""
        ...

    async def put_inbound(
        self,
        *,
        caller: Caller,
        key: str,
        inbound_id: UUID,
        supplier: str,
        sku: str,
        location: str,
        quantity: int,
        expected_on: date,
        confirmed: bool,
    ) -> Inbound:
        """Announce or change an inbound quantity; taking away units already sold from it: `AdjustmentRefused`."""
        ...

    async def receive_inbound(self, *, caller: Caller, key: str, inbound_id: UUID, quantity: int) -> Inbound:
        """Book received units on hand, also more than announced. `InboundUnknown`."""
        ...

    async def list_inbound(self, *, caller: Caller, sku: str = "", open_only: bool = True) -> tuple[Inbound, ...]:
        """Return inbound rows by date, at most 500."""
        ...

    async def import_stock(
        self, *, caller: Caller, key: str, batch: str, levels: tuple[StockLevel, ...], at: datetime
    ) -> int:
        """Book opening stock (at most 2,000 a call), one ledger entry per SKU and location; a SKU and location that
        has a ledger already is left alone. Return how many were booked.
        """
        ...

    async def claims(self, *, caller: Caller, after: str | None = None, limit: int = 1_000) -> Page[OrderClaim]:
        """Return open claims by order id, for the checker."""
        ...

    async def stock_outs(self, *, caller: Caller) -> tuple[StockOuts, ...]:
        """Return by market how many SKUs are sold out, from the bands that were last told."""
        ...

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """Compare on hand with the ledger, held and claimed with rows, promised with owned; return differences."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...

    async def list_differences(
        self, *, caller: Caller, state: DifferenceState | None = None, after: str | None = None, limit: int = 50
    ) -> Page[Difference]:
        """Return differences between stock, its ledger, promises and orders, newest first; `limit` at most 200."""
        ...

    async def resolve_difference(self, *, caller: Caller, key: str, difference_id: UUID, note: str) -> Difference:
        """Put an open difference aside with a note (staff with "inventory.write"): it opens again when it changes.

        `DifferenceUnknown`, `DifferenceNotOpen`, `InvalidDifference`.
        """
        ...
