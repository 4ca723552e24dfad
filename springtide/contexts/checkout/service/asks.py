"""What is asked of checkout's lane. Each ask carries the rows it was prepared on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

from springtide.contexts.checkout.domain.process import Outcome
from springtide.contexts.checkout.store import CartRow, ProcessRow
from springtide.contracts.checkout.api import Completion
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.payments.api import Attempt, PaymentMethod
from springtide.contracts.pricing.api import Quote
from springtide.platform.errors import Refusal


class NotYet(Enum):
    """The answer to an ask that was prepared on something old: nothing was written, prepare it again."""

    READ_AGAIN = auto()  # the rows have changed
    PRICE_AGAIN = auto()  # the quote has run out


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCart:
    """Insert a cart. `refusal`: why it cannot be made, told in the batch so that it is kept under the key."""

    row: CartRow
    refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCart:
    """Replace `before` by `after`, and absorb another cart if there is one."""

    before: CartRow
    after: CartRow
    absorbed: CartRow | None
    refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the buyer agreed to, and the key it was sent under."""

    cart_id: UUID
    token: str
    method: str
    total_minor: int
    return_url: str
    key: str

    def request(self) -> Mapping[str, Any]:
        """Return what counts as the same request."""
        return {
            "cart_id": self.cart_id,
            "method": self.method,
            "total_minor": self.total_minor,
            "return_url": self.return_url,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Start a try to buy a cart, or join the one that is running. `priced_now`: the quote was made for this ask."""

    cart: CartRow
    agreement: Agreement
    quote: Quote | None
    priced_now: bool
    method: PaymentMethod | None
    refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The process to drive (`process`: this request has started it), or the kept answer of a repeat."""

    checkout_id: UUID
    process: ProcessRow | None = None
    answer: Completion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Keep how a request that joined a running try ended, unless an answer is kept under its key."""

    answer: Completion | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a step came to; `None` leaves a column as it is. `is_clean`: it failed and left nothing to give back."""

    outcome: Outcome
    is_clean: bool = False
    reason: str = ""
    facts: dict[str, str] | None = None
    attempt: Attempt | None = None
    allocations: tuple[Allocation, ...] | None = None
    order_number: str = ""
    order_token: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Write down where a process stands now; `process` is the row as it was read, `moved` as it shall be."""

    process: ProcessRow
    move: Move
