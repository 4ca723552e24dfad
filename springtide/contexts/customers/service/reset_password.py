"""Reset a password by mail: a request, a mail with a link of one hour, one use of it."""

from datetime import timedelta
from uuid import UUID

import msgspec

from springtide.contexts.customers.domain.forms import email_key
from springtide.contexts.customers.domain.passwords import refuse_weak
from springtide.contexts.customers.domain.throttling import RESET, SOURCE
from springtide.contexts.customers.service.hashing import Passwords, keyed_hash
from springtide.contexts.customers.service.sign_in import Account, throttle_key
from springtide.contexts.customers.service.throttle import count_try
from springtide.contexts.customers.store import AccountRecord, RecipientRecord, ResetRecord
from springtide.contracts.customers.api import ResetGone
from springtide.platform.caller import Caller
from springtide.platform.db import Database, Tx
from springtide.platform.ids import random_token, token_hash, uuid7
from springtide.platform.wiring import Defer

_LASTS = timedelta(hours=1)


class Armed(msgspec.Struct, frozen=True, kw_only=True):
    """A link to be mailed."""

    kind: Account
    token: str
    recipient: RecipientRecord


async def request_reset(tx: Tx, *, secret_key: str, email: str, source: str, defer: Defer) -> None:
    """Order a mail for every account with this address. The same rows are written when there is none."""
    key = email_key(email)
    keys = {keyed_hash(secret_key, f"reset:{key}"): RESET, keyed_hash(secret_key, f"reset-source:{source}"): SOURCE}
    await count_try(tx, keys)
    for kind in Account:
        account = await tx.maybe(f"find_{kind}_account", {"email_key": key}, row=AccountRecord)
        reset_id = uuid7()
        account_id = account.id if account else None
        await tx.run("insert_reset", {"id": reset_id, "kind": kind, "account_id": account_id, "at": tx.now})
        await defer(tx, "send_reset", reset_id=str(reset_id))


async def arm_reset(tx: Tx, reset_id: UUID) -> Armed | None:
    """Make the token of a request right before its mail is sent; None when there is nobody to write to."""
    token = random_token()
    row = {"id": reset_id, "token_hash": token_hash(token), "expires_at": tx.now + _LASTS}
    armed = await tx.maybe("arm_reset", row, row=ResetRecord)
    if armed is None:
        return None
    recipient = await tx.maybe("find_recipient", {"id": armed.account_id, "kind": armed.kind}, row=RecipientRecord)
    return Armed(kind=Account(armed.kind), token=token, recipient=recipient) if recipient else None


async def reset_password(
    db: Database, passwords: Passwords, secret_key: str, *, caller: Caller, token: str, password: str
) -> None:
    """Set a new password, once, and end all sessions; `ResetGone`, `WeakPassword`."""
    digest = token_hash(token)
    async with db.tx(caller) as tx:
        found = await tx.maybe("find_reset", {"token_hash": digest, "now": tx.now}, row=ResetRecord)
        if found is None:
            raise _gone()
        recipient = await tx.maybe("find_recipient", {"id": found.account_id, "kind": found.kind}, row=RecipientRecord)
    refuse_weak(password, email=recipient.email if recipient else "")
    password_hash = await passwords.hashed(password)
    async with db.tx(caller) as tx:
        await _use(tx, digest, password_hash, secret_key)


async def _use(tx: Tx, digest: bytes, password_hash: str, secret_key: str) -> None:
    reset = await tx.maybe("lock_reset", {"token_hash": digest, "now": tx.now}, row=_LockedReset)
    if reset is None:
        raise _gone()
    row = {"id": reset.account_id, "password_hash": password_hash}
    key = await tx.value(f"set_{Account(reset.kind)}_password", row)
    if key is None:
        raise _gone()
    await tx.run("use_resets", {"account_id": reset.account_id, "now": tx.now})
    await tx.run("delete_sessions", {"id": reset.account_id})
    await tx.run("forgive_account", {"key": throttle_key(secret_key, Account(reset.kind), key)})
    tx.audit("password_reset", reset.account_id)


class _LockedReset(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    account_id: UUID


def _gone() -> ResetGone:
    msg = "This link has been used or has expired. Ask for a new one."
    return ResetGone(msg)
