"""What inventory tells the others. Additions only."""

from uuid import UUID

from springtide.contracts.inventory.api import Availability
from springtide.platform.events import Event


class AvailabilityChanged(Event, frozen=True, kw_only=True):
    """Bands that changed, at most 500 an event. Each carries its own version: newer wins."""

    TYPE = "inventory.availability_changed"

    changed: tuple[Availability, ...]


class LowStock(Event, frozen=True, kw_only=True):
    """Available units of a SKU fell to its low-stock level or below. Aggregate: the SKU."""

    TYPE = "inventory.low_stock"

    sku: str
    location: str
    available: int
    low_stock_at: int


class BackInStock(Event, frozen=True, kw_only=True):
    """A SKU that was sold out in a market can be bought again. Aggregate: the SKU."""

    TYPE = "inventory.back_in_stock"

    sku: str
    market: str


class HoldExpired(Event, frozen=True, kw_only=True):
    """A hold ran out and its units are free. Aggregate: the checkout."""

    TYPE = "inventory.hold_expired"

    checkout_id: UUID
