"""Count tries before they are looked at, and refuse the ones that come too fast. Judged by the database's time."""

from collections.abc import Mapping

from springtide.contexts.customers.domain.throttling import Limit, Tries, after_try, wait_s
from springtide.contexts.customers.store import ThrottleRecord
from springtide.contracts.customers.api import SignInThrottled
from springtide.platform.db import Tx


async def count_try(tx: Tx, limits: Mapping[bytes, Limit]) -> None:
    """Count one try under every key, or raise `SignInThrottled` and count none."""
    keys = sorted(limits)
    await tx.run("make_throttles", {"keys": keys, "now": tx.now})
    rows = await tx.all("lock_throttles", {"keys": keys}, row=ThrottleRecord)
    known = {row.key: Tries(tries=row.tries, last_at=row.last_at, blocked_until=row.blocked_until) for row in rows}
    wait = max(wait_s(known[key], tx.now) for key in keys)
    if wait:
        msg = f"Too many tries. Try again in {wait} seconds."
        raise SignInThrottled(msg, retry_after_s=wait)
    for key in keys:
        tries = after_try(known[key], limits[key], tx.now)
        await tx.run(
            "keep_throttle",
            {"key": key, "tries": tries.tries, "last_at": tries.last_at, "blocked_until": tries.blocked_until},
        )
