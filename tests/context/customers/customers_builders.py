"""Short ways to sign up and in."""

import asyncio
from pathlib import Path

from springtide.contracts.common import Origin
from springtide.contracts.customers.api import Customer, CustomersApi, Role, Session, Staff
from springtide.platform.caller import Caller, Kind, guest, system
from springtide.platform.ids import uuid7

PASSWORD = "a long and quiet river"
ORIGIN = Origin(channel="storefront")
SUPPORT = Caller(actor=str(uuid7()), kind=Kind.STAFF, scopes=frozenset({"customers.*"}))
CLI = system("cli")


async def sign_up(api: CustomersApi, email: str = "Ann@Example.com", key: str | None = None) -> Customer:
    return await api.sign_up(
        caller=guest(), key=key or uuid7().hex, email=email, password=PASSWORD, name="Ann", locale="nl", origin=ORIGIN
    )


async def sign_in(
    api: CustomersApi, email: str = "ann@example.com", password: str = PASSWORD, source: str = "10.0.0.1"
) -> Session:
    return await api.sign_in(caller=guest("r1"), email=email, password=password, source=source)


async def add_staff(api: CustomersApi, email: str, *roles: Role) -> Staff:
    return await api.add_staff(
        caller=CLI, key=uuid7().hex, email=email, name=email.partition("@")[0], password=PASSWORD, roles=roles
    )


async def staff_in(api: CustomersApi, email: str, password: str = PASSWORD) -> Session:
    return await api.staff_sign_in(caller=guest("r2"), email=email, password=password, source="10.0.0.2")


async def mails_in(folder: Path, many: int) -> dict[str, str]:
    """The mails by file name, once there are `many`."""
    deadline = asyncio.get_running_loop().time() + 30
    while True:
        found = sorted((folder / "mail").glob("[!.]*.eml"))
        if len(found) >= many:
            return {path.name: path.read_text() for path in found}
        assert asyncio.get_running_loop().time() < deadline, f"{len(found)} mails"
        await asyncio.sleep(0.05)
