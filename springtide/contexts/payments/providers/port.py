"""The port that every payment gateway is reached through.

A provider declares what it can do (``capabilities``, ``methods``) and how the outcome of a lost answer is found out
(``unknown_outcome``); callers read the declarations and never the provider's name. What a gateway says about a payment
is a ``PaymentView``; a declined start is such an answer too. Everything else is one of four errors, told apart by what
is known, because that decides what may be done next:

    ProviderError
    ├── Declined             the gateway answered no for good: nothing moved, another payment may be tried
    ├── ProviderRefused      the request was against the gateway's rules: it certainly did nothing
    ├── ProviderUnavailable  certainly not carried out (not reached, or turned away): trying again is harmless
    └── OutcomeUnknown       perhaps carried out: find out as ``unknown_outcome`` says, never try elsewhere
    WebhookRefused           a message that does not come from the gateway, or is too old, or is not readable
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

import msgspec

from springtide.contexts.payments.domain.view import PaymentState, PaymentView, Totals

__all__ = [
    "Capability",
    "DecidesHere",
    "Declined",
    "LedgerEntry",
    "LedgerPage",
    "MethodFacts",
    "MoneyRequest",
    "OutcomeUnknown",
    "PaymentState",
    "PaymentView",
    "Provider",
    "ProviderError",
    "ProviderRefused",
    "ProviderUnavailable",
    "Resolve",
    "StartPayment",
    "Totals",
    "UnknownOutcome",
    "VoidRequest",
    "WebhookEvent",
    "WebhookRefused",
]


class Capability(StrEnum):
    """What a gateway can do."""

    AUTHORISE = "authorise"
    CAPTURE = "capture"
    PARTIAL_CAPTURE = "partial_capture"
    MULTI_CAPTURE = "multi_capture"
    VOID = "void"
    REFUND = "refund"
    PARTIAL_REFUND = "partial_refund"
    REDIRECT = "redirect"
    APP_PUSH = "app_push"
    TOKEN = "token"  # noqa: S105 - the name of a capability
    CHALLENGE = "challenge"
    WEBHOOK = "webhook"
    LOOKUP = "lookup"
    LOOKUP_BY_REFERENCE = "lookup_by_reference"
    LIST_LEDGER = "list_ledger"
    EXPIRES_AT = "expires_at"


class Resolve(StrEnum):
    """How a lost answer is found out."""

    LOOKUP = "lookup"
    REPEAT_SAME_KEY = "repeat_same_key"


class UnknownOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How and how long the outcome of a lost answer can be found out.

    ``settles_after_s``: a lookup that finds nothing is final only when the request is older than this (it may still be
    under way). ``window_s``: for how long the same key gives the same answer; after it a person has to look.
    """

    resolve: Resolve
    window_s: int
    settles_after_s: int = 0


class MethodFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How a payment method works at a gateway: which captures it allows and what the buyer goes through."""

    captures: frozenset[Literal["automatic", "manual"]]
    flow: Literal["redirect", "app_push", "immediate"]
    expires_after_s: int = 900


class StartPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to start. ``amount_minor`` in minor units of ``currency``; ``expires_at_s`` is Unix seconds.

    ``payment_token`` stands for a card that the buyer's device gave to the gateway itself; with it no page is needed.
    ``merchant_reference`` is our attempt's id, unique at the gateway.
    """

    idempotency_key: str
    merchant_reference: str
    method: str
    amount_minor: int
    currency: str
    capture: Literal["automatic", "manual"]
    return_url: str
    webhook_url: str | None = None
    expires_at_s: float | None = None
    locale: str = "en"
    country: str = ""
    description: str = ""
    payment_token: str | None = None


class MoneyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Capture or refund ``amount_minor`` of the payment; ``reference`` is our operation's id.

    ``before`` is what our books say before the operation: a provider that keeps no books of its own judges by it.
    """

    provider_ref: str
    merchant_reference: str
    amount_minor: int
    currency: str
    idempotency_key: str
    reference: str
    before: Totals


class VoidRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Release what is not captured, or close a payment that still waits for its buyer."""

    provider_ref: str
    merchant_reference: str
    amount_minor: int
    currency: str
    idempotency_key: str
    before: Totals


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A verified message. It only says where to look: money facts are read from the gateway itself.

    ``provider_refs``: every name under which the payment may be known to us at this gateway.
    ``view``: the payment as the message tells it, when it tells all: one that says nothing new spares a lookup.
    """

    event_id: str
    kind: str
    provider_refs: tuple[str, ...]
    merchant_reference: str | None
    occurred_at_s: float
    view: PaymentView | None = None


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One movement in the gateway's own books."""

    entry_id: str
    provider_ref: str
    merchant_reference: str | None
    kind: Literal["authorised", "captured", "voided", "refunded"]
    amount_minor: int
    currency: str
    occurred_at_s: float


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries in whatever order the gateway has; ``next_after`` continues the listing and is None at its end."""

    entries: tuple[LedgerEntry, ...]
    next_after: str | None


class ProviderError(Exception):
    """Base of what a gateway can fail with; ``code`` is stable, the message is for staff."""

    def __init__(self, code: str, message: str = "") -> None:
        """Keep the code beside the message."""
        super().__init__(message or code)
        self.code = code


class Declined(ProviderError):
    """A final no to this operation; nothing moved."""


class ProviderRefused(ProviderError):
    """Against the gateway's rules: certainly nothing was done."""


class ProviderUnavailable(ProviderError):
    """Certainly not carried out; trying again later is harmless."""


class OutcomeUnknown(ProviderError):
    """Perhaps carried out; only ``unknown_outcome`` of the same gateway may find out."""


class WebhookRefused(Exception):
    """The message is not verified and must not be believed."""


class Provider(Protocol):
    """A payment gateway. Methods raise ``ProviderError``; an operation that is not declared is ``ProviderRefused``."""

    @property
    def name(self) -> str:
        """Name of this gateway in our books, such as ``sandbox`` or ``sandbox_north``."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this gateway can do."""
        ...

    @property
    def methods(self) -> Mapping[str, MethodFacts]:
        """Payment methods by name."""
        ...

    @property
    def unknown_outcome(self) -> UnknownOutcome:
        """How lost answers are found out."""
        ...

    @property
    def ledger_kinds(self) -> frozenset[str]:
        """Which kinds of movements the gateway's own books show; empty without ``list_ledger``."""
        ...

    async def start(self, request: StartPayment) -> PaymentView:
        """Start a payment; the same key and request give the same payment."""
        ...

    async def lookup(
        self, *, provider_ref: str | None = None, merchant_reference: str | None = None
    ) -> PaymentView | None:
        """Read a payment by either name; None when the gateway does not know it."""
        ...

    async def capture(self, request: MoneyRequest) -> PaymentView:
        """Take authorised money."""
        ...

    async def void(self, request: VoidRequest) -> PaymentView:
        """Release what is not captured, or close a waiting payment."""
        ...

    async def refund(self, request: MoneyRequest) -> PaymentView:
        """Give captured money back."""
        ...

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes, received_at_s: float) -> WebhookEvent:
        """Verify and read a message; header names are lower case, `:path` is the address it came to with its query.

        Raises WebhookRefused.
        """
        ...

    async def list_ledger(self, *, since_s: float, after: str | None, limit: int) -> LedgerPage:
        """Read the gateway's own books from Unix second ``since_s`` on, page by page."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class DecidesHere(Protocol):
    """A provider that decides a start by itself: no call to the outside, no state of its own, so it may be asked inside
    a transaction, and a start that was rolled back has done nothing.
    """

    def decide(self, request: StartPayment) -> PaymentView:
        """Decide a start; the same request gives the same answer. `ProviderRefused`."""
        ...
