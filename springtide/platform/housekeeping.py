"""What every schema forgets: kept answers after 48 hours, sent events and taken ids after eight days.

The stream keeps events for seven days, so an inbox row older than that guards against nothing.
"""

from datetime import timedelta

from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.usecase import KEPT_FOR_S

EVERY_S = 600.0
_EVENTS_KEPT = timedelta(days=8)
_AT_ONCE = 5_000
_STATEMENTS = ("kernel_drop_old_idempotent", "kernel_drop_old_outbox", "kernel_drop_old_inbox")


async def forget(db: Database) -> int:
    """Delete rows past their time, a bounded number in each transaction; return how many went."""
    dropped = 0
    for statement in _STATEMENTS:
        while True:
            async with db.tx(system(db.context)) as tx:
                kept = timedelta(seconds=KEPT_FOR_S) if statement == "kernel_drop_old_idempotent" else _EVENTS_KEPT
                went = await tx.run(statement, {"before": tx.now - kept, "limit": _AT_ONCE})
            dropped += went
            if went < _AT_ONCE:
                break
    return dropped
