"""The first transaction of `complete`: the buyer's agreement becomes a process row (or joins the running one)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from springtide.contexts.checkout.domain.cart import missing_for_completion
from springtide.contexts.checkout.domain.process import FAILED
from springtide.contexts.checkout.service.cart_view import fresh_quote, may_use
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import CartRow, ProcessRow, as_json, encode_quote
from springtide.contracts.checkout.api import CartClosed, CartIncomplete, CartState, Completion, TotalChanged
from springtide.contracts.payments.api import PaymentMethod
from springtide.contracts.pricing.api import Quote
from springtide.platform.caller import Caller
from springtide.platform.db import Tx
from springtide.platform.errors import Refusal, Unavailable
from springtide.platform.ids import uuid7
from springtide.platform.usecase import answered, check_key, keep_refusal, request_hash

OPERATION = "complete"
LEASE_S = 10
_BANK_MARGIN_S = 60
_DIRECT_S = 120


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
class Begun:
    """Either the kept answer of a repeat, or the process to drive. `own`: this request started the try."""

    answer: Completion | None = None
    checkout_id: UUID | None = None
    own: bool = False


async def begin(tools: Tools, *, caller: Caller, agreement: Agreement) -> Begun:
    """Start a try, or join the one that is running. Refusals are kept under the key."""
    check_key(agreement.key)
    digest = request_hash(agreement.request())
    row, quote, method, refusal = await _look(tools, caller, agreement)
    try:
        async with tools.db.tx(caller) as tx:
            answer = await answered(
                tx, caller=caller, operation=OPERATION, key=agreement.key, digest=digest, reply=Completion
            )
            if answer is not None:
                return Begun(answer=answer)
            if refusal is not None:
                raise refusal
            return await _start(tx, caller, agreement, digest, row=row, quote=quote, method=method)
    except Refusal as error:
        await keep_refusal(
            tools.db, caller=caller, operation=OPERATION, key=agreement.key, digest=digest, refusal=error
        )
        raise


async def _look(
    tools: Tools, caller: Caller, agreement: Agreement
) -> tuple[CartRow, Quote | None, PaymentMethod | None, Refusal | None]:
    """Read and price before any lock is taken."""
    async with tools.db.read() as read:
        found = await read.maybe("get_cart", {"id": agreement.cart_id}, row=CartRow)
        now = await read.value("kernel_now")
    row = may_use(tools, caller, found, agreement.token)
    quote = row.cart_quote
    try:
        if row.cart_state is CartState.OPEN and (row.quote_expires_at is None or row.quote_expires_at <= now):
            quote = await fresh_quote(tools, row)
        method = await tools.method(row.market, agreement.total_minor, agreement.method)
    except Refusal as refusal:
        return row, quote, None, refusal
    return row, quote, method, None


async def _start(
    tx: Tx,
    caller: Caller,
    agreement: Agreement,
    digest: bytes,
    *,
    row: CartRow,
    quote: Quote | None,
    method: PaymentMethod | None,
) -> Begun:
    cart = await tx.one("lock_cart", {"id": row.id}, row=CartRow)
    if cart.cart_state in {CartState.COMPLETING, CartState.COMPLETED}:
        return Begun(checkout_id=cart.checkout_id)
    if cart.cart_state is not CartState.OPEN:
        msg = "The cart was merged into another."
        raise CartClosed(msg, state=cart.state)
    missing_for_completion(cart.cart_lines, cart.cart_contact, cart.cart_delivery)
    if quote is None or method is None or cart.version != row.version or quote.total_minor != agreement.total_minor:
        raise _total_changed(quote if cart.version == row.version else cart.cart_quote)
    if not quote.shipping:
        msg = "Choose how it should be delivered."
        raise CartIncomplete(msg, missing=["delivery.shipping_method"])
    checkout_id = cart.checkout_id or uuid7()
    columns = _columns(tx, caller, agreement, digest, cart=cart, quote=quote, method=method, checkout_id=checkout_id)
    await _put_process(tx, checkout_id, columns, is_new=cart.checkout_id is None)
    state = {"id": cart.id, "state": CartState.COMPLETING, "checkout_id": checkout_id, "now": tx.now}
    await tx.run("set_cart_state", state)
    return Begun(checkout_id=checkout_id, own=True)


async def _put_process(tx: Tx, checkout_id: UUID, columns: Mapping[str, Any], *, is_new: bool) -> None:
    try_no = 1
    if is_new:
        await tx.run("insert_process", columns)
    else:
        process = await tx.one("lock_process", {"checkout_id": checkout_id}, row=ProcessRow)
        if process.at not in FAILED or process.due_at is not None:
            msg = "The last try is still being tidied up. Try again in a moment."
            raise StillTidying(msg, retry_after_s=1)
        try_no = process.try_no + 1
        await tx.run("restart_process", columns)
    attempt = {"attempt_id": columns["attempt_id"], "checkout_id": checkout_id, "try_no": try_no, "now": tx.now}
    await tx.run("insert_attempt", attempt)


class StillTidying(Unavailable):
    """A former try of this cart is being undone: its stock and money are given back first. Never a kept answer."""

    code = "cart_tidying"


def _columns(
    tx: Tx,
    caller: Caller,
    agreement: Agreement,
    digest: bytes,
    *,
    cart: CartRow,
    quote: Quote,
    method: PaymentMethod,
    checkout_id: UUID,
) -> Mapping[str, Any]:
    return {
        "checkout_id": checkout_id,
        "cart_id": cart.id,
        "market": cart.market,
        "locale": cart.locale,
        "customer_id": cart.customer_id,
        "channel": cart.channel,
        "agent": cart.agent,
        "due_at": tx.now + timedelta(seconds=LEASE_S),
        "method": method.key,
        "return_url": agreement.return_url.replace("{checkout_id}", str(checkout_id)),
        "awaits_buyer_s": method.awaits_buyer_s or 0,
        "total_minor": quote.total_minor,
        "currency": quote.currency,
        "quote": encode_quote(quote),
        "lines": as_json(cart.cart_lines),
        "contact": as_json(cart.cart_contact),
        "delivery": as_json(cart.cart_delivery),
        "attempt_id": uuid7(),
        "principal": caller.principal,
        "request_key": agreement.key,
        "request_hash": digest,
        "now": tx.now,
    }


def hold_for_s(awaits_buyer_s: int) -> int:
    """Return how long stock is held: as long as the buyer may take at the bank, and a margin."""
    return awaits_buyer_s + _BANK_MARGIN_S if awaits_buyer_s else _DIRECT_S


def _total_changed(quote: Quote | None) -> TotalChanged:
    msg = "The total has changed. Look at it again before you pay."
    if quote is None:
        return TotalChanged(msg, total_minor=0, currency="", quote_id="")
    return TotalChanged(msg, total_minor=quote.total_minor, currency=quote.currency, quote_id=quote.id)
