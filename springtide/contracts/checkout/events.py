"""What checkout tells the others: ids and figures, never a name or an address. Additions only."""

from uuid import UUID

from springtide.contracts.checkout.api import Step
from springtide.platform.events import Event


class CompletionChanged(Event, frozen=True, kw_only=True):
    """A buyer waits at the bank, or a try to buy ended without an order (an order tells of itself: `orders.placed`).
    Aggregate: the checkout's id.
    """

    TYPE = "checkout.completion_changed"

    checkout_id: UUID
    cart_id: UUID
    step: Step
    total_minor: int
    currency: str
    reason: str
