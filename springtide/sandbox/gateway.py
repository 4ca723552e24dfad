"""The use cases of the gateway: merchants' operations, the buyer's acts, time passing."""

import sqlite3
import time
from collections.abc import Callable, Mapping

import msgspec

from springtide.sandbox import books, model
from springtide.sandbox.keys import AccountKeys
from springtide.sandbox.ledger import Ledger
from springtide.sandbox.model import Change, CreatePayment, MoneyRequest, Payment, Refused, Scenario, Status

Act = Callable[[Payment], Change]
LATE_SUCCESS_AFTER_S = 1.0
AUTOMATIC_BUYERS = {
    "approves": "approve",
    "never_returns": "approve",
    "declines": "decline",
    "cancels": "cancel",
    "approves_late": "approve",
}


class Gateway:
    """All merchant accounts of one gateway over one ledger; ``now`` is Unix seconds and can be moved by tests."""

    def __init__(self, *, ledger: Ledger, accounts: Mapping[str, AccountKeys], origin: str) -> None:
        self.ledger = ledger
        self.accounts = accounts
        self.origin = origin
        self.clock_offset_s = 0.0
        self.outages: set[str] = set()
        self._by_key = {keys.api_key: keys.account for keys in accounts.values()}

    def now(self) -> float:
        """Return the gateway's clock."""
        return time.time() + self.clock_offset_s

    def account_of(self, api_key: str) -> str:
        """Return the account that an API key belongs to, refused with 401."""
        account = self._by_key.get(api_key)
        if account is None:
            msg = "unauthorised"
            raise Refused(msg, "the API key is not known", status=401)
        return account

    async def create(self, *, account: str, key: str, body: bytes, request: CreatePayment) -> tuple[int, bytes]:
        """Start a payment, once per key."""

        def work(cx: sqlite3.Connection) -> tuple[int, bytes]:
            return books.once(
                cx, account=account, key=key, request=b"create\n" + body, act=lambda: self._create(cx, account, request)
            )

        return await self.ledger.run(work)

    async def change(
        self, *, account: str, key: str, operation: str, payment_id: str, body: bytes, request: MoneyRequest
    ) -> tuple[int, bytes]:
        """Capture, void or refund, once per key."""

        def act(cx: sqlite3.Connection) -> tuple[int, bytes]:
            payment = books.payment_by_id(cx, payment_id, account)
            if operation == "capture":
                change = model.capture(payment, request.amount_minor)
            elif operation == "void":
                change = model.void(payment)
            else:
                change = model.refund(payment, request.amount_minor)
            after = books.apply(cx, change, reference=request.reference, now=self.now())
            return 200, msgspec.json.encode(books.public(after, self.origin))

        asked = f"{operation} {payment_id}\n".encode() + body
        return await self.ledger.run(
            lambda cx: books.once(cx, account=account, key=key, request=asked, act=lambda: act(cx))
        )

    async def buyer(self, page_token: str, act: Act) -> Payment:
        """Return the buyer acts on the page; a payment past its deadline expires instead."""

        def work(cx: sqlite3.Connection) -> Payment:
            payment = self.settle_time(cx, books.payment_by_token(cx, page_token))
            if payment.status is not Status.AWAITING_BUYER:
                return payment
            return books.apply(cx, act(payment), now=self.now())

        return await self.ledger.run(work)

    async def page(self, page_token: str) -> Payment:
        """Return the payment whose page is opened, expired when its time is over."""
        return await self.ledger.run(lambda cx: self.settle_time(cx, books.payment_by_token(cx, page_token)))

    async def mark_challenge(self, page_token: str, last4: str) -> Payment:
        """Return the card needs 3-D Secure: remember its last digits and wait for the buyer's confirmation."""

        def work(cx: sqlite3.Connection) -> Payment:
            payment = self.settle_time(cx, books.payment_by_token(cx, page_token))
            if payment.status is not Status.AWAITING_BUYER:
                return payment
            challenged = msgspec.structs.replace(payment, challenge=True, last4=last4)
            books.save_payment(cx, challenged)
            return challenged

        return await self.ledger.run(work)

    def settle_time(self, cx: sqlite3.Connection, payment: Payment) -> Payment:
        """Expire a payment whose deadline has passed; every reading passes here, so no clock is late."""
        waiting = payment.status is Status.AWAITING_BUYER
        if not waiting or payment.expires_at is None or self.now() < payment.expires_at:
            return payment
        return books.apply(cx, model.expire(payment), now=self.now())

    def pass_time(self, cx: sqlite3.Connection) -> int:
        """Let everything happen that is due; gives back how much that was."""
        due = books.take_due_timers(cx, self.now())
        for payment_id, act in due:
            self._happen(cx, books.payment_by_id(cx, payment_id), act)
        return len(due)

    def _happen(self, cx: sqlite3.Connection, payment: Payment, act: str) -> None:
        payment = self.settle_time(cx, payment)
        if act == "late_success" and payment.status is Status.EXPIRED:
            books.apply(cx, model.approve(payment, late=True), now=self.now())
        elif payment.status is Status.AWAITING_BUYER and act in ("approve", "decline", "cancel"):
            books.apply(cx, buyer_change(payment, act), now=self.now())

    def _create(self, cx: sqlite3.Connection, account: str, request: CreatePayment) -> tuple[int, bytes]:
        now = self.now()
        model.check_create(request, now)
        scenario = request.scenario or Scenario()
        payment = books.insert_payment(cx, account=account, request=request, scenario=scenario, now=now)
        if request.card_token is not None:
            payment = self._pay_by_token(cx, payment, request.card_token)
        self._set_timers(cx, payment)
        self.pass_time(cx)
        payment = books.payment_by_id(cx, payment.id)
        return 201, msgspec.json.encode(books.public(payment, self.origin))

    def _pay_by_token(self, cx: sqlite3.Connection, payment: Payment, token: str) -> Payment:
        number = model.TOKENS[token]
        answer = model.card_answer(payment, number)
        payment = msgspec.structs.replace(payment, last4=number[-4:], challenge=answer == "challenge")
        if answer == "challenge":
            books.save_payment(cx, payment)
            return payment
        change = model.decline(payment, answer) if answer else model.approve(payment)
        return books.apply(cx, change, now=self.now())

    def _set_timers(self, cx: sqlite3.Connection, payment: Payment) -> None:
        if payment.status is not Status.AWAITING_BUYER:
            return
        scenario, now = payment.scenario, self.now()
        end = payment.expires_at
        if end is not None:
            books.add_timer(cx, payment=payment, act="expire", due_at=end)
        if scenario.buyer == "late_success" and end is not None:
            after_s = scenario.buyer_after_ms / 1000 or LATE_SUCCESS_AFTER_S
            books.add_timer(cx, payment=payment, act="late_success", due_at=end + after_s)
        elif scenario.buyer in AUTOMATIC_BUYERS:
            due_at = now + scenario.buyer_after_ms / 1000
            if scenario.buyer == "approves_late" and end is not None:
                due_at = max(due_at, end)
            books.add_timer(cx, payment=payment, act=AUTOMATIC_BUYERS[scenario.buyer], due_at=due_at)


def buyer_change(payment: Payment, act: str) -> Change:
    """Return the buyer's act; the issuer may still say no."""
    if act == "cancel":
        return model.decline(payment, "cancelled_by_buyer")
    if act == "decline":
        return model.decline(payment, "issuer_declined")
    if payment.scenario.outcome not in ("", "challenge"):
        return model.decline(payment, payment.scenario.outcome)
    return model.approve(payment)
