"""The office's words: one name and one sign for every state, everywhere the same.

Tones are the classes of `base.css`: "" (nothing to say), "good", "warn", "bad"; each comes with a sign of its own.
"""

from collections.abc import Mapping
from typing import NamedTuple

from springtide.contracts.checkout.api import Step
from springtide.contracts.customers.api import Role
from springtide.contracts.inventory.api import LedgerKind as StockLedgerKind
from springtide.contracts.inventory.api import Supply
from springtide.contracts.orders.api import AdjustmentKind, FulfilmentStatus, OrderStatus, PaymentStatus
from springtide.contracts.payments.api import AttemptState, OperationState


class Word(NamedTuple):
    """A state in words, with its tone."""

    text: str
    tone: str = ""


STATES: Mapping[str, Mapping[str, Word]] = {
    "order": {
        OrderStatus.OPEN: Word("Open"),
        OrderStatus.COMPLETED: Word("Completed", "good"),
        OrderStatus.CANCELLED: Word("Cancelled", "bad"),
    },
    "payment": {
        PaymentStatus.UNPAID: Word("Unpaid", "bad"),
        PaymentStatus.AUTHORISED: Word("Authorised", "warn"),
        PaymentStatus.PAID: Word("Paid", "good"),
        PaymentStatus.PARTLY_REFUNDED: Word("Partly refunded", "warn"),
        PaymentStatus.REFUNDED: Word("Refunded"),
        PaymentStatus.VOIDED: Word("Voided"),
    },
    "fulfilment": {
        FulfilmentStatus.UNFULFILLED: Word("Not shipped", "warn"),
        FulfilmentStatus.PARTLY_FULFILLED: Word("Partly shipped", "warn"),
        FulfilmentStatus.FULFILLED: Word("Shipped", "good"),
        FulfilmentStatus.RETURNED: Word("Returned"),
        FulfilmentStatus.NOT_NEEDED: Word("Nothing to ship"),
    },
    "attempt": {
        AttemptState.STARTING: Word("Starting", "warn"),
        AttemptState.AWAITING_BUYER: Word("Buyer is at the bank", "warn"),
        AttemptState.UNKNOWN: Word("Outcome not known yet", "warn"),
        AttemptState.AUTHORISED: Word("Authorised", "good"),
        AttemptState.CAPTURED: Word("Captured", "good"),
        AttemptState.DECLINED: Word("Declined", "bad"),
        AttemptState.EXPIRED: Word("Expired", "bad"),
        AttemptState.CLOSED: Word("Closed"),
        AttemptState.VOIDED: Word("Voided"),
        AttemptState.REFUNDED: Word("Refunded"),
    },
    "operation": {
        OperationState.PENDING: Word("Gateway is being asked", "warn"),
        OperationState.DONE: Word("Done", "good"),
        OperationState.FAILED: Word("Failed", "bad"),
    },
    "step": {step: Word(step.value.replace("_", " ").capitalize()) for step in Step},
}

SUPPLIES: Mapping[str, str] = {
    Supply.STOCK: "What is in stock",
    Supply.BACKORDER: "Stock, then confirmed inbound",
    Supply.PRE_ORDER: "Confirmed inbound, as pre-order",
}

ROLES: Mapping[str, str] = {
    Role.OWNER: "Owner: everything, and staff",
    Role.MERCHANDISER: "Merchandiser: products, prices, stock policy",
    Role.WAREHOUSE: "Warehouse: ships, counts, receives",
    Role.SUPPORT: "Support: orders and customers",
    Role.PLANNER: "Planner: reads what was sold",
    Role.READ_ONLY: "Read only: looks, changes nothing",
}

ADJUSTMENTS: Mapping[str, str] = {
    AdjustmentKind.CANCEL: "Cancelled",
    AdjustmentKind.REFUND: "Refunded",
    AdjustmentKind.RETURN: "Returned",
}

STOCK_LEDGER: Mapping[str, str] = {kind: kind.value.capitalize() for kind in StockLedgerKind}

TAX_CATEGORIES: Mapping[str, str] = {
    "standard": "Standard rate",
    "reduced": "Reduced rate",
    "super_reduced": "Super-reduced rate",
    "zero": "Zero rate",
}

LANGUAGES: Mapping[str, str] = {"en": "English", "nl": "Dutch", "sv": "Swedish"}

ANNOUNCED_PRICES: Mapping[str, str] = {
    "no_prior_price": (
        "A reduction has to show the lowest price of the 30 days before, and there is none yet. "
        "Set the price without announcing it as a reduction."
    ),
    "not_a_reduction": (
        "The price is not below the lowest price of the last 30 days, so it may not be announced as a reduction."
    ),
}


def state(kind: str, value: str) -> Word:
    """Return the word of a state; a state from a newer neighbour is shown as it is."""
    return STATES[kind].get(value, Word(value.replace("_", " ").capitalize()))


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 unit", "2 units"."""
    return f"{count:,} {one if abs(count) == 1 else many or one + 's'}"
