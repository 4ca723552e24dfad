"""Loops: sweep holds that ran out, judge bands again after locations changed. Both may run in several processes."""

from springtide.contexts.inventory.service.expire_holds import expire_holds, review_bands
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.wiring import Loop

_MOST_TURNS = 20


def loops(db: Database) -> tuple[Loop, ...]:
    """Return inventory's loops."""
    caller = system(db.context)

    async def sweep() -> None:
        for _ in range(_MOST_TURNS):
            async with db.tx(caller) as tx:
                swept = await expire_holds(tx)
            if not swept:
                return

    async def review() -> None:
        for _ in range(_MOST_TURNS):
            async with db.tx(caller) as tx:
                judged = await review_bands(tx)
            if not judged:
                return

    return (
        Loop(name="expire_holds", every_s=0.5, work=sweep),
        Loop(name="review_bands", every_s=0.5, work=review),
    )
