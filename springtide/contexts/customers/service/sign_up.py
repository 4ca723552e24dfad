"""Open an account."""

from uuid import UUID

import msgspec

from springtide.contexts.customers.domain import forms
from springtide.contexts.customers.domain.throttling import SIGN_UP
from springtide.contexts.customers.service.hashing import keyed_hash
from springtide.contexts.customers.service.throttle import count_try
from springtide.contracts.common import Origin
from springtide.contracts.customers.api import EmailTaken
from springtide.contracts.customers.events import CustomerSignedUp
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7
from springtide.platform.wiring import Defer


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """What an account starts with."""

    email: str
    name: str
    locale: str
    origin: Origin
    password_hash: str


def refuse_malformed(*, email: str, name: str, locale: str, origin: Origin) -> None:
    """Raise `InvalidCustomer` naming every field that is wrong."""
    problems = forms.email_problem(email) | forms.name_problem(name) | forms.locale_problem(locale)
    if origin.import_batch:
        problems["origin"] = "an import batch is not for people who sign up"
    forms.refuse(problems)


async def count_wish(tx: Tx, *, secret_key: str, source: str) -> None:
    """Count a wish of this source, or raise `SignInThrottled`: each costs a hashed password and perhaps a mail."""
    await count_try(tx, {keyed_hash(secret_key, f"sign_up:{source}"): SIGN_UP})


async def open_account(tx: Tx, *, new: NewCustomer, defer: Defer) -> UUID:
    """Write the account and return its id; `EmailTaken`."""
    key = forms.email_key(new.email)
    if await tx.value("is_email_taken", {"email_key": key}):
        raise email_taken()
    customer_id = uuid7()
    await tx.run(
        "insert_customer",
        {
            "id": customer_id,
            "email": new.email.strip(),
            "email_key": key,
            "name": new.name.strip(),
            "locale": new.locale,
            "password_hash": new.password_hash,
            "created_at": tx.now,
            "channel": new.origin.channel,
            "agent": new.origin.agent,
        },
    )
    tx.emit(CustomerSignedUp(customer_id=customer_id, locale=new.locale), aggregate_id=customer_id, aggregate_version=1)
    tx.audit("customer_signed_up", customer_id)
    await defer(tx, "send_welcome", customer_id=str(customer_id))
    return customer_id


async def tell_owner(tx: Tx, *, email: str, defer: Defer) -> None:
    """Somebody typed in an address that has an account: its owner is told by mail, at most once an hour."""
    customer_id = await tx.value("take_notice", {"email_key": forms.email_key(email), "now": tx.now})
    if customer_id is not None:
        await defer(tx, "send_taken", customer_id=str(customer_id), notice_id=str(uuid7()))


def email_taken() -> EmailTaken:
    """Return the refusal; it names no address."""
    msg = "There is an account with this e-mail address already."
    return EmailTaken(msg)
