"""What customers promises: accounts of buyers, accounts and roles of staff, sessions, consents. Passwords are kept as
argon2id hashes; sign-in is throttled per account and per address of origin.
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import Address, AuditEntry, Origin, Page
from springtide.platform.caller import Caller
from springtide.platform.errors import BadInput, Conflict, NotFound, TooMany, Unauthenticated, Unprocessable


class EmailTaken(Conflict):
    """Someone has an account with this address. Sign-up pages answer neutrally and send a mail instead of saying so."""

    code = "email_taken"


class WrongCredentials(Unauthenticated):
    """The address and password do not match an active account: which of the two is never said."""

    code = "wrong_credentials"


class SignInThrottled(TooMany):
    """Too many failed tries; `retry_after_s` says when to come back."""

    code = "sign_in_throttled"


class SessionGone(Unauthenticated):
    """The session is unknown, signed out or expired."""

    code = "session_gone"


class ResetGone(Unprocessable):
    """The reset link was used, has expired, or was never issued."""

    code = "reset_gone"


class WeakPassword(Unprocessable):
    """The password is too short, too long, or among the most used; facts: why."""

    code = "weak_password"


class CustomerNotFound(NotFound):
    """There is no such customer."""

    code = "customer_not_found"


class StaffNotFound(NotFound):
    """There is no such staff member."""

    code = "staff_not_found"


class AddressNotFound(NotFound):
    """The customer has no such address."""

    code = "address_not_found"


class LastOwner(Unprocessable):
    """The last active owner cannot lose the role or be switched off."""

    code = "last_owner"


class InvalidCustomer(BadInput):
    """A field is missing or of the wrong form; facts: fields = {name: why}."""

    code = "invalid_customer"


class Role(StrEnum):
    """Roles of staff. The permissions of each are the table in the customers domain."""

    OWNER = "owner"
    MERCHANDISER = "merchandiser"
    WAREHOUSE = "warehouse"
    SUPPORT = "support"
    PLANNER = "planner"
    READ_ONLY = "read_only"


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address of a customer."""

    id: UUID
    address: Address
    is_default: bool


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer agreed to ("newsletter", "analytics"), when, and in which words (`text_version`)."""

    purpose: str
    given: bool
    at: datetime
    text_version: str


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer's account. E-mail, name and addresses are personal data."""

    id: UUID
    email: str
    name: str
    locale: str
    version: int
    created_at: datetime
    addresses: tuple[SavedAddress, ...] = ()
    consents: tuple[Consent, ...] = ()
    group: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser or program. `token` is a random secret, given once; only its hash is stored.

    `caller` is what the channel passes to every contract call while the session lives.
    """

    token: str
    caller: Caller
    expires_at: datetime
    name: str


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff. Owners manage the others."""

    id: UUID
    email: str
    name: str
    roles: tuple[Role, ...]
    active: bool
    scopes: frozenset[str] = frozenset()


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the back office's customer list."""

    id: UUID
    email: str
    name: str
    created_at: datetime


class CustomersApi(Protocol):
    """Customers' verbs. Staff verbs need "staff.write" or "customers.read"."""

    async def sign_up(
        self,
        *,
        caller: Caller,
        key: str,
        email: str,
        password: str,
        name: str,
        locale: str,
        origin: Origin,
        source: str = "",
    ) -> Customer:
        """Open an account; `EmailTaken`, `WeakPassword`, `InvalidCustomer`.

        `source` is the address the wish comes from, "" for the shop's own programs; too many from one are refused:
        `SignInThrottled`.
        """
        ...

    async def sign_in(self, *, caller: Caller, email: str, password: str, source: str) -> Session:
        """Start a session. `source` is the address the try comes from. `WrongCredentials`, `SignInThrottled`."""
        ...

    async def session(self, *, caller: Caller, token: str) -> Session:
        """Return a live session (customer or staff); `SessionGone`."""
        ...

    async def sign_out(self, *, caller: Caller, token: str) -> None:
        """End a session; ending it again does nothing."""
        ...

    async def request_reset(self, *, caller: Caller, email: str, source: str) -> None:
        """Send a reset link if there is such an account; the answer never tells. `SignInThrottled`."""
        ...

    async def reset_password(self, *, caller: Caller, token: str, password: str) -> None:
        """Set a new password with a reset link's token, once; ends all sessions. `ResetGone`, `WeakPassword`."""
        ...

    async def me(self, *, caller: Caller) -> Customer:
        """Return the calling customer; `SessionGone` for anybody else."""
        ...

    async def change_me(self, *, caller: Caller, key: str, name: str, locale: str) -> Customer:
        """Change name and language."""
        ...

    async def put_address(
        self, *, caller: Caller, key: str, address_id: UUID | None, address: Address, is_default: bool
    ) -> Customer:
        """Add (None) or change an address; at most 20. `AddressNotFound`, `InvalidCustomer`."""
        ...

    async def drop_address(self, *, caller: Caller, key: str, address_id: UUID) -> Customer:
        """Remove an address; removing it again does nothing."""
        ...

    async def set_consent(self, *, caller: Caller, key: str, purpose: str, given: bool, text_version: str) -> Customer:
        """Record a consent given or withdrawn; every change is kept."""
        ...

    async def erase(self, *, caller: Caller, key: str, customer_id: UUID, reason: str) -> None:
        """Overwrite a customer's personal data at once; the customer self or staff with "customers.write"."""
        ...

    async def list_customers(
        self, *, caller: Caller, text: str = "", after: str | None = None, limit: int = 50
    ) -> Page[CustomerRow]:
        """Return customers, newest first."""
        ...

    async def get_customer(self, *, caller: Caller, customer_id: UUID) -> Customer:
        """Return a customer to staff; `CustomerNotFound`."""
        ...

    async def staff_sign_in(self, *, caller: Caller, email: str, password: str, source: str) -> Session:
        """Start a staff session; scopes come from the roles. `WrongCredentials`, `SignInThrottled`."""
        ...

    async def add_staff(
        self, *, caller: Caller, key: str, email: str, name: str, password: str, roles: tuple[Role, ...]
    ) -> Staff:
        """Add a member of staff; `EmailTaken`, `WeakPassword`."""
        ...

    async def change_staff(
        self, *, caller: Caller, key: str, staff_id: UUID, name: str, roles: tuple[Role, ...], active: bool
    ) -> Staff:
        """Change a member of staff; switching off ends the sessions. `LastOwner`, `StaffNotFound`."""
        ...

    async def list_staff(self, *, caller: Caller) -> tuple[Staff, ...]:
        """Return all staff by name."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...
