"""What orders promises: what was sold, as it was sold, and everything that happened to it since.

An order line counts ordered, cancelled, fulfilled, returned; lines never vanish. Shipments and adjustments are
append-only. Order, payment and fulfilment status are derived.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import Address, AuditEntry, Contact, ExternalRef, Finding, Origin, Page, Quantity
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.pricing.api import Quote, TaxedRow
from springtide.platform.caller import Caller
from springtide.platform.errors import BadInput, Conflict, NotFound, Unprocessable
from springtide.platform.promise import always_answered


class OrderNotFound(NotFound):
    """There is no such order, or the token is not its."""

    code = "order_not_found"


class LineUnknown(Unprocessable):
    """The order has no such line; facts: line."""

    code = "order_line_unknown"


class QuantityRefused(Unprocessable):
    """More than is left to cancel, ship or return; facts: line, wanted, possible."""

    code = "order_quantity_refused"


class NotCapturable(Conflict):
    """Nothing is authorised that could be captured; facts: payment_status."""

    code = "order_not_capturable"


class InvalidOrder(BadInput):
    """A field is not well-formed; facts name it."""

    code = "invalid_order"


class OrderStatus(StrEnum):
    """Derived from line counts."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class PaymentStatus(StrEnum):
    """Derived from the money that moved."""

    UNPAID = "unpaid"
    AUTHORISED = "authorised"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"


class FulfilmentStatus(StrEnum):
    """Derived from line counts."""

    UNFULFILLED = "unfulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    FULFILLED = "fulfilled"
    RETURNED = "returned"
    NOT_NEEDED = "not_needed"


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as sold (`name` in the buyer's language) with its counts. `line` counts from 1."""

    line: int
    sku: str
    name: str
    unit_minor: int
    ordered: int
    cancelled: int
    fulfilled: int
    returned: int
    money: TaxedRow
    allocations: tuple[Allocation, ...] = ()


class ShippingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of shipping money."""

    method: str
    money: TaxedRow


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that left: quantities by line number."""

    id: UUID
    at: datetime
    carrier: str
    tracking: str
    lines: dict[int, int]


class AdjustmentKind(StrEnum):
    """Why quantities or money changed after the sale."""

    CANCEL = "cancel"
    REFUND = "refund"
    RETURN = "return"


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """Append-only: signed quantities by line and signed money rows (negative: back to the buyer)."""

    id: UUID
    at: datetime
    kind: AdjustmentKind
    lines: dict[int, int]
    money: tuple[TaxedRow, ...]
    reason: str
    actor: str


class DocumentKind(StrEnum):
    """Immutable documents with gapless numbers per seller and year."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice or a credit note. `adjustment_id` names what a credit note credits."""

    number: str
    kind: DocumentKind
    issued_on: date
    gross_minor: int
    adjustment_id: UUID | None


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, in a word ("placed", "paid", "shipped", …) and its facts; `actor` who did it."""

    at: datetime
    what: str
    facts: dict[str, str]
    actor: str


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order, whole. `id` is the checkout's id; `number` is for people."""

    id: UUID
    number: str
    version: int
    placed_at: datetime
    market: str
    seller: str
    locale: str
    currency: str
    base_currency: str
    fx_to_base: str
    origin: Origin
    customer_id: UUID | None
    contact: Contact
    shipping_address: Address
    billing_address: Address
    status: OrderStatus
    payment_status: PaymentStatus
    fulfilment_status: FulfilmentStatus
    payment_method: str
    lines: tuple[OrderLine, ...]
    shipping: tuple[ShippingRow, ...]
    goods_minor: int
    shipping_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    vouchers: tuple[str, ...]
    shipments: tuple[Shipment, ...]
    adjustments: tuple[Adjustment, ...]
    documents: tuple[Document, ...]
    timeline: tuple[TimelineEntry, ...]
    token: str = ""
    external_refs: tuple[ExternalRef, ...] = ()


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the back office's order list."""

    id: UUID
    number: str
    placed_at: datetime
    market: str
    buyer: str
    currency: str
    total_minor: int
    status: OrderStatus
    payment_status: PaymentStatus
    fulfilment_status: FulfilmentStatus
    imported: bool


class PlacedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What `place` needs beside the quote: the name shown to the buyer and where the units come from."""

    sku: str
    name: str
    allocations: tuple[Allocation, ...]


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an order is made of. It was held, paid (or authorised) and claimed before."""

    order_id: UUID
    quote: Quote
    lines: tuple[PlacedLine, ...]
    locale: str
    origin: Origin
    customer_id: UUID | None
    contact: Contact
    shipping_address: Address
    billing_address: Address
    payment_method: str
    attempt_id: UUID
    authorised_minor: int
    captured_minor: int


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """The buyer's receipt. `token` lets a guest read the order."""

    order_id: UUID
    number: str
    token: str
    placed_at: datetime


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the order list shows. `text`: beginnings of words in number, name, e-mail or an imported customer's number.

    Imported orders are left out by default.
    """

    text: str = ""
    market: str = ""
    status: OrderStatus | None = None
    payment_status: PaymentStatus | None = None
    fulfilment_status: FulfilmentStatus | None = None
    with_imported: bool = False


class ImportedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of history. Money as it was: no rule checks it."""

    sku: str
    name: str
    ordered: int
    cancelled: int
    returned: int
    unit_minor: int
    money: TaxedRow


class ImportedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of history, by the bulk port: no hold, payment, mail or webhook. Everything was shipped and paid."""

    external_ref: ExternalRef
    placed_at: datetime
    market: str
    seller: str
    currency: str
    country: str
    customer_ref: str
    lines: tuple[ImportedLine, ...]
    shipping: tuple[TaxedRow, ...]
    notes: tuple[str, ...] = ()


class OrderMoney(msgspec.Struct, frozen=True, kw_only=True):
    """What the checker needs of an order: total, what it believes was paid, what it may still take from the shelves."""

    order_id: UUID
    number: str
    currency: str
    total_minor: int
    adjusted_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    unshipped: tuple[Quantity, ...]
    attempt_id: UUID | None


class SoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was sold. `units`: below 0 where goods came back of a sale that is not here."""

    sku: str
    units: int
    cancelled: int
    unit_minor: int


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What an order says about demand, without the buyer. Amounts are in `currency`; `fx_to_base`: to the seller's."""

    order_id: UUID
    number: str
    placed_at: datetime
    currency: str
    base_currency: str
    fx_to_base: float
    country: str
    lines: tuple[SoldLine, ...]


class HistoryDay(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one day (UTC) up to the `as_of` date. `gross_minor`: by the base currency of the orders' sellers."""

    day: date
    orders: int
    units: int
    gross_minor: dict[str, int]


class RhythmHour(msgspec.Struct, frozen=True, kw_only=True):
    """What an hour of the week usually brings: `weekday` 1 (Monday) to 7, `hour` 0 to 23, UTC; orders a week."""

    weekday: int
    hour: int
    orders: float


class RevenueRate(msgspec.Struct, frozen=True, kw_only=True):
    """Money that usually comes in a minute, in minor units of a currency."""

    currency: str
    minor_per_minute: float


class SalesPace(msgspec.Struct, frozen=True, kw_only=True):
    """What usually comes at this hour of this weekday, and how long ago the last order came.

    Averages over the same two hours (one before now, one after) of the last `weeks` weeks, of at most four; zeros when
    the shop is younger than a week. `since_last_s`: seconds since the last live order, None when there was none.
    """

    weeks: int
    orders_per_minute: float
    revenue: tuple[RevenueRate, ...]
    since_last_s: float | None


class ShippedDay(msgspec.Struct, frozen=True, kw_only=True):
    """Shipments that left on a day of the asked zone: parcels, however many orders were in them."""

    day: date
    shipments: int


class OrdersApi(Protocol):
    """Orders' verbs. place is the system's; staff verbs need "orders.read", "orders.write", "orders.refund"."""

    @always_answered
    async def place(self, *, caller: Caller, key: str, placement: Placement) -> Placed:
        """Place an order. It cannot refuse for a business reason; the primary key is the guard against two."""
        ...

    async def get(self, *, caller: Caller, order_id: UUID) -> Order:
        """Return an order to staff, the system or its own customer; `OrderNotFound`."""
        ...

    async def get_with_token(self, *, caller: Caller, order_id: UUID, token: str) -> Order:
        """Return an order to who holds its token; `OrderNotFound`."""
        ...

    async def list_orders(
        self, *, caller: Caller, where: OrderFilter, after: str | None = None, limit: int = 50
    ) -> Page[OrderRow]:
        """Return orders, newest first; `limit` at most 200."""
        ...

    async def list_mine(self, *, caller: Caller, after: str | None = None, limit: int = 20) -> Page[OrderRow]:
        """Return the calling customer's orders, newest first."""
        ...

    async def cancel(self, *, caller: Caller, key: str, order_id: UUID, lines: dict[int, int], reason: str) -> Order:
        """Cancel unshipped quantities ({} means all that is left): stock and money go back. `QuantityRefused`."""
        ...

    async def refund(
        self, *, caller: Caller, key: str, order_id: UUID, lines: dict[int, int], shipping: bool, reason: str
    ) -> Order:
        """Refund shipped quantities by line, and shipping when asked, without goods coming back."""
        ...

    async def take_return(
        self, *, caller: Caller, key: str, order_id: UUID, lines: dict[int, int], restock: bool, reason: str
    ) -> Order:
        """Book returned quantities: money goes back, and the units too when `restock`."""
        ...

    async def ship(
        self, *, caller: Caller, key: str, order_id: UUID, lines: dict[int, int], carrier: str, tracking: str
    ) -> Order:
        """Ship quantities by line ({} means all that is left). Captures what was only authorised."""
        ...

    async def capture(self, *, caller: Caller, key: str, order_id: UUID, reason: str) -> Order:
        """Ask for the authorised money now; `NotCapturable`."""
        ...

    async def document(self, *, caller: Caller, order_id: UUID, token: str, number: str) -> str:
        """Return an invoice or credit note as printable HTML; `OrderNotFound`. Staff pass no token."""
        ...

    async def import_orders(self, *, caller: Caller, key: str, batch: str, orders: tuple[ImportedOrder, ...]) -> int:
        """Add orders of history (at most 500 a call, and 512 KB); return how many were new.

        Every call tells the batch's state so far in one event. `batch` is what exempts its orders from the checks.
        """
        ...

    async def history(self, *, caller: Caller, as_of: date, days: int = 400) -> tuple[HistoryDay, ...]:
        """Return sums per day up to and without `as_of`, oldest first: as ordered, money in each base currency."""
        ...

    async def rhythm(self, *, caller: Caller, as_of: date, weeks: int = 8) -> tuple[RhythmHour, ...]:
        """Return the mean of each hour of the week over the whole weeks before `as_of` (at most 26) in which anything
        was sold; hours without an order are left out.
        """

    async def shipped_days(self, *, caller: Caller, since: date, until: date, timezone: str) -> tuple[ShippedDay, ...]:
        """Return days with shipments from the day `since` up to and without `until`, at most 100, oldest first.

        Days are those of `timezone` (IANA). Orders of health checks and rehearsals do not count. `InvalidOrder`.
        """
        ...

    async def late_by(self, *, caller: Caller) -> float:
        """Return how many seconds late `history` and audit rows may be, read from a replica; 0 without one."""
        ...

    async def pace(self, *, caller: Caller) -> SalesPace:
        """Return what to expect right now from live orders of the last weeks, and when the last one came."""
        ...

    async def money(self, *, caller: Caller, after: str | None = None, limit: int = 1_000) -> Page[OrderMoney]:
        """Return live orders by id, for the checker; imported ones are exempt by origin."""
        ...

    async def sales(
        self, *, caller: Caller, after: str | None = None, with_imported: bool = True, limit: int = 500
    ) -> Page[Sale]:
        """Return orders with their lines by id, at most 500 a page, without those of health checks and rehearsals."""
        ...

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """Check sums, counts and document numbers inside orders; return the differences."""
        ...

    async def count_exempt(self, *, caller: Caller) -> int:
        """Return how many orders are exempt from money and stock checks by origin (imports)."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...
