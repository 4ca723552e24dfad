"""What insight hears: orders as they are placed, the truth about the end of the funnel."""

from collections.abc import Sequence

from springtide.contexts.insight import store
from springtide.contexts.insight.store import Sold
from springtide.contracts.common import HEALTH_CHANNEL
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
        """Count the orders, and order what is to be told of them; those of the health check are nobody's purchase."""
        placed = [event for _, event in pairs if event.channel != HEALTH_CHANNEL]
        await store.add_sold(
            tx,
            [
                Sold(
                    order_id=event.order_id,
                    market=event.market,
                    currency=event.currency,
                    total_minor=event.total_minor,
                    lines=event.lines,
                    placed_at=event.placed_at,
                )
                for event in placed
            ],
        )
        orders = [event.order_id for event in placed]
        for target in self._targets:
            await tx.run("order_exports", {"target": target, "now": tx.now, "orders": orders})
