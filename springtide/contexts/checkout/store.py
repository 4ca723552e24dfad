"""Rows of checkout and their statements.

Lock order: cart, then process. No other row is locked, and no call leaves while they are.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from springtide.contracts.checkout.api import CartState, Delivery, Line, Step
from springtide.contracts.common import Contact
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.pricing.api import Quote
from springtide.platform.db import Statements

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")

Value = TypeVar("Value")


def as_json(value: object) -> Jsonb:
    """Return a message as a JSONB parameter."""
    return Jsonb(msgspec.to_builtins(value))


def from_json(value: object, wanted: type[Value]) -> Value:
    """Return a JSONB column as a message."""
    return msgspec.convert(value, wanted)


def encode_quote(quote: Quote | None) -> bytes | None:
    """Return a quote as it is stored: exactly what the buyer saw."""
    return None if quote is None else msgspec.json.encode(quote)


class CartRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `cart`, decoded by the properties."""

    id: UUID
    version: int
    state: str
    market: str
    locale: str
    customer_id: UUID | None
    channel: str
    agent: str
    lines: Any
    contact: Any
    delivery: Any
    vouchers: list[str]
    quote: bytes | None
    quote_expires_at: datetime | None
    checkout_id: UUID | None

    @property
    def cart_state(self) -> CartState:
        """Return the state as its enum."""
        return CartState(self.state)

    @property
    def cart_lines(self) -> tuple[Line, ...]:
        """Return the lines."""
        return from_json(self.lines, tuple[Line, ...])

    @property
    def cart_contact(self) -> Contact | None:
        """Return the contact, if given yet."""
        return from_json(self.contact, Contact) if self.contact else None

    @property
    def cart_delivery(self) -> Delivery | None:
        """Return the delivery, if given yet."""
        return from_json(self.delivery, Delivery) if self.delivery else None

    @property
    def cart_quote(self) -> Quote | None:
        """Return the quote the cart was last priced with."""
        return msgspec.json.decode(self.quote, type=Quote) if self.quote else None


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `process`, decoded by the properties."""

    checkout_id: UUID
    cart_id: UUID
    market: str
    locale: str
    customer_id: UUID | None
    channel: str
    agent: str
    step: str
    step_no: int
    try_no: int
    due_at: datetime | None
    deadline_at: datetime | None
    method: str
    return_url: str
    awaits_buyer_s: int
    total_minor: int
    currency: str
    quote: bytes
    lines: Any
    contact: Any
    delivery: Any
    attempt_id: UUID
    authorised_minor: int
    captured_minor: int
    redirect_url: str
    allocations: Any
    reason: str
    message: str
    order_number: str
    order_token: str
    principal: str
    request_key: str
    request_hash: bytes
    created_at: datetime
    updated_at: datetime

    @property
    def at(self) -> Step:
        """Return the step as its enum."""
        return Step(self.step)

    @property
    def sold_lines(self) -> tuple[Line, ...]:
        """Return the lines of this try."""
        return from_json(self.lines, tuple[Line, ...])

    @property
    def sold_quote(self) -> Quote:
        """Return the quote the buyer agreed to."""
        return msgspec.json.decode(self.quote, type=Quote)

    @property
    def buyer(self) -> Contact:
        """Return the contact of this try."""
        return from_json(self.contact, Contact)

    @property
    def to(self) -> Delivery:
        """Return the delivery of this try."""
        return from_json(self.delivery, Delivery)

    @property
    def held(self) -> tuple[Allocation, ...]:
        """Return the allocations of the hold or claim."""
        return from_json(self.allocations, tuple[Allocation, ...])

    def key(self, call: str) -> str:
        """Return the idempotency key of a call at this step: the same on every repeat, another after a move."""
        return f"{self.checkout_id}:{self.step_no}:{call}"


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `process_attempt`."""

    checkout_id: UUID
    try_no: int
    undone: bool


def cart_columns(row: CartRow, **changes: object) -> Mapping[str, object]:
    """Return the parameters of `change_cart`: the row's columns with `changes` over them."""
    columns: dict[str, object] = {
        "id": row.id,
        "version": row.version,
        "lines": Jsonb(row.lines),
        "contact": Jsonb(row.contact) if row.contact else None,
        "delivery": Jsonb(row.delivery) if row.delivery else None,
        "vouchers": row.vouchers,
        "quote": row.quote,
        "quote_expires_at": row.quote_expires_at,
        "customer_id": row.customer_id,
    }
    return {**columns, **changes}
