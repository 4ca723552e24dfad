"""What every schema forgets row by row: kept answers after 48 hours, taken ids after eight days.

The stream keeps events for seven days, so an inbox row older than that guards against nothing. Sent events go with
their week's partition (`maintenance`); what is older than any partition may be goes here.
"""

from datetime import timedelta

from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.usecase import KEPT_FOR_S

EVERY_S = 600.0
_AT_ONCE = 5_000
_TAKEN_KEPT_DAYS = 8
# A partition goes when its last row is old enough: a week after its first one, and a turn or two of maintenance later.
_PARTITION_DAYS = 8


async def forget(db: Database, *, outbox_days: int = 8) -> int:
    """Delete rows past their time, a bounded number in each transaction; return how many went."""
    dropped = 0
    kept_for = {
        "kernel_drop_old_idempotent": timedelta(seconds=KEPT_FOR_S),
        "kernel_drop_old_outbox": timedelta(days=outbox_days + _PARTITION_DAYS),
        "kernel_drop_old_inbox": timedelta(days=_TAKEN_KEPT_DAYS),
    }
    for statement, kept in kept_for.items():
        while True:
            async with db.tx(system(db.context)) as tx:
                went = await tx.run(statement, {"before": tx.now - kept, "limit": _AT_ONCE})
            dropped += went
            if went < _AT_ONCE:
                break
    return dropped
