"""Mollie's objects as far as we read them, and what they say in the words of the port."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from springtide.contexts.payments.providers.mollie_wire import Amount
from springtide.contexts.payments.providers.port import LedgerEntry, PaymentState, PaymentView, Totals

STATES = {
    "open": PaymentState.AWAITING_BUYER,
    "pending": PaymentState.PROCESSING,
    "authorized": PaymentState.AUTHORISED,
    "paid": PaymentState.CAPTURED,
    "canceled": PaymentState.DECLINED,
    "expired": PaymentState.EXPIRED,
    "failed": PaymentState.DECLINED,
}
# Nothing more will be taken of such a payment.
OVER = frozenset({"paid", "canceled", "expired", "failed"})
UNDONE = frozenset({"failed", "canceled"})

# Mollie's words for a no, in ours; a word that is not here is passed on as it is.
DECLINE_CODES = {
    "authentication_abandoned": "authentication_failed",
    "authentication_required": "authentication_failed",
    "authentication_unavailable_acs": "authentication_failed",
    "card_declined": "issuer_declined",
    "card_expired": "expired_card",
    "inactive_card": "issuer_declined",
    "possible_fraud": "issuer_declined",
    "refused_by_issuer": "issuer_declined",
    "unknown_reason": "issuer_declined",
}
CANCELLED_BY_BUYER = "cancelled_by_buyer"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """An address of another thing."""

    href: str


class PaymentLinks(msgspec.Struct, frozen=True, kw_only=True):
    """Where a payment leads; ``checkout`` is there while its buyer has to act."""

    checkout: Link | None = None


class Details(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a method tells besides; only the reason of a failure is read (the rest is personal data)."""

    failure_reason: str | None = None


class StatusReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why the status is what it is."""

    code: str


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """A capture: ``pending``, ``succeeded`` or ``failed``."""

    id: str
    amount: Amount
    status: str = "succeeded"


class Refund(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A refund; ``queued`` and ``pending`` ones are accepted and count, ``failed`` and ``canceled`` ones do not."""

    id: str
    amount: Amount
    status: str
    payment_id: str
    created_at: datetime
    metadata: Any = None


class Embedded(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked to come along."""

    captures: tuple[Capture, ...] | None = None
    refunds: tuple[Refund, ...] | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A payment. Moments are there once they happened; ``amount_captured`` only where captures are possible."""

    id: str
    status: str
    amount: Amount
    created_at: datetime
    capture_mode: str | None = None
    amount_captured: Amount | None = None
    is_cancelable: bool = False
    metadata: Any = None
    details: Details | None = None
    status_reason: StatusReason | None = None
    expires_at: datetime | None = None
    authorized_at: datetime | None = None
    paid_at: datetime | None = None
    canceled_at: datetime | None = None
    expired_at: datetime | None = None
    failed_at: datetime | None = None
    links: PaymentLinks = msgspec.field(name="_links", default=PaymentLinks())
    embedded: Embedded = msgspec.field(name="_embedded", default=Embedded())


def our_reference(metadata: object) -> str | None:
    """Return our reference in an object's metadata; what others wrote there is none."""
    value = metadata.get("merchant_reference") if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else None


def is_closed_by_us(payment: Payment) -> bool:
    """Tell whether we marked the payment before we cancelled it: else it was the buyer who cancelled."""
    return isinstance(payment.metadata, dict) and payment.metadata.get("closed_by") == "shop"


def totals_of(payment: Payment) -> Totals:
    """Return the sums of a payment, without refunds when they did not come along."""
    has_money = payment.authorized_at is not None or payment.status in ("authorized", "paid")
    authorised = payment.amount.minor if has_money else 0
    captured = _captured_minor(payment) if has_money else 0
    return Totals(
        authorised_minor=authorised,
        captured_minor=captured,
        released_minor=authorised - captured if payment.status in OVER else 0,
        refunded_minor=sum(
            refund.amount.minor for refund in payment.embedded.refunds or () if refund.status not in UNDONE
        ),
    )


def view_of_payment(payment: Payment) -> PaymentView:
    """Return what a payment says; one without captures that is over after it was authorised is voided."""
    totals = totals_of(payment)
    state = STATES.get(payment.status, PaymentState.PROCESSING)
    is_released = totals.authorised_minor > 0 and totals.captured_minor == 0 and payment.status in OVER
    if is_released or (payment.status == "canceled" and is_closed_by_us(payment)):
        state = PaymentState.VOIDED
    elif totals.captured_minor and payment.status in OVER:
        state = PaymentState.CAPTURED
    return PaymentView(
        provider_ref=payment.id,
        merchant_reference=our_reference(payment.metadata) or "",
        state=state,
        amount_minor=payment.amount.minor,
        currency=payment.amount.currency,
        authorised_minor=totals.authorised_minor,
        captured_minor=totals.captured_minor,
        refunded_minor=totals.refunded_minor,
        released_minor=totals.released_minor,
        decline_code=_decline_code(payment) if state is PaymentState.DECLINED else None,
        redirect_url=payment.links.checkout.href if payment.links.checkout else None,
        expires_at_s=payment.expires_at.timestamp() if payment.expires_at else None,
    )


def entries_of_payment(payment: Payment) -> Iterator[LedgerEntry]:
    """Give what moved in a payment as ledger entries, refunds left out: they have a listing of their own."""
    totals = totals_of(payment)
    paid_at = payment.paid_at or payment.created_at
    over_at = payment.canceled_at or payment.expired_at or payment.failed_at or paid_at
    moved: tuple[tuple[Literal["authorised", "captured", "voided"], int, datetime], ...] = (
        ("authorised", totals.authorised_minor, payment.authorized_at or paid_at),
        ("captured", totals.captured_minor, paid_at),
        ("voided", totals.released_minor, over_at),
    )
    for kind, amount_minor, at in moved:
        if amount_minor:
            yield LedgerEntry(
                entry_id=f"{payment.id}:{kind}",
                provider_ref=payment.id,
                merchant_reference=our_reference(payment.metadata),
                kind=kind,
                amount_minor=amount_minor,
                currency=payment.amount.currency,
                occurred_at_s=at.timestamp(),
            )


def entry_of_refund(refund: Refund) -> LedgerEntry | None:
    """Return a refund as a ledger entry; one that came to nothing is none."""
    if refund.status in UNDONE:
        return None
    return LedgerEntry(
        entry_id=refund.id,
        provider_ref=refund.payment_id,
        merchant_reference=our_reference(refund.metadata),
        kind="refunded",
        amount_minor=refund.amount.minor,
        currency=refund.amount.currency,
        occurred_at_s=refund.created_at.timestamp(),
    )


def _captured_minor(payment: Payment) -> int:
    """Return what was taken. Captures that are accepted count although the bank may still be working on them."""
    if payment.capture_mode != "manual":
        return payment.amount.minor if payment.status == "paid" else 0
    if payment.embedded.captures is not None:
        return sum(capture.amount.minor for capture in payment.embedded.captures if capture.status not in UNDONE)
    if payment.amount_captured is not None:
        return payment.amount_captured.minor
    return payment.amount.minor if payment.status == "paid" else 0


def _decline_code(payment: Payment) -> str:
    if payment.status == "canceled":
        return CANCELLED_BY_BUYER
    said = payment.details.failure_reason if payment.details else None
    code = said or (payment.status_reason.code if payment.status_reason else "issuer_declined")
    return DECLINE_CODES.get(code, code)
