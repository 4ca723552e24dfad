"""What checkout does on events of others."""

from collections.abc import Sequence
from typing import Any

from springtide.contexts.checkout.domain.process import FAILED
from springtide.contexts.checkout.service import CheckoutService
from springtide.contracts.checkout.api import Step
from springtide.contracts.customers.events import CustomerErased
from springtide.contracts.payments.events import AttemptChanged
from springtide.platform.caller import system
from springtide.platform.db import Tx
from springtide.platform.errors import Unavailable
from springtide.platform.events import Envelope
from springtide.platform.inbox import Pairs, Subscription

_LISTENING = frozenset({Step.AWAITING_BUYER, Step.UNKNOWN}) | FAILED - {Step.UNDONE}
"""Steps at which an attempt's news can move a process."""


def subscriptions(service: CheckoutService) -> Sequence[Subscription]:
    """Return what checkout listens to."""

    async def attempts_changed(pairs: Pairs) -> None:
        """Ask once whose news may matter at all (most orders are placed by then), and tell the driver of those."""
        wanted = {"ids": [event.attempt.id for _, event in pairs], "steps": sorted(_LISTENING)}
        async with service.tools.db.read() as read:
            moving = {attempt_id for (attempt_id,) in await read.tuples("attempts_that_may_move", wanted)}
        for _, event in pairs:
            if event.attempt.id in moving:
                await service.driver.attempt_changed(event.attempt)

    async def forget(_envelope: Envelope, event: Any) -> None:  # noqa: ANN401 - see above
        """Overwrite what has ended: at once, also when something else of the customer is still under way."""
        async with service.tools.db.tx(system("checkout")) as tx:
            await tx.run("forget_customer_carts", {"customer_id": event.customer_id})
            await tx.run("forget_customer_processes", {"customer_id": event.customer_id})

    async def nothing_left(tx: Tx, _envelope: Envelope, event: Any) -> None:  # noqa: ANN401 - see above
        """Take the event when nothing is under way any more; until then it comes again."""
        if await tx.value("count_customer_processes_under_way", {"customer_id": event.customer_id}):
            msg = "The customer is buying right now."
            raise Unavailable(msg)

    return (
        Subscription(event=AttemptChanged, call_many=attempts_changed),
        Subscription(event=CustomerErased, call=forget, handle=nothing_left),
    )
