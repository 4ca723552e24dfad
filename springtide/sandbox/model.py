"""What a payment is and what may happen to it: values and decisions, no input or output.

State table (``Status``); anything not listed is refused by name:

===============  =========================  ==========================================================
from             by                         to
===============  =========================  ==========================================================
awaiting_buyer   approve                    authorised (capture manual) or captured (capture automatic)
awaiting_buyer   decline, cancel            declined
awaiting_buyer   void                       voided
awaiting_buyer   time passes expires_at     expired
expired          late success (scenario)    authorised or captured, with ``late`` set
authorised       capture of all the rest    captured
authorised       capture of a part          authorised
authorised       void                       voided, or captured when a part was captured before
captured         refund                     captured (``refunded_minor`` grows up to ``captured_minor``)
===============  =========================  ==========================================================
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

Amount = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Url = Annotated[str, msgspec.Meta(pattern="^https?://", max_length=2000)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=3_600_000)]
Method = Literal["card", "bank_redirect", "app_push", "pay_later"]
CaptureMode = Literal["automatic", "manual"]

CAPTURE_MODES: dict[str, frozenset[str]] = {
    "card": frozenset({"automatic", "manual"}),
    "bank_redirect": frozenset({"automatic"}),
    "app_push": frozenset({"automatic"}),
    "pay_later": frozenset({"manual"}),
}


class Status(StrEnum):
    """Where a payment stands."""

    AWAITING_BUYER = "awaiting_buyer"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"
    EXPIRED = "expired"


class Refused(Exception):
    """The gateway says no: ``status`` is the HTTP status, ``code`` is stable, the message is for people."""

    def __init__(self, code: str, message: str, *, status: int = 422) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the gateway misbehaves for one payment.

    ``delay_ms`` / ``answer_delay_ms``: waits before doing / after doing and before answering.
    ``fault`` strikes ``fault_times`` times per idempotency key on the operation ``fault_on``:
    ``error_before`` answers 500 and does nothing, ``error_after`` does it and answers 500,
    ``drop_after`` does it and drops the connection.
    ``outcome``: what the issuer says, whatever the buyer types: a decline code, or ``challenge`` for 3-D Secure.
    ``buyer``: ``person`` waits for somebody on the page; ``approves`` / ``declines`` / ``cancels`` act by themselves
    ``buyer_after_ms`` after the start; ``never_returns`` approves but is never sent back to the shop; ``vanishes``
    does nothing at all; ``approves_late`` comes after the deadline and is told so; ``late_success`` pays after expiry
    and the money arrives.
    ``webhook``: ``first`` is delivered before the create answer returns, ``twice`` is delivered two times, ``late``
    waits ``webhook_delay_ms``, ``never`` is not sent.
    """

    delay_ms: Milliseconds = 0
    answer_delay_ms: Milliseconds = 0
    fault: Literal["", "error_before", "error_after", "drop_after"] = ""
    fault_on: Literal["create", "capture", "void", "refund"] = "create"
    fault_times: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    outcome: Literal["", "issuer_declined", "insufficient_funds", "expired_card", "challenge"] = ""
    buyer: Literal[
        "person", "approves", "declines", "cancels", "never_returns", "vanishes", "approves_late", "late_success"
    ] = "person"
    buyer_after_ms: Milliseconds = 0
    webhook: Literal["normal", "first", "twice", "late", "never"] = "normal"
    webhook_delay_ms: Milliseconds = 0


class CreatePayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /v1/payments``; ``expires_at`` is Unix seconds, amounts are minor units.

    ``card_token`` (``tok_success``, ``tok_declined``, ``tok_insufficient_funds``, ``tok_challenge``) stands for a card
    that the buyer's own device gave to the gateway: no page is needed.
    """

    merchant_reference: Name
    method: Method
    amount_minor: Amount
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    return_url: Url
    capture: CaptureMode = "automatic"
    webhook_url: Url | None = None
    expires_at: float | None = None
    locale: str = "en"
    country: str = ""
    description: Annotated[str, msgspec.Meta(max_length=500)] = ""
    card_token: str | None = None
    scenario: Scenario | None = None


class MoneyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of capture, void and refund; ``amount_minor`` null means all that is left."""

    amount_minor: Amount | None = None
    reference: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment as the gateway keeps it. ``page_token`` is the buyer's secret way to its page."""

    id: str
    account: str
    merchant_reference: str
    method: Method
    amount_minor: int
    currency: str
    capture: CaptureMode
    return_url: str
    page_token: str
    created_at: float
    status: Status = Status.AWAITING_BUYER
    authorised_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    released_minor: int = 0
    decline_code: str | None = None
    last4: str | None = None
    challenge: bool = False
    late: bool = False
    expires_at: float | None = None
    webhook_url: str | None = None
    locale: str = "en"
    country: str = ""
    description: str = ""
    scenario: Scenario = Scenario()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A decision: the payment after it, and the ledger entries ``(kind, amount_minor)`` that it causes."""

    payment: Payment
    event: str
    entries: tuple[tuple[str, int], ...] = ()


def check_create(request: CreatePayment, now: float) -> None:
    """Refuse what this method cannot do."""
    if request.capture not in CAPTURE_MODES[request.method]:
        code, message = "capture_mode_unsupported", f"{request.method} cannot be captured in mode {request.capture}"
        raise Refused(code, message)
    if request.card_token is not None and request.method != "card":
        code, message = "card_token_unsupported", "a card token belongs to method card"
        raise Refused(code, message)
    if request.card_token is not None and request.card_token not in TOKENS:
        code, message = "card_token_unknown", "the card token is not one of the test tokens"
        raise Refused(code, message)
    if request.expires_at is not None and request.expires_at <= now:
        code, message = "expires_at_past", "expires_at lies in the past"
        raise Refused(code, message)


def approve(payment: Payment, *, late: bool = False) -> Change:
    """Return the buyer's yes, the issuer's yes."""
    expected = Status.EXPIRED if late else Status.AWAITING_BUYER
    _require(payment, expected, doing="approve")
    amount = payment.amount_minor
    authorised = msgspec.structs.replace(
        payment, status=Status.AUTHORISED, authorised_minor=amount, challenge=False, late=late
    )
    if payment.capture == "manual":
        return Change(payment=authorised, event="payment.authorised", entries=(("authorised", amount),))
    captured = msgspec.structs.replace(authorised, status=Status.CAPTURED, captured_minor=amount)
    entries = (("authorised", amount), ("captured", amount))
    return Change(payment=captured, event="payment.captured", entries=entries)


def decline(payment: Payment, code: str) -> Change:
    """Return the issuer or the buyer says no."""
    _require(payment, Status.AWAITING_BUYER, doing="decline")
    declined = msgspec.structs.replace(payment, status=Status.DECLINED, decline_code=code, challenge=False)
    return Change(payment=declined, event="payment.declined")


def expire(payment: Payment) -> Change:
    """Return the deadline passed and nobody had paid."""
    _require(payment, Status.AWAITING_BUYER, doing="expire")
    return Change(payment=msgspec.structs.replace(payment, status=Status.EXPIRED), event="payment.expired")


def capture(payment: Payment, amount_minor: int | None) -> Change:
    """Take authorised money, all that is left when ``amount_minor`` is None; several parts are possible."""
    _require(payment, Status.AUTHORISED, doing="capture")
    left = payment.authorised_minor - payment.captured_minor - payment.released_minor
    amount = _within(amount_minor, left, code="capture_above_authorised")
    status = Status.CAPTURED if amount == left else Status.AUTHORISED
    taken = msgspec.structs.replace(payment, status=status, captured_minor=payment.captured_minor + amount)
    return Change(payment=taken, event="payment.captured", entries=(("captured", amount),))


def void(payment: Payment) -> Change:
    """Release what is authorised and not captured; close a payment that waits for its buyer."""
    if payment.status is Status.AWAITING_BUYER:
        return Change(payment=msgspec.structs.replace(payment, status=Status.VOIDED), event="payment.voided")
    _require(payment, Status.AUTHORISED, doing="void")
    left = payment.authorised_minor - payment.captured_minor - payment.released_minor
    status = Status.CAPTURED if payment.captured_minor else Status.VOIDED
    released = msgspec.structs.replace(payment, status=status, released_minor=payment.released_minor + left)
    return Change(payment=released, event="payment.voided", entries=(("voided", left),))


def refund(payment: Payment, amount_minor: int | None) -> Change:
    """Give captured money back, all that is left when ``amount_minor`` is None."""
    if payment.status not in (Status.CAPTURED, Status.AUTHORISED) or payment.captured_minor == 0:
        msg = "not_captured"
        raise Refused(msg, f"a payment that is {payment.status} has nothing to refund", status=409)
    left = payment.captured_minor - payment.refunded_minor
    amount = _within(amount_minor, left, code="refund_above_captured")
    given = msgspec.structs.replace(payment, refunded_minor=payment.refunded_minor + amount)
    return Change(payment=given, event="payment.refunded", entries=(("refunded", amount),))


def _require(payment: Payment, status: Status, *, doing: str) -> None:
    if payment.status is not status:
        code, message = "wrong_state", f"cannot {doing} a payment that is {payment.status}"
        raise Refused(code, message, status=409)


def _within(amount_minor: int | None, left: int, *, code: str) -> int:
    amount = left if amount_minor is None else amount_minor
    if amount > left or left == 0:
        raise Refused(code, f"{amount} is more than the {left} that is left")
    return amount


# Test cards by number, and the tokens that stand for them: what the issuer answers ("" means yes).
CARDS = {
    "4242424242424242": "",
    "5555555555554444": "",
    "4000000000000002": "issuer_declined",
    "4000000000009995": "insufficient_funds",
    "4000000000000069": "expired_card",
    "4000000000003220": "challenge",
}
TOKENS = {
    "tok_success": "4242424242424242",
    "tok_declined": "4000000000000002",
    "tok_insufficient_funds": "4000000000009995",
    "tok_challenge": "4000000000003220",
}


def card_answer(payment: Payment, number: str) -> str:
    """Return what the issuer says to a test card: "", a decline code, or ``challenge``; refuse other numbers.

    Only test numbers are taken: a real card typed here by mistake must not travel any further.
    """
    answer = CARDS.get(number)
    if answer is None:
        code, message = "not_a_test_card", "only test card numbers are accepted here"
        raise Refused(code, message)
    return payment.scenario.outcome or answer
