"""Members of staff: added and changed by owners; an owner always stays."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from springtide.contexts.customers.domain import forms
from springtide.contexts.customers.service.sign_up import email_taken
from springtide.contexts.customers.store import StaffRecord, as_staff
from springtide.contracts.customers.api import LastOwner, Role, Staff, StaffNotFound
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7


def refuse_malformed(*, name: str, roles: Sequence[Role], email: str | None = None) -> None:
    """Raise `InvalidCustomer` naming every field that is wrong."""
    problems = forms.name_problem(name) | (forms.email_problem(email) if email is not None else {})
    if not roles:
        problems["roles"] = "at least one"
    forms.refuse(problems)


async def add_staff(tx: Tx, *, email: str, name: str, password_hash: str, roles: Sequence[Role]) -> Staff:
    """Add a member of staff; `EmailTaken`."""
    key = forms.email_key(email)
    if await tx.value("is_staff_email_taken", {"email_key": key}):
        raise email_taken()
    row = StaffRecord(id=uuid7(), email=email.strip(), name=name.strip(), roles=_sorted(roles), active=True)
    await tx.run(
        "insert_staff",
        {
            "id": row.id,
            "email": row.email,
            "email_key": key,
            "name": row.name,
            "roles": row.roles,
            "password_hash": password_hash,
            "created_at": tx.now,
        },
    )
    tx.audit("staff_added", row.id, roles=" ".join(row.roles))
    return as_staff(row)


async def change_staff(tx: Tx, *, staff_id: UUID, name: str, roles: Sequence[Role], active: bool) -> Staff:
    """Change a member of staff; switching off ends the sessions. `StaffNotFound`, `LastOwner`."""
    everybody = await tx.all("lock_all_staff", row=StaffRecord)
    before = next((row for row in everybody if row.id == staff_id), None)
    if before is None:
        msg = "There is no such member of staff."
        raise StaffNotFound(msg, staff_id=str(staff_id))
    after = msgspec.structs.replace(before, name=name.strip(), roles=_sorted(roles), active=active)
    if _is_owner(before) and not any(_is_owner(row) for row in (*everybody, after) if row is not before):
        msg = "The shop needs at least one active owner."
        raise LastOwner(msg)
    await tx.run("change_staff", {"id": staff_id, "name": after.name, "roles": after.roles, "active": active})
    if not active:
        await tx.run("delete_sessions", {"id": staff_id})
    tx.audit("staff_changed", staff_id, roles=" ".join(after.roles), active=str(active).lower())
    return as_staff(after)


def _is_owner(row: StaffRecord) -> bool:
    return row.active and Role.OWNER in row.roles


def _sorted(roles: Sequence[Role]) -> list[str]:
    return sorted({str(role) for role in roles})
