"""Run a writing use case: one transaction, answered the same way every time it is repeated (promise 6).

The owning context stores (principal, operation, key) -> SHA-256 of the request and the encoded reply. Final answers are
stored, refusals too; an `Unavailable` never is. Rows are kept 48 hours.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from springtide.platform.caller import Caller
from springtide.platform.db import Database, Tx, UniqueViolation
from springtide.platform.errors import BadInput, Facts, KeyReused, Refusal, refusal_from
from springtide.platform.ids import uuid7

Reply = TypeVar("Reply")

MIN_KEY, MAX_KEY = 8, 200
KEPT_FOR_S = 48 * 3600


class _Stored(msgspec.Struct, frozen=True):
    request_hash: bytes
    reply: bytes
    refused: bool


class Kept(_Stored, frozen=True, kw_only=True):
    """An idempotency row: whose call under which key, of what request, and what it was answered with."""

    identity: tuple[str, str, str]


class _StoredRefusal(msgspec.Struct, frozen=True):
    code: str
    detail: str
    facts: Facts


def request_hash(request: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of a request's canonical encoding (32 bytes)."""
    try:
        encoded = msgspec.json.encode(request, order="sorted")
    except TypeError:  # quantities by line number: a dict with int keys cannot be put in order
        encoded = msgspec.json.encode(msgspec.to_builtins(request, str_keys=True), order="sorted")
    return hashlib.sha256(encoded).digest()


def check_key(key: str) -> None:
    """Raise `BadInput` unless the key's length is within the limits."""
    if not MIN_KEY <= len(key) <= MAX_KEY:
        msg = f"An idempotency key has {MIN_KEY} to {MAX_KEY} characters."
        raise BadInput(msg, field="Idempotency-Key")


async def write(
    db: Database,
    *,
    caller: Caller,
    operation: str,
    key: str,
    request: Mapping[str, Any],
    reply: type[Reply],
    work: Callable[[Tx], Awaitable[Reply]],
) -> Reply:
    """Run `work` in one transaction, or give the answer it gave before under this key.

    A repeat with another request raises `KeyReused`. Two at once with one key: one does the work, both get its answer.
    """
    check_key(key)
    identity = {"principal": caller.principal, "operation": operation, "key": key}
    digest = request_hash(request)
    try:
        async with db.tx(caller) as tx:
            stored = await tx.maybe("kernel_find_idempotent", identity, row=_Stored)
            if stored is None:
                answer = await work(tx)
                encoded = encode_answer(answer)
                if not await _keep(tx, identity, digest, encoded, refused=False, at=tx.now):
                    raise _AnsweredMeanwhile  # noqa: TRY301 - the transaction has to be left by an exception
                return answer
    except _AnsweredMeanwhile:
        stored = await _find(db, identity)
    except Refusal as refusal:
        stored = await _keep_refusal(db, caller, identity, digest, refusal)
    except UniqueViolation:
        # Perhaps the twin with the same key wrote the row a moment before: then its answer is ours.
        stored = await _find_or_none(db, identity)
        if stored is None:
            raise
    return replay(stored, digest, reply)


class _AnsweredMeanwhile(Exception):
    """Another call with the same key committed first: drop our work, give its answer."""


async def _keep(
    tx: Tx, identity: Mapping[str, str], digest: bytes, encoded: bytes, *, refused: bool, at: datetime
) -> bool:
    row = {**identity, "request_hash": digest, "reply": encoded, "refused": refused, "at": at}
    return await tx.run("kernel_keep_idempotent", row) == 1


async def _keep_refusal(
    db: Database, caller: Caller, identity: Mapping[str, str], digest: bytes, refusal: Refusal
) -> _Stored:
    encoded = encode_refusal(refusal)
    async with db.tx(caller) as tx:
        await _keep(tx, identity, digest, encoded, refused=True, at=tx.now)
        return await tx.one("kernel_find_idempotent", identity, row=_Stored)


async def _find(db: Database, identity: Mapping[str, str]) -> _Stored:
    async with db.read() as read:
        return await read.one("kernel_find_idempotent", identity, row=_Stored)


async def _find_or_none(db: Database, identity: Mapping[str, str]) -> _Stored | None:
    async with db.read() as read:
        return await read.maybe("kernel_find_idempotent", identity, row=_Stored)


def encode_answer(answer: object) -> bytes:
    """Return an answer as it is kept."""
    return msgspec.msgpack.encode(answer)


def encode_refusal(refusal: Refusal) -> bytes:
    """Return a refusal as it is kept."""
    return msgspec.msgpack.encode(_StoredRefusal(refusal.code, refusal.detail, refusal.facts))


def replay(stored: _Stored, digest: bytes, reply: type[Reply]) -> Reply:
    """Return the kept answer, raise the kept refusal, or `KeyReused` when the request was another."""
    if stored.request_hash != digest:
        msg = "The same Idempotency-Key came with another request before. Use a new key for a new request."
        raise KeyReused(msg)
    if stored.refused:
        refusal = msgspec.msgpack.decode(stored.reply, type=_StoredRefusal)
        raise refusal_from(refusal.code, refusal.detail, refusal.facts)
    return msgspec.msgpack.decode(stored.reply, type=reply)


def new_key() -> str:
    """Return a fresh key for a caller that will not repeat (a test, a script)."""
    return uuid7().hex
