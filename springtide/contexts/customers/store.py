"""Rows of customers, between SQL and the contract's words.

Lock order: throttles by key, resets, the account's row (staff: all rows by id), then its addresses and sessions.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from springtide.contexts.customers.domain.roles import scopes_of
from springtide.contracts.common import Address
from springtide.contracts.customers.api import Consent, Customer, CustomerNotFound, Role, SavedAddress, Staff
from springtide.platform.db import Read, Statements

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")


class CustomerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `customers` without its secrets."""

    id: UUID
    email: str
    name: str
    locale: str
    version: int
    created_at: datetime
    customer_group: str


class AddressRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `addresses`."""

    id: UUID
    address: dict[str, Any]
    is_default: bool


class AccountRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in needs of a customer or a member of staff."""

    id: UUID
    name: str
    password_hash: str


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A live session with the account behind it; `now` is the database's time."""

    kind: str
    account_id: UUID
    expires_at: datetime
    now: datetime
    name: str
    roles: list[str]


class ThrottleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `throttles`."""

    key: bytes
    tries: int
    last_at: datetime
    blocked_until: datetime


class ResetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Whose password a reset link sets."""

    kind: str
    account_id: UUID


class RecipientRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to write to."""

    email: str
    name: str
    locale: str


class StaffRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `staff` without its secret."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    active: bool


async def read_customer(read: Read, customer_id: UUID) -> Customer:
    """Return a customer with addresses and consents; `CustomerNotFound`."""
    this = {"id": customer_id}
    row = await read.maybe("find_customer", this, row=CustomerRecord)
    if row is None:
        msg = "There is no such customer."
        raise CustomerNotFound(msg, customer_id=str(customer_id))
    addresses = await read.all("find_addresses", this, row=AddressRecord)
    return Customer(
        id=row.id,
        email=row.email,
        name=row.name,
        locale=row.locale,
        version=row.version,
        created_at=row.created_at,
        group=row.customer_group,
        addresses=tuple(
            SavedAddress(id=saved.id, address=msgspec.convert(saved.address, Address), is_default=saved.is_default)
            for saved in addresses
        ),
        consents=tuple(await read.all("find_consents", this, row=Consent)),
    )


def as_staff(row: StaffRecord) -> Staff:
    """Return a member of staff with the scopes of the roles; who is switched off has none."""
    roles: Sequence[Role] = [Role(role) for role in row.roles]
    return Staff(
        id=row.id,
        email=row.email,
        name=row.name,
        roles=tuple(roles),
        active=row.active,
        scopes=scopes_of(roles) if row.active else frozenset(),
    )


def address_column(address: Address) -> Jsonb:
    """Return an address as a JSONB parameter."""
    return Jsonb(msgspec.to_builtins(address))
