"""What insight does by itself: counts carts, tells others, reads monitors, forgets."""

from collections.abc import Sequence
from datetime import timedelta

from springtide.contexts.insight.providers.port import Receiver, Watcher
from springtide.contexts.insight.service.count_carts import count_carts
from springtide.contexts.insight.service.read_monitors import read_monitors
from springtide.contexts.insight.service.tell_others import tell_others
from springtide.contracts.checkout.api import CheckoutApi
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.wiring import Loop

_TOLD_EVERY_S = 2.0
_COUNTED_EVERY_S = 60.0
_READ_EVERY_S = 300.0
_FORGOTTEN_EVERY_S = 3600.0
_AT_ONCE = 5_000
_KEPT = {
    "forget_purchases": timedelta(days=7),
    "forget_visits": timedelta(days=90),
    "forget_exports": timedelta(days=90),
    "forget_searches": timedelta(days=400),
    "forget_minutes": timedelta(days=400),
}


def loops(
    db: Database, *, checkout: CheckoutApi, receivers: Sequence[Receiver], watchers: Sequence[Watcher]
) -> tuple[Loop, ...]:
    """Return the loops."""
    return (
        Loop(name="tell_others", every_s=_TOLD_EVERY_S, work=lambda: tell_others(db, receivers), with_jobs=True),
        Loop(name="count_carts", every_s=_COUNTED_EVERY_S, work=lambda: count_carts(db, checkout), with_jobs=True),
        Loop(name="read_monitors", every_s=_READ_EVERY_S, work=lambda: read_monitors(db, watchers), with_jobs=True),
        Loop(name="forget", every_s=_FORGOTTEN_EVERY_S, work=lambda: forget(db), with_jobs=True),
    )


async def forget(db: Database) -> int:
    """Delete what is past its time, a bounded number in each transaction; return how many rows went."""
    gone = 0
    for statement, kept in _KEPT.items():
        while True:
            async with db.tx(system("insight")) as tx:
                before = tx.now - kept
                limits = {"before": before.date() if statement == "forget_searches" else before, "limit": _AT_ONCE}
                went = await tx.run(statement, limits)
            gone += went
            if went < _AT_ONCE:
                break
    return gone
