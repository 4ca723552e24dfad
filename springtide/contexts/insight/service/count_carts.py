"""Carts and completions, counted anew from checkout's facts: what a browser says of them counts for nothing."""

from datetime import timedelta

from springtide.contracts.checkout.api import CheckoutApi
from springtide.contracts.insight.api import Step
from springtide.platform.caller import system
from springtide.platform.db import Database

_HOURS_BACK = 2
"""A cart that was begun in the hour before may go on to completion in this one."""
_CALLER = system("insight")


async def count_carts(db: Database, checkout: CheckoutApi) -> None:
    """Write the counts of the last hours; the same counts twice change nothing."""
    async with db.tx(_CALLER) as tx:
        since = tx.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=_HOURS_BACK)
    counted = await checkout.cart_hours(caller=_CALLER, since=since)
    rows = [
        (one.hour, one.market, step, count)
        for one in counted
        for step, count in ((Step.CART, one.carts), (Step.CHECKOUT, one.begun))
    ]
    async with db.tx(_CALLER) as tx:
        await tx.run(
            "set_facts",
            {
                "hours": [hour for hour, _, _, _ in rows],
                "markets": [market for _, market, _, _ in rows],
                "steps": [str(step) for _, _, step, _ in rows],
                "counts": [count for _, _, _, count in rows],
            },
        )
