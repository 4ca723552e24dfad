"""Sign in: count the try, check the password outside any transaction, then start the session."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from springtide.contexts.customers.domain.forms import email_key
from springtide.contexts.customers.domain.roles import scopes_of
from springtide.contexts.customers.domain.throttling import ACCOUNT, SOURCE
from springtide.contexts.customers.service.hashing import Passwords, keyed_hash
from springtide.contexts.customers.service.throttle import count_try
from springtide.contexts.customers.store import AccountRecord, SessionRecord
from springtide.contracts.customers.api import Session, SessionGone, WrongCredentials
from springtide.platform.caller import Caller, Kind
from springtide.platform.db import Database, Tx
from springtide.platform.ids import random_token, token_hash

_LASTS = {Kind.CUSTOMER: timedelta(days=30), Kind.STAFF: timedelta(hours=12)}
# A customer's session slides, but is written at most once a day.
_EXTENDED_AFTER = timedelta(days=1)


class Account(StrEnum):
    """Which table an account is in."""

    CUSTOMER = "customer"
    STAFF = "staff"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to sign in."""

    kind: Account
    email: str
    password: str
    source: str


async def sign_in(db: Database, passwords: Passwords, secret_key: str, *, caller: Caller, attempt: Attempt) -> Session:
    """Start a session; `WrongCredentials`, `SignInThrottled`."""
    key = email_key(attempt.email)
    account_key = throttle_key(secret_key, attempt.kind, key)
    source_key = keyed_hash(secret_key, f"source:{attempt.source}")
    async with db.tx(caller) as tx:
        await count_try(tx, {account_key: ACCOUNT, source_key: SOURCE})
        account = await tx.maybe(f"find_{attempt.kind}_account", {"email_key": key}, row=AccountRecord)
    is_right = await passwords.fits(account.password_hash if account else None, attempt.password)
    if account is None or not is_right:
        msg = "The e-mail address and the password do not fit together."
        raise WrongCredentials(msg)
    better = await passwords.hashed(attempt.password) if passwords.is_outdated(account.password_hash) else None
    async with db.tx(caller) as tx:
        await tx.run("forgive_account", {"key": account_key})
        await tx.run("forgive_source", {"key": source_key})
        if better is not None:
            await tx.run(f"set_{attempt.kind}_password", {"id": account.id, "password_hash": better})
        session = await start_session(tx, Kind(attempt.kind), account.id)
    return await session_of(db, caller=caller, token=session)


def throttle_key(secret_key: str, kind: Account, key: str) -> bytes:
    """Return the key under which tries for an account are counted, whether or not it exists."""
    return keyed_hash(secret_key, f"{kind}:{key}")


async def start_session(tx: Tx, kind: Kind, account_id: UUID) -> str:
    """Write a session and return its token, which is stored nowhere."""
    token = random_token()
    await tx.run(
        "insert_session",
        {
            "token_hash": token_hash(token),
            "kind": kind,
            "account_id": account_id,
            "created_at": tx.now,
            "expires_at": tx.now + _LASTS[kind],
        },
    )
    tx.audit(f"{kind}_signed_in", account_id)
    return token


async def session_of(db: Database, *, caller: Caller, token: str) -> Session:
    """Return a live session, extended when it was not for a day; `SessionGone`."""
    digest = token_hash(token)
    async with db.read() as read:
        row = await read.maybe("find_session", {"token_hash": digest}, row=SessionRecord)
    if row is None:
        msg = "You are signed out."
        raise SessionGone(msg)
    kind, expires_at = Kind(row.kind), row.expires_at
    if kind is Kind.CUSTOMER and row.now + _LASTS[kind] - expires_at > _EXTENDED_AFTER:
        expires_at = row.now + _LASTS[kind]
        async with db.tx(caller) as tx:
            await tx.run("extend_session", {"token_hash": digest, "expires_at": expires_at})
    return Session(
        token=token,
        caller=Caller(
            actor=str(row.account_id),
            kind=kind,
            scopes=scopes_of(row.roles) if kind is Kind.STAFF else frozenset(),
            request_id=caller.request_id,
        ),
        expires_at=expires_at,
        name=row.name,
    )
