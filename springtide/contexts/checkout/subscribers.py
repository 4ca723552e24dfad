"""What checkout does on events of others."""

from collections.abc import Sequence
from typing import Any

from springtide.contexts.checkout.service import CheckoutService
from springtide.contracts.customers.events import CustomerErased
from springtide.contracts.payments.events import AttemptChanged
from springtide.platform.db import Tx
from springtide.platform.events import Envelope
from springtide.platform.inbox import Subscription


def subscriptions(service: CheckoutService) -> Sequence[Subscription]:
    """Return what checkout listens to."""

    async def attempt_changed(_envelope: Envelope, event: Any) -> None:  # noqa: ANN401 - the subscription names the type
        await service.driver.attempt_changed(event.attempt)

    async def customer_erased(tx: Tx, _envelope: Envelope, event: Any) -> None:  # noqa: ANN401 - see above
        await tx.run("forget_customer_carts", {"customer_id": event.customer_id})

    return (
        Subscription(event=AttemptChanged, call=attempt_changed),
        Subscription(event=CustomerErased, handle=customer_erased),
    )
