"""The service of customers: implements the contract by delegating to one module per verb."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from msgspec.structs import replace

from springtide.contexts.customers.domain import forms
from springtide.contexts.customers.domain.passwords import refuse_weak
from springtide.contexts.customers.service import account, sign_up, staff
from springtide.contexts.customers.service.hashing import Passwords, keyed_hash
from springtide.contexts.customers.service.list_customers import list_customers
from springtide.contexts.customers.service.reset_password import request_reset, reset_password
from springtide.contexts.customers.service.sign_in import Account, Attempt, session_of, sign_in
from springtide.contexts.customers.store import StaffRecord, as_staff, read_customer
from springtide.contracts.common import Address, AuditEntry, Origin, Page
from springtide.contracts.customers.api import Customer, CustomerRow, EmailTaken, Role, Session, Staff
from springtide.platform.audit import audit_entries
from springtide.platform.caller import Caller, Kind
from springtide.platform.db import Tx, UniqueViolation
from springtide.platform.ids import token_hash
from springtide.platform.usecase import write
from springtide.platform.wiring import Needs


class CustomersService:
    """Implements `springtide.contracts.customers.api.CustomersApi`.

    A request is hashed for its idempotency row with a keyed hash in place of the password: a plain SHA-256 of a
    password must never be stored.
    """

    def __init__(self, needs: Needs) -> None:
        self._db = needs.db
        self._defer = needs.defer
        self._secret_key = needs.secret_key
        self._passwords = Passwords()

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
        """Open an account; see the contract. Only the id is kept for a repeat: personal data stays in its columns."""
        sign_up.refuse_malformed(email=email, name=name, locale=locale, origin=origin)
        refuse_weak(password, email=email)
        if source:
            async with self._db.tx(caller) as tx:
                await sign_up.count_wish(tx, secret_key=self._secret_key, source=source)
        password_hash = await self._passwords.hashed(password)
        new = sign_up.NewCustomer(email=email, name=name, locale=locale, origin=origin, password_hash=password_hash)
        request = {"email": email, "name": name, "locale": locale, "origin": origin, "password": self._keyed(password)}
        try:
            customer_id = await write(
                self._db, caller=caller, operation="sign_up", key=key, request=request, reply=UUID,
                work=lambda tx: sign_up.open_account(tx, new=new, defer=self._defer),
            )  # fmt: skip
        except (EmailTaken, UniqueViolation) as error:
            async with self._db.tx(caller) as tx:
                await sign_up.tell_owner(tx, email=email, defer=self._defer)
            raise sign_up.email_taken() from error
        async with self._db.read() as read:
            return await read_customer(read, customer_id)

    async def sign_in(self, *, caller: Caller, email: str, password: str, source: str) -> Session:
        """Start a session; see the contract."""
        attempt = Attempt(kind=Account.CUSTOMER, email=email, password=password, source=source)
        return await sign_in(self._db, self._passwords, self._secret_key, caller=caller, attempt=attempt)

    async def staff_sign_in(self, *, caller: Caller, email: str, password: str, source: str) -> Session:
        """Start a staff session; see the contract."""
        attempt = Attempt(kind=Account.STAFF, email=email, password=password, source=source)
        return await sign_in(self._db, self._passwords, self._secret_key, caller=caller, attempt=attempt)

    async def session(self, *, caller: Caller, token: str) -> Session:
        """Return a live session; see the contract."""
        return await session_of(self._db, caller=caller, token=token)

    async def sign_out(self, *, caller: Caller, token: str) -> None:
        """End a session; see the contract."""
        async with self._db.tx(caller) as tx:
            ended = await tx.tuples("end_session", {"token_hash": token_hash(token)})
            for kind, account_id in ended:
                tx.audit(f"{kind}_signed_out", account_id)

    async def request_reset(self, *, caller: Caller, email: str, source: str) -> None:
        """Send a reset link if there is such an account; see the contract."""
        async with self._db.tx(caller) as tx:
            await request_reset(tx, secret_key=self._secret_key, email=email, source=source, defer=self._defer)

    async def reset_password(self, *, caller: Caller, token: str, password: str) -> None:
        """Set a new password with a reset link's token; see the contract."""
        await reset_password(self._db, self._passwords, self._secret_key, caller=caller, token=token, password=password)

    async def me(self, *, caller: Caller) -> Customer:
        """Return the calling customer; see the contract."""
        customer_id = account.customer_id_of(caller)
        async with self._db.read() as read:
            return await read_customer(read, customer_id)

    async def change_me(self, *, caller: Caller, key: str, name: str, locale: str) -> Customer:
        """Change name and language; see the contract."""
        customer_id = account.customer_id_of(caller)
        forms.refuse(forms.name_problem(name) | forms.locale_problem(locale))
        return await self._write_me(
            caller, "change_me", key, {"name": name, "locale": locale},
            lambda tx: account.change_name(tx, customer_id=customer_id, name=name, locale=locale),
        )  # fmt: skip

    async def put_address(
        self, *, caller: Caller, key: str, address_id: UUID | None, address: Address, is_default: bool
    ) -> Customer:
        """Add or change an address; see the contract."""
        customer_id = account.customer_id_of(caller)
        forms.refuse(forms.address_problems(address))
        return await self._write_me(
            caller, "put_address", key, {"address_id": address_id, "address": address, "is_default": is_default},
            lambda tx: account.put_address(
                tx, customer_id=customer_id, address_id=address_id, address=address, is_default=is_default
            ),
        )  # fmt: skip

    async def drop_address(self, *, caller: Caller, key: str, address_id: UUID) -> Customer:
        """Remove an address; see the contract."""
        customer_id = account.customer_id_of(caller)
        return await self._write_me(
            caller, "drop_address", key, {"address_id": address_id},
            lambda tx: account.drop_address(tx, customer_id=customer_id, address_id=address_id),
        )  # fmt: skip

    async def set_consent(self, *, caller: Caller, key: str, purpose: str, given: bool, text_version: str) -> Customer:
        """Record a consent given or withdrawn; see the contract."""
        customer_id = account.customer_id_of(caller)
        forms.refuse(forms.word_problem("purpose", purpose) | forms.word_problem("text_version", text_version))
        return await self._write_me(
            caller, "set_consent", key, {"purpose": purpose, "given": given, "text_version": text_version},
            lambda tx: account.set_consent(
                tx, customer_id=customer_id, purpose=purpose, given=given, text_version=text_version
            ),
        )  # fmt: skip

    async def erase(self, *, caller: Caller, key: str, customer_id: UUID, reason: str) -> None:
        """Overwrite a customer's personal data at once; see the contract."""
        if caller.kind is not Kind.CUSTOMER or caller.actor != str(customer_id):
            caller.require("customers.write")
        await write(
            self._db, caller=caller, operation="erase", key=key, reply=type(None),
            request={"customer_id": customer_id, "reason": reason},
            work=lambda tx: account.erase(tx, customer_id=customer_id),
        )  # fmt: skip

    async def list_customers(
        self, *, caller: Caller, text: str = "", after: str | None = None, limit: int = 50
    ) -> Page[CustomerRow]:
        """Return customers, newest first; see the contract."""
        caller.require("customers.read")
        page = await self._db.late(lambda read: list_customers(read, text=text, after=after, limit=limit))
        return replace(page, late_s=self._db.late_by_s)

    async def get_customer(self, *, caller: Caller, customer_id: UUID) -> Customer:
        """Return a customer to staff; see the contract."""
        caller.require("customers.read")
        async with self._db.read() as read:
            return await read_customer(read, customer_id)

    async def add_staff(
        self, *, caller: Caller, key: str, email: str, name: str, password: str, roles: tuple[Role, ...]
    ) -> Staff:
        """Add a member of staff; see the contract."""
        caller.require("staff.write")
        staff.refuse_malformed(name=name, roles=roles, email=email)
        refuse_weak(password, email=email)
        password_hash = await self._passwords.hashed(password)
        request = {"email": email, "name": name, "roles": roles, "password": self._keyed(password)}
        try:
            return await write(
                self._db, caller=caller, operation="add_staff", key=key, request=request, reply=Staff,
                work=lambda tx: staff.add_staff(
                    tx, email=email, name=name, password_hash=password_hash, roles=roles
                ),
            )  # fmt: skip
        except UniqueViolation as error:
            raise sign_up.email_taken() from error

    async def change_staff(
        self, *, caller: Caller, key: str, staff_id: UUID, name: str, roles: tuple[Role, ...], active: bool
    ) -> Staff:
        """Change a member of staff; see the contract."""
        caller.require("staff.write")
        staff.refuse_malformed(name=name, roles=roles)
        return await write(
            self._db, caller=caller, operation="change_staff", key=key, reply=Staff,
            request={"staff_id": staff_id, "name": name, "roles": roles, "active": active},
            work=lambda tx: staff.change_staff(tx, staff_id=staff_id, name=name, roles=roles, active=active),
        )  # fmt: skip

    async def list_staff(self, *, caller: Caller) -> tuple[Staff, ...]:
        """Return all staff by name; see the contract."""
        caller.require("staff.write")
        async with self._db.read() as read:
            rows = await read.all("list_staff", row=StaffRecord)
        return tuple(as_staff(row) for row in rows)

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first; see the contract."""
        return await audit_entries(self._db, caller, aggregate_id=aggregate_id, before=before, limit=limit)

    async def _write_me(
        self,
        caller: Caller,
        operation: str,
        key: str,
        request: dict[str, object],
        work: Callable[[Tx], Awaitable[Customer]],
    ) -> Customer:
        return await write(
            self._db, caller=caller, operation=operation, key=key, request=request, reply=Customer, work=work
        )

    def _keyed(self, password: str) -> str:
        return keyed_hash(self._secret_key, f"request:{password}").hex()
