"""What orders tells the others: ids and figures, never a name or an address. Additions only."""

from datetime import datetime
from uuid import UUID

from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import FulfilmentStatus, OrderStatus, PaymentStatus
from springtide.platform.events import Event


class OrderState(Event, frozen=True, kw_only=True):
    """Base of order events: the state every reader needs. Aggregate: the order's id."""

    TYPE = "orders.state"

    order_id: UUID
    number: str
    market: str
    currency: str
    total_minor: int
    status: OrderStatus
    payment_status: PaymentStatus
    fulfilment_status: FulfilmentStatus


class OrderPlaced(OrderState, frozen=True, kw_only=True):
    """An order was placed."""

    TYPE = "orders.placed"

    placed_at: datetime
    attempt_id: UUID
    customer_id: UUID | None
    lines: tuple[tuple[str, int, int], ...]
    """(sku, quantity, gross minor) per line."""
    channel: str = ""
    """Where it came from; "" in events from before this field. `HEALTH_CHANNEL` has no place in figures."""


class OrderShipped(OrderState, frozen=True, kw_only=True):
    """Units left: inventory takes them off hand and off claimed. `capture_minor`: what to capture now (0: nothing)."""

    TYPE = "orders.shipped"

    shipment_id: UUID
    shipped: tuple[Allocation, ...]
    capture_minor: int = 0


class OrderAdjusted(OrderState, frozen=True, kw_only=True):
    """Quantities or money changed: `released` go back to free stock, `returned` back on hand, `refund_minor` to the
    buyer.
    """

    TYPE = "orders.adjusted"

    adjustment_id: UUID
    kind: str
    released: tuple[Allocation, ...]
    returned: tuple[Allocation, ...]
    refund_minor: int
    reason: str


class CaptureAsked(OrderState, frozen=True, kw_only=True):
    """Staff asked for the authorised money."""

    TYPE = "orders.capture_asked"

    amount_minor: int
    reason: str


class OrderChangedEvent(OrderState, frozen=True, kw_only=True):
    """Payment or document state changed; nothing to do for others but to know."""

    TYPE = "orders.changed"


class OrdersImported(Event, frozen=True, kw_only=True):
    """A batch of history was added. Aggregate: the batch."""

    TYPE = "orders.imported"

    batch: str
    orders: int
    first_day: str
    last_day: str
