"""What insight hears: orders as they are placed, the truth about the end of the funnel."""

from collections.abc import Sequence

from springtide.contexts.insight import store
from springtide.contexts.insight.store import Sold
from springtide.contracts.common import REHEARSAL_CHANNEL, TRIAL_CHANNELS
from springtide.contracts.orders.events import OrderPlaced
from springtide.platform.db import Tx
from springtide.platform.events import Envelope
from springtide.platform.inbox import Subscription


class Subscribers:
    """The handlers. `targets`: who is told of purchases that agreed to it."""

    def __init__(self, targets: tuple[str, ...]) -> None:
        self._targets = targets

    def all(self) -> tuple[Subscription, ...]:
        """Return what insight listens to."""
        return (Subscription(event=OrderPlaced, handle_many=self.placed),)

    async def placed(self, tx: Tx, pairs: Sequence[tuple[Envelope, OrderPlaced]]) -> None:
        """Count the orders, and order what is to be told of them. Those of the health check are nobody's purchase, and
        those of a rehearsal are counted apart: nobody is told of them.
        """
        sold = [_sold(event) for _, event in pairs if event.channel not in TRIAL_CHANNELS]
        rehearsed = [_sold(event) for _, event in pairs if event.channel == REHEARSAL_CHANNEL]
        if rehearsed:
            await store.add_rehearsed(tx, rehearsed)
        if not sold:
            return
        await store.add_sold(tx, sold)
        orders = [order.order_id for order in sold]
        for target in self._targets:
            await tx.run("order_exports", {"target": target, "now": tx.now, "orders": orders})


def _sold(event: OrderPlaced) -> Sold:
    return Sold(
        order_id=event.order_id,
        market=event.market,
        currency=event.currency,
        total_minor=event.total_minor,
        lines=event.lines,
        placed_at=event.placed_at,
    )
