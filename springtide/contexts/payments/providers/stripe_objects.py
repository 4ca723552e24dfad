"""Stripe's objects as far as we read them, and what they say in the words of the port."""

from typing import Any, Literal

import msgspec

from springtide.contexts.payments.providers.port import LedgerEntry, PaymentState, PaymentView
from springtide.contexts.payments.providers.stripe_wire import decline_code

STATES = {
    "requires_payment_method": PaymentState.AWAITING_BUYER,
    "requires_confirmation": PaymentState.AWAITING_BUYER,
    "requires_action": PaymentState.AWAITING_BUYER,
    "processing": PaymentState.PROCESSING,
    "requires_capture": PaymentState.AUTHORISED,
    "succeeded": PaymentState.CAPTURED,
    "canceled": PaymentState.VOIDED,
}
MOVEMENTS: dict[str, Literal["captured", "refunded"]] = {
    "charge": "captured",
    "payment": "captured",
    "refund": "refunded",
    "payment_refund": "refunded",
}


class RedirectToUrl(msgspec.Struct, frozen=True, kw_only=True):
    """Where the buyer has to go."""

    url: str


class NextAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the buyer has to do next."""

    redirect_to_url: RedirectToUrl | None = None


class PaymentProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why the last try of a payment failed."""

    code: str | None = None
    decline_code: str | None = None


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A PaymentIntent. ``amount_received`` is missing on servers that do not report partial captures."""

    id: str
    status: str
    amount: int
    currency: str
    metadata: dict[str, str] = {}
    amount_received: int | None = None
    next_action: NextAction | None = None
    last_payment_error: PaymentProblem | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A Checkout Session; the intent exists from the buyer's first try on."""

    id: str
    status: Literal["open", "complete", "expired"]
    amount_total: int
    currency: str
    client_reference_id: str | None = None
    url: str | None = None
    payment_intent: Intent | None = None


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A Refund; the reason is Stripe's own."""

    id: str
    amount: int
    status: str
    payment_intent: str | None = None


class RefundList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of refunds."""

    data: tuple[Refund, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The charge or refund behind a movement."""

    id: str
    payment_intent: str | None = None
    metadata: dict[str, str] = {}


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """A balance transaction; refunds are negative."""

    id: str
    type: str
    amount: int
    currency: str
    created: float
    source: Source | str | None = None


class MovementList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of balance transactions, newest first."""

    data: tuple[Movement, ...]
    has_more: bool


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """The object that an event is about."""

    object: dict[str, Any]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook message."""

    id: str
    type: str
    created: float
    data: EventData


def view_of_intent(intent: Intent, *, refunded_minor: int = 0, provider_ref: str = "") -> PaymentView:
    """Return what a PaymentIntent says; ``provider_ref`` is the name that we gave out for it, its own id otherwise."""
    state = STATES.get(intent.status, PaymentState.PROCESSING)
    problem = intent.last_payment_error
    is_declined = intent.status == "requires_payment_method" and problem is not None
    captured = intent.amount if intent.amount_received is None else intent.amount_received
    is_captured = state is PaymentState.CAPTURED
    redirect = intent.next_action.redirect_to_url if intent.next_action else None
    return PaymentView(
        provider_ref=provider_ref or intent.id,
        merchant_reference=intent.metadata.get("merchant_reference", ""),
        state=PaymentState.DECLINED if is_declined else state,
        amount_minor=intent.amount,
        currency=intent.currency.upper(),
        authorised_minor=intent.amount if state in (PaymentState.AUTHORISED, PaymentState.CAPTURED) else 0,
        captured_minor=captured if is_captured else 0,
        released_minor=intent.amount - captured if is_captured else 0,
        refunded_minor=refunded_minor,
        decline_code=decline_code(problem.decline_code or problem.code or "issuer_declined")
        if is_declined and problem
        else None,
        redirect_url=redirect.url if redirect else None,
    )


def view_of_session(session: Session, *, refunded_minor: int = 0) -> PaymentView:
    """Return what a Checkout Session says: open waits for the buyer, complete is told by its intent."""
    if session.status == "complete" and session.payment_intent is not None:
        return view_of_intent(session.payment_intent, refunded_minor=refunded_minor, provider_ref=session.id)
    is_open = session.status == "open"
    return PaymentView(
        provider_ref=session.id,
        merchant_reference=session.client_reference_id or "",
        state=PaymentState.AWAITING_BUYER if is_open else PaymentState.EXPIRED,
        amount_minor=session.amount_total,
        currency=session.currency.upper(),
        redirect_url=session.url if is_open else None,
    )


def entry_of_movement(movement: Movement) -> LedgerEntry | None:
    """Return a balance transaction as a ledger entry; fees, payouts and the like are not about a payment."""
    kind = MOVEMENTS.get(movement.type)
    source = movement.source
    if kind is None or not isinstance(source, Source) or source.payment_intent is None:
        return None
    return LedgerEntry(
        entry_id=movement.id,
        provider_ref=source.payment_intent,
        merchant_reference=source.metadata.get("merchant_reference"),
        kind=kind,
        amount_minor=abs(movement.amount),
        currency=movement.currency.upper(),
        occurred_at_s=movement.created,
    )
