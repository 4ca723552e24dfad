"""What Mollie keeps of one profile: payments, captures, refunds, and a ledger of what really moved."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests.fakes.mollie_rules import METHODS, TOKENS, MollieProblem, check, check_method, known, read_amount

Object = dict[str, Any]
FINAL = {"paid", "canceled", "expired", "failed"}
MOMENTS = {"authorized": "authorizedAt", "paid": "paidAt", "canceled": "canceledAt", "expired": "expiredAt"}
MOMENTS["failed"] = "failedAt"
UNDONE = {"failed", "canceled"}


class Movement(NamedTuple):
    """Money that moved: "authorised", "captured", "voided", "refunded", or "refund_failed" (it came back)."""

    kind: str
    payment_id: str
    amount_minor: int
    currency: str


@dataclass
class Payment:
    """A payment; moments are Unix seconds by the name they are shown under."""

    id: str
    token: str
    amount_minor: int
    currency: str
    method: str
    capture_mode: str
    created_at: float
    expires_at: float
    body: Object
    status: str = "open"
    failure_reason: str | None = None
    is_challenged: bool = False
    is_cancelable: bool = False
    moments: dict[str, float] = field(default_factory=dict)


@dataclass
class Part:
    """A capture or a refund of a payment."""

    id: str
    payment_id: str
    amount_minor: int
    currency: str
    status: str
    created_at: float
    body: Object


class MollieBooks:
    """The rules of money. ``changed`` is called with a payment whenever its webhook is to be called.

    ``is_slow_with``: what is accepted at once but not carried out until a test says so: "capture", "release".
    """

    def __init__(self, *, changed: Callable[[Payment], None], clock: Callable[[], float] = time.time) -> None:
        self.payments: dict[str, Payment] = {}
        self.captures: dict[str, Part] = {}
        self.refunds: dict[str, Part] = {}
        self.movements: list[Movement] = []
        self.is_slow_with: set[str] = set()
        self.clock = clock
        self._changed = changed

    def create(self, body: Object) -> Payment:
        known(body, "payment")
        amount_minor, currency = read_amount(body["amount"])
        method = check_method(body, amount_minor, currency)
        facts, now = METHODS[method], self.clock()
        payment = Payment(
            id=f"tr_{secrets.token_hex(11)}",
            token=secrets.token_urlsafe(16),
            amount_minor=amount_minor,
            currency=currency,
            method=method,
            capture_mode=body.get("captureMode", "automatic"),
            created_at=now,
            expires_at=now + facts["expires_after_s"],
            is_cancelable=facts["cancelable"],
            body=dict(body),
        )
        self.payments[payment.id] = payment
        answer = TOKENS.get(body.get("cardToken", "tkn_challenge"), "open")
        payment.is_challenged = "cardToken" in body and answer == "open"
        if answer == "":
            self.pay(payment)
        elif answer != "open":
            self.end(payment, "failed", answer)
        return payment

    def find(self, payment_id: str) -> Payment:
        """A payment as it is now: one that nobody paid in time has expired."""
        payment = self.payments.get(payment_id)
        if payment is None:
            raise MollieProblem(404, f"No payment exists with token {payment_id}.")
        if payment.status == "open" and self.clock() >= payment.expires_at:
            self.end(payment, "expired")
        return payment

    def pay(self, payment: Payment) -> None:
        """The buyer has paid: authorised or taken, as was asked."""
        check(payment.status in {"open", "pending"}, "The payment is over")
        self._move("authorised", payment, payment.amount_minor)
        if payment.capture_mode == "manual":
            self._become(payment, "authorized")
        else:
            self._move("captured", payment, payment.amount_minor)
            self._become(payment, "paid")

    def end(self, payment: Payment, status: str, reason: str | None = None, *, is_told: bool = True) -> None:
        """The payment came to nothing."""
        check(payment.status in {"open", "pending"}, "The payment is over")
        payment.failure_reason = reason
        self._become(payment, status, is_told=is_told)

    def update(self, payment: Payment, body: Object) -> None:
        check(payment.status == "open", "The payment can no longer be updated")
        payment.body.update(known(body, "update"))

    def cancel(self, payment: Payment) -> None:
        check(payment.status in {"open", "pending"} and payment.is_cancelable, "The payment is not cancelable.")
        self._become(payment, "canceled")

    def release(self, payment: Payment) -> None:
        check(payment.status == "authorized" and not self.parts(self.captures, payment), "Nothing can be released")
        if "release" not in self.is_slow_with:
            self.settle_release(payment)

    def settle_release(self, payment: Payment) -> None:
        self._move("voided", payment, payment.amount_minor)
        self._become(payment, "canceled")

    def capture(self, payment: Payment, body: Object) -> Part:
        known(body, "capture")
        amount_minor = self._amount(body, payment, payment.amount_minor)
        check(payment.status == "authorized", "The payment cannot be captured")
        check(not self.parts(self.captures, payment), "The payment has a capture already")
        check(0 < amount_minor <= payment.amount_minor, "The amount is higher than the authorized amount", "amount")
        part = self._part("cpt", payment, amount_minor, "pending", body)
        self.captures[part.id] = part
        if "capture" not in self.is_slow_with:
            self.settle_capture(part, is_success=True)
        return part

    def settle_capture(self, part: Part, *, is_success: bool) -> None:
        payment = self.payments[part.payment_id]
        part.status = "succeeded" if is_success else "failed"
        if not is_success:
            self._changed(payment)
            return
        self._move("captured", payment, part.amount_minor)
        if part.amount_minor < payment.amount_minor:
            self._move("voided", payment, payment.amount_minor - part.amount_minor)
        self._become(payment, "paid")

    def refund(self, payment: Payment, body: Object) -> Part:
        known(body, "refund")
        check(payment.status == "paid", "The payment cannot be refunded")
        left = self.captured_minor(payment) - self.refunded_minor(payment)
        amount_minor = self._amount(body, payment, left)
        check(0 < amount_minor <= left, "The amount is higher than what is left to refund", "amount")
        part = self._part("re", payment, amount_minor, "pending", body)
        self.refunds[part.id] = part
        self._move("refunded", payment, amount_minor)
        return part

    def settle_refund(self, part: Part, *, is_success: bool) -> None:
        payment = self.payments[part.payment_id]
        part.status = "refunded" if is_success else "failed"
        if not is_success:
            self._move("refund_failed", payment, part.amount_minor)
        self._changed(payment)

    def captured_minor(self, payment: Payment) -> int:
        return sum(one.amount_minor for one in self.movements if one[:2] == ("captured", payment.id))

    def refunded_minor(self, payment: Payment) -> int:
        return sum(part.amount_minor for part in self.parts(self.refunds, payment) if part.status not in UNDONE)

    def parts(self, of: dict[str, Part], payment: Payment) -> list[Part]:
        return [part for part in of.values() if part.payment_id == payment.id and part.status != "failed"]

    def _amount(self, body: Object, payment: Payment, otherwise: int) -> int:
        if "amount" not in body:
            return otherwise
        amount_minor, currency = read_amount(body["amount"])
        check(currency == payment.currency, "The currency is not the payment's", "amount")
        return amount_minor

    def _part(self, prefix: str, payment: Payment, amount_minor: int, status: str, body: Object) -> Part:
        name = f"{prefix}_{secrets.token_hex(10)}"
        return Part(name, payment.id, amount_minor, payment.currency, status, self.clock(), body)

    def _move(self, kind: str, payment: Payment, amount_minor: int) -> None:
        self.movements.append(Movement(kind, payment.id, amount_minor, payment.currency))

    def _become(self, payment: Payment, status: str, *, is_told: bool = True) -> None:
        payment.status = status
        payment.moments[MOMENTS[status]] = self.clock()
        if is_told:
            self._changed(payment)


def iso(moment: float) -> str:
    """A moment as Mollie writes it: whole seconds with an offset."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat()
