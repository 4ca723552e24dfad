"""What customers change about themselves: name, addresses, consents; and being forgotten."""

from uuid import UUID

from springtide.contexts.customers.domain import forms
from springtide.contexts.customers.store import CustomerRecord, address_column, read_customer
from springtide.contracts.common import Address
from springtide.contracts.customers.api import (
    AddressNotFound,
    Customer,
    CustomerNotFound,
    InvalidCustomer,
    SessionGone,
)
from springtide.contracts.customers.events import CustomerErased
from springtide.platform.caller import Caller, Kind
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7


def customer_id_of(caller: Caller) -> UUID:
    """Return the calling customer's id; `SessionGone` for anybody else."""
    if caller.kind is not Kind.CUSTOMER:
        msg = "Sign in first."
        raise SessionGone(msg)
    return UUID(caller.actor)


async def change_name(tx: Tx, *, customer_id: UUID, name: str, locale: str) -> Customer:
    """Change name and language."""
    await _lock(tx, customer_id)
    await tx.run("change_customer", {"id": customer_id, "name": name.strip(), "locale": locale})
    tx.audit("customer_changed", customer_id, fields="name, locale")
    return await read_customer(tx, customer_id)


async def put_address(
    tx: Tx, *, customer_id: UUID, address_id: UUID | None, address: Address, is_default: bool
) -> Customer:
    """Add (None) or change an address; the first one is the default."""
    await _lock(tx, customer_id)
    known = (await read_customer(tx, customer_id)).addresses
    if address_id is None and len(known) >= forms.MOST_ADDRESSES:
        msg = f"An account has at most {forms.MOST_ADDRESSES} addresses."
        raise InvalidCustomer(msg, fields={"address": msg})
    row = {
        "id": address_id or uuid7(),
        "customer_id": customer_id,
        "address": address_column(address),
        "is_default": is_default or not known,
    }
    if row["is_default"]:
        await tx.run("clear_default_address", row)
    if address_id is None:
        await tx.run("insert_address", row)
    elif not await tx.run("change_address", row):
        msg = "There is no such address."
        raise AddressNotFound(msg, address_id=str(address_id))
    return await _changed(tx, customer_id, "addresses")


async def drop_address(tx: Tx, *, customer_id: UUID, address_id: UUID) -> Customer:
    """Remove an address; removing it again does nothing."""
    await _lock(tx, customer_id)
    if not await tx.run("delete_address", {"id": address_id, "customer_id": customer_id}):
        return await read_customer(tx, customer_id)
    return await _changed(tx, customer_id, "addresses")


async def set_consent(tx: Tx, *, customer_id: UUID, purpose: str, given: bool, text_version: str) -> Customer:
    """Append what was agreed to or withdrawn."""
    await _lock(tx, customer_id)
    await tx.run(
        "insert_consent",
        {
            "id": uuid7(),
            "customer_id": customer_id,
            "purpose": purpose,
            "given": given,
            "at": tx.now,
            "text_version": text_version,
        },
    )
    await tx.run("raise_customer_version", {"id": customer_id})
    tx.audit("consent_given" if given else "consent_withdrawn", customer_id, purpose=purpose)
    return await read_customer(tx, customer_id)


async def erase(tx: Tx, *, customer_id: UUID) -> None:
    """Overwrite everything personal at once and tell the owners of copies; a repeat does nothing."""
    this = {"id": customer_id, "at": tx.now}
    version = await tx.value("erase_customer", this)
    if version is None:
        if await tx.value("is_customer_known", this):
            return
        msg = "There is no such customer."
        raise CustomerNotFound(msg, customer_id=str(customer_id))
    for statement in ("delete_addresses", "delete_sessions", "delete_resets"):
        await tx.run(statement, this)
    await tx.run("delete_kept_replies", {"id": str(customer_id)})
    tx.emit(CustomerErased(customer_id=customer_id), aggregate_id=customer_id, aggregate_version=version)
    tx.audit("customer_erased", customer_id)


async def _lock(tx: Tx, customer_id: UUID) -> None:
    if await tx.maybe("lock_customer", {"id": customer_id}, row=CustomerRecord) is None:
        msg = "This account does not exist any more."
        raise SessionGone(msg)


async def _changed(tx: Tx, customer_id: UUID, fields: str) -> Customer:
    await tx.run("raise_customer_version", {"id": customer_id})
    tx.audit("customer_changed", customer_id, fields=fields)
    return await read_customer(tx, customer_id)
