"""Rows of orders, between SQL and the contract's words.

Lock order: the advisory lock of an order's attempts, the order's row, its document counter. An order's row guards its
lines, shipments, adjustments and attempts: whoever changes them holds it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from springtide.contexts.orders.domain import counts
from springtide.contracts.common import Address
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import FulfilmentStatus, OrderStatus, PaymentStatus
from springtide.contracts.pricing.api import TaxedRow
from springtide.platform.db import Read, Statements

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")

Json = dict[str, Any]


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `orders`."""

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
    channel: str
    agent: str
    import_batch: str
    external_system: str
    external_id: str
    customer_id: UUID | None
    customer_ref: str
    buyer_name: str
    email: str
    phone: str
    shipping_address: Json
    billing_address: Json
    payment_method: str
    attempt_id: UUID | None
    vouchers: list[str]
    goods_minor: int
    shipping_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    adjusted_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    capture_asked_minor: int
    is_voided: bool
    status: str
    payment_status: str
    fulfilment_status: str


class _Money(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a money row."""

    gross_minor: int
    net_minor: int
    tax_minor: int
    rate_bp: int
    tax_category: str
    discount_minor: int

    @property
    def money(self) -> TaxedRow:
        """Return the money of the row."""
        return TaxedRow(
            gross_minor=self.gross_minor,
            net_minor=self.net_minor,
            tax_minor=self.tax_minor,
            rate_bp=self.rate_bp,
            tax_category=self.tax_category,
            discount_minor=self.discount_minor,
        )


class LineRecord(_Money, frozen=True, kw_only=True):
    """A row of `order_lines`."""

    line: int
    sku: str
    name: str
    unit_minor: int
    ordered: int
    cancelled: int
    fulfilled: int
    returned: int
    refunded: int
    allocations: list[Json]
    open_allocations: list[Json]

    @property
    def counts(self) -> counts.Line:
        """Return the counts for the domain."""
        return counts.Line(
            line=self.line,
            ordered=self.ordered,
            cancelled=self.cancelled,
            fulfilled=self.fulfilled,
            returned=self.returned,
            refunded=self.refunded,
        )


class ShippingRecord(_Money, frozen=True, kw_only=True):
    """A row of `shipping_rows`."""

    row: int
    method: str


class ShipmentLineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment's head with one of its lines."""

    id: UUID
    at: datetime
    carrier: str
    tracking: str
    line: int
    quantity: int
    allocations: list[Json]


class AdjustmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `adjustments`."""

    id: UUID
    at: datetime
    kind: str
    reason: str
    actor: str


class AdjustmentLineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `adjustment_lines`."""

    adjustment_id: UUID
    line: int
    quantity: int


class AdjustmentMoneyRecord(_Money, frozen=True, kw_only=True):
    """A row of `adjustment_money`."""

    adjustment_id: UUID
    line: int | None
    shipping_row: int | None


class CreditedRecord(_Money, frozen=True, kw_only=True):
    """A row of an adjustment's money with the name and units of its line (no units for shipping)."""

    text: str
    quantity: int | None


class DocumentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `documents`."""

    number: str
    kind: str
    issued_on: date
    gross_minor: int
    adjustment_id: UUID | None


class TimelineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `timeline`."""

    at: datetime
    what: str
    facts: Json
    actor: str


class WholeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one order."""

    order: OrderRecord
    lines: list[LineRecord]
    shipping: list[ShippingRecord]
    shipments: list[ShipmentLineRecord]
    adjustments: list[AdjustmentRecord]
    adjustment_lines: list[AdjustmentLineRecord]
    adjustment_money: list[AdjustmentMoneyRecord]
    documents: list[DocumentRecord]
    timeline: list[TimelineRecord]


async def find_whole(read: Read, order_id: UUID) -> WholeOrder | None:
    """Read everything about an order, or None."""
    this = {"id": order_id}
    order = await read.maybe("find_order", this, row=OrderRecord)
    if order is None:
        return None
    return WholeOrder(
        order=order,
        lines=await read.all("find_lines", this, row=LineRecord),
        shipping=await read.all("find_shipping_rows", this, row=ShippingRecord),
        shipments=await read.all("find_shipments", this, row=ShipmentLineRecord),
        adjustments=await read.all("find_adjustments", this, row=AdjustmentRecord),
        adjustment_lines=await read.all("find_adjustment_lines", this, row=AdjustmentLineRecord),
        adjustment_money=await read.all("find_adjustment_money", this, row=AdjustmentMoneyRecord),
        documents=await read.all("find_documents", this, row=DocumentRecord),
        timeline=await read.all("find_timeline", this, row=TimelineRecord),
    )


def json_column(value: object) -> Jsonb:
    """Return a value as a JSONB parameter."""
    return Jsonb(msgspec.to_builtins(value))


def address_from(value: Json) -> Address:
    """Read an address column."""
    return msgspec.convert(value, Address)


def allocations_from(value: Sequence[Json]) -> tuple[Allocation, ...]:
    """Read an allocations column."""
    return msgspec.convert(list(value), tuple[Allocation, ...])


def money_columns(rows: Sequence[TaxedRow], prefix: str) -> dict[str, list[int] | list[str]]:
    """Return money rows as one array per column, for unnest."""
    return {
        f"{prefix}gross_minor": [row.gross_minor for row in rows],
        f"{prefix}net_minor": [row.net_minor for row in rows],
        f"{prefix}tax_minor": [row.tax_minor for row in rows],
        f"{prefix}rate_bp": [row.rate_bp for row in rows],
        f"{prefix}tax_category": [row.tax_category for row in rows],
        f"{prefix}discount_minor": [row.discount_minor for row in rows],
    }


def statuses_of(row: OrderRecord) -> Mapping[str, OrderStatus | PaymentStatus | FulfilmentStatus]:
    """Return the three status columns as the contract's words."""
    return {
        "status": OrderStatus(row.status),
        "payment_status": PaymentStatus(row.payment_status),
        "fulfilment_status": FulfilmentStatus(row.fulfilment_status),
    }
