"""What happens on events of orders."""

from springtide.contexts.inventory.service.ship_units import ship_units, take_back_units
from springtide.contracts.orders.events import OrderAdjusted, OrderShipped
from springtide.platform.db import Tx
from springtide.platform.events import Envelope
from springtide.platform.inbox import Subscription


async def on_order_shipped(tx: Tx, _envelope: Envelope, event: OrderShipped) -> None:
    """Units left: off hand, off claimed."""
    await ship_units(tx, order_id=event.order_id, shipment_id=event.shipment_id, shipped=event.shipped)


async def on_order_adjusted(tx: Tx, _envelope: Envelope, event: OrderAdjusted) -> None:
    """Units were released from the order's claim, or came back."""
    await take_back_units(
        tx,
        order_id=event.order_id,
        adjustment_id=event.adjustment_id,
        released=event.released,
        returned=event.returned,
        reason=event.kind,
    )


SUBSCRIPTIONS = (
    Subscription(event=OrderShipped, handle=on_order_shipped),
    Subscription(event=OrderAdjusted, handle=on_order_adjusted),
)
