"""Identifiers and capability tokens.

A UUIDv7 is an id, not a secret (its prefix is time). What lets a guest read a cart or an order is a capability:
HMAC-SHA256 of purpose and id under the shop's secret key, cut to 192 bits. It is stored nowhere and is the same on
every repeat, so a repeated write can answer byte for byte what it answered first.
"""

import base64
import hashlib
import hmac
import os
import secrets
import threading
import time
from datetime import datetime
from uuid import UUID

_lock = threading.Lock()
_last = 0
# Random numbers of 80 bits, drawn from the system many at a time: an order needs two dozen ids. A forked process draws
# its own.
_drawn: list[int] = []
_DRAWN_AT_ONCE = 256
os.register_at_fork(after_in_child=_drawn.clear)

CAPABILITY_BYTES = 24


def uuid7() -> UUID:
    """Return a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, 74 random bits; strictly increasing in a process."""
    global _last  # noqa: PLW0603 - the monotonic guard is per process by definition
    with _lock:
        random = _drawn.pop() if _drawn else _draw()
        value = time.time_ns() // 1_000_000 << 12 | random >> 69
        if value <= _last:
            value = _last + 1
        _last = value
    millis, rand_a = value >> 12, value & 0xFFF
    rand_b = random & (1 << 62) - 1
    return UUID(int=millis << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def _draw() -> int:
    """Draw random numbers into stock and return one of them."""
    drawn = memoryview(os.urandom(10 * _DRAWN_AT_ONCE))
    _drawn.extend(int.from_bytes(drawn[start : start + 10], "big") for start in range(0, len(drawn), 10))
    return _drawn.pop()


def uuid7_at(at: datetime, seed: str) -> UUID:
    """Return the UUIDv7 of something of the past: its prefix is `at` (with a time zone), its 74 random bits are the
    SHA-256 of `seed`. The same arguments give the same id, so an import can be repeated.
    """
    if at.tzinfo is None:
        msg = "a time without a time zone names no moment"
        raise ValueError(msg)
    millis = int(at.timestamp()) * 1000 + at.microsecond // 1000
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    rand_a, rand_b = digest & 0xFFF, digest >> 12 & (1 << 62) - 1
    return UUID(int=millis << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def random_token() -> str:
    """Return 256 random bits, URL-safe: for sessions and reset links, of which only `token_hash` is stored."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return the SHA-256 under which a random token is stored (32 bytes)."""
    return hashlib.sha256(token.encode()).digest()


def capability(secret_key: str, purpose: str, of: UUID) -> str:
    """Return the capability token (32 URL-safe characters, 192 bits) for `purpose` ("cart", "order") on `of`."""
    mac = hmac.new(secret_key.encode(), f"{purpose}:{of}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac[:CAPABILITY_BYTES]).decode()


def is_capability(token: str, secret_key: str, purpose: str, of: UUID) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(token.encode(), capability(secret_key, purpose, of).encode())


def uuid7_floor(at: datetime) -> UUID:
    """Return what no UUIDv7 of `at` (with a time zone) or later lies below: where a range of time begins."""
    if at.tzinfo is None:
        msg = "a time without a time zone names no moment"
        raise ValueError(msg)
    return UUID(int=int(at.timestamp() * 1000) << 80)
