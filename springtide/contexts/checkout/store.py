"""Rows of checkout and their statements.

Lock order: carts, then processes, each in the order of their ids. No other row is locked, and no call leaves while
they are.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from springtide.contracts.checkout.api import CartState, Delivery, Line, Step
from springtide.contracts.common import Contact
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.pricing.api import Quote
from springtide.platform.batch import hexed
from springtide.platform.db import Params, Read, Statements

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")

Row = TypeVar("Row")


class CartRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `cart`. `quote` is stored as JSON bytes: exactly what the buyer saw."""

    id: UUID
    version: int
    state: CartState
    market: str
    locale: str
    customer_id: UUID | None
    channel: str
    agent: str
    lines: tuple[Line, ...]
    contact: Contact | None
    delivery: Delivery | None
    vouchers: tuple[str, ...]
    quote: Quote | None
    quote_expires_at: datetime | None
    checkout_id: UUID | None


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `process`: what was agreed to, and how far it has come."""

    checkout_id: UUID
    cart_id: UUID
    market: str
    locale: str
    customer_id: UUID | None
    channel: str
    agent: str
    step: Step
    step_no: int
    try_no: int
    due_at: datetime | None
    deadline_at: datetime | None
    method: str
    return_url: str
    awaits_buyer_s: int
    total_minor: int
    currency: str
    quote: Quote
    lines: tuple[Line, ...]
    contact: Contact
    delivery: Delivery
    attempt_id: UUID
    authorised_minor: int
    captured_minor: int
    redirect_url: str
    allocations: tuple[Allocation, ...]
    reason: str
    message: str
    order_number: str
    order_token: str
    principal: str
    request_key: str
    request_hash: bytes
    created_at: datetime
    updated_at: datetime

    def key(self, call: str) -> str:
        """Return the idempotency key of a call: the same on every repeat, another after a recorded move."""
        return f"{self.checkout_id}:{self.step_no}:{call}"


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `process_attempt`."""

    checkout_id: UUID
    try_no: int
    undone: bool


async def find_cart(read: Read, statement: str, params: Params) -> CartRow | None:
    """Return the cart a statement finds, if any."""
    return _decoded(await read.dicts(statement, params), CartRow)


async def find_process(read: Read, checkout_id: UUID) -> ProcessRow | None:
    """Return a process, if there is one."""
    return _decoded(await read.dicts("get_process", {"checkout_id": checkout_id}), ProcessRow)


def _decoded(found: Sequence[dict[str, Any]], row: type[Row]) -> Row | None:
    if not found:
        return None
    columns = found[0]
    if columns["quote"] is not None:
        columns["quote"] = msgspec.json.decode(columns["quote"])
    # Not strict: what JSON and the driver give as text or list becomes the field's own type.
    return msgspec.convert(columns, row, strict=False)


def cart_columns(row: CartRow) -> dict[str, Any]:
    """Return a cart as a row of the JSON parameter of `insert_carts` and `change_carts`."""
    return {**_fields(row), "quote": None if row.quote is None else _quote(row.quote)}


def process_columns(row: ProcessRow) -> dict[str, Any]:
    """Return a process as a row of the JSON parameter of `insert_processes` and `restart_processes`."""
    return {**_fields(row), "quote": _quote(row.quote), "request_hash": hexed(row.request_hash)}


def move_columns(row: ProcessRow) -> dict[str, Any]:
    """Return what a move changes, as a row of the JSON parameter of `move_processes`."""
    return {name: getattr(row, name) for name in _MOVED}


def _fields(row: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def _quote(quote: Quote) -> str:
    return hexed(msgspec.json.encode(quote))


_MOVED = (
    "checkout_id",
    "step",
    "step_no",
    "due_at",
    "deadline_at",
    "authorised_minor",
    "captured_minor",
    "redirect_url",
    "allocations",
    "reason",
    "message",
    "order_number",
    "order_token",
)
