"""What checkout does on events of others."""

from collections.abc import Sequence
from typing import Any

from springtide.contexts.checkout.service import CheckoutService
from springtide.contracts.customers.events import CustomerErased
from springtide.contracts.payments.events import AttemptChanged
from springtide.platform.caller import system
from springtide.platform.db import Tx
from springtide.platform.errors import Unavailable
from springtide.platform.events import Envelope
from springtide.platform.inbox import Subscription


def subscriptions(service: CheckoutService) -> Sequence[Subscription]:
    """Return what checkout listens to."""

    async def attempt_changed(_envelope: Envelope, event: Any) -> None:  # noqa: ANN401 - the subscription names the type
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
        Subscription(event=AttemptChanged, call=attempt_changed),
        Subscription(event=CustomerErased, call=forget, handle=nothing_left),
    )
