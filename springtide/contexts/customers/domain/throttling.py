"""How long to wait after how many tries: free tries first, then twice as long after each, up to a quarter of an hour.

A try is counted before its password is looked at, so that guesses sent at once count one by one; success takes it back.
"""

from datetime import datetime, timedelta

import msgspec

LONGEST_S = 900
FORGOTTEN_AFTER = timedelta(hours=24)


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How many tries are free; they are again when none came for `forgotten_after`."""

    free: int
    forgotten_after: timedelta = FORGOTTEN_AFTER


ACCOUNT = Limit(free=5)
SOURCE = Limit(free=50)
"""A source may be a whole office: more tries are free than for one account."""
RESET = Limit(free=3)
SIGN_UP = Limit(free=20, forgotten_after=timedelta(minutes=10))
"""Of one source: an office or a phone network may open many accounts on a day of a sale."""


class Tries(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a key."""

    tries: int
    last_at: datetime
    blocked_until: datetime


def wait_s(known: Tries | None, now: datetime) -> int:
    """Return how many whole seconds are left to wait, 0 when a try is free."""
    if known is None or known.blocked_until <= now:
        return 0
    return int((known.blocked_until - now).total_seconds()) + 1


def after_try(known: Tries | None, limit: Limit, now: datetime) -> Tries:
    """Count one more try; tries of long ago are forgotten."""
    before = 0 if known is None or now - known.last_at > limit.forgotten_after else known.tries
    tries = before + 1
    over = tries - limit.free
    pause_s = 0 if over < 0 else min(2 ** min(over, 20), LONGEST_S)
    return Tries(tries=tries, last_at=now, blocked_until=now + timedelta(seconds=pause_s))
