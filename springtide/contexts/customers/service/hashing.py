"""Argon2id in threads: a hash takes tens of milliseconds and 46 MB, so at most two are made at once in a process, and
never inside a transaction. The only importer of argon2.
"""

import asyncio
import hashlib
import hmac

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from springtide.platform.db import transaction_is_open

_AT_ONCE = 2
# OWASP's first choice for argon2id: 46 MiB, one pass, one lane.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)


class Passwords:
    """Makes and checks hashes of passwords."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._dummy = ""

    async def hashed(self, password: str) -> str:
        """Return the argon2id hash of a password."""
        self._refuse_inside_transaction()
        async with self._turns:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password is the one; without a hash (no such account) the work is done all the same."""
        self._refuse_inside_transaction()
        if not password_hash and not self._dummy:
            self._dummy = await self.hashed("nobody has this password")
        async with self._turns:
            is_right = await asyncio.to_thread(_verify, password_hash or self._dummy, password)
        return is_right and bool(password_hash)

    @staticmethod
    def is_outdated(password_hash: str) -> bool:
        """Tell whether a hash was made with weaker settings than today's."""
        return _HASHER.check_needs_rehash(password_hash)

    @staticmethod
    def _refuse_inside_transaction() -> None:
        if transaction_is_open():
            msg = "a password was to be hashed while a transaction is open"
            raise RuntimeError(msg)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def keyed_hash(secret_key: str, value: str) -> bytes:
    """Return an HMAC-SHA256 (32 bytes): cannot be read back, nor guessed without the shop's key."""
    return hmac.new(secret_key.encode(), f"customers:{value}".encode(), hashlib.sha256).digest()
