"""A try to buy begins: the buyer's agreement is checked and becomes a process row."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from springtide.contexts.checkout.domain.cart import missing_for_completion
from springtide.contexts.checkout.service.asks import Agreement, Begin, Begun, Keep, NotYet
from springtide.contexts.checkout.service.cart_view import CartBusy, fresh_quote, may_use
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import CartRow, ProcessRow
from springtide.contracts.checkout.api import CartIncomplete, CartState, Completion, Step, TotalChanged
from springtide.contracts.payments.api import PaymentMethod
from springtide.contracts.pricing.api import Quote
from springtide.platform.caller import Caller
from springtide.platform.errors import Refusal
from springtide.platform.ids import uuid7

OPERATION = "complete"
LEASE_S = 10
_BANK_MARGIN_S = 60
_DIRECT_S = 120
_TRIES = 5


async def begin(tools: Tools, *, caller: Caller, agreement: Agreement) -> Begun:
    """Start a try, join the one that is running, or give the answer kept under the key. Refusals are kept."""
    row = await tools.cart(agreement.cart_id)
    priced_now = False
    for _ in range(_TRIES):
        row = may_use(tools, caller, row, agreement.token)
        answer = await _ask(tools, caller, await _prepared(tools, row, agreement, priced_now=priced_now))
        if answer is NotYet.PRICE_AGAIN:
            priced_now = True
        elif answer is NotYet.READ_AGAIN:
            row, priced_now = await tools.read_cart(agreement.cart_id), False
        elif isinstance(answer, Completion):
            return Begun(checkout_id=answer.checkout_id, answer=answer)
        else:
            return answer
    msg = "The cart is being changed from somewhere else. Try again."
    raise CartBusy(msg)


async def _ask(tools: Tools, caller: Caller, ask: Begin) -> Begun | NotYet | Completion:
    """Ask the lane. What it answers itself is not final; what was kept under the key is a `Completion`."""
    agreement = ask.agreement
    answer = await tools.lane.write(
        caller=caller,
        operation=OPERATION,
        key=agreement.key,
        request=agreement.request(),
        ask=ask,
        reply=Completion,
    )
    return cast("Begun | NotYet | Completion", answer)


async def final(tools: Tools, *, caller: Caller, agreement: Agreement, reached: Completion | Refusal) -> Completion:
    """Return what a repeat of this request will get: the answer kept under its key, else `reached`, kept from now on.

    For requests whose answer another driver may have kept first, or that joined a try of another key. A refusal is
    raised.
    """
    if isinstance(reached, Completion) and reached.ask_again_s:
        return reached
    return await tools.lane.write(
        caller=caller,
        operation=OPERATION,
        key=agreement.key,
        request=agreement.request(),
        ask=Keep(answer=reached),
        reply=Completion,
    )


async def _prepared(tools: Tools, row: CartRow, agreement: Agreement, *, priced_now: bool) -> Begin:
    """Price what has to be priced, before any lock is taken. A refusal is told in the batch, so that it is kept."""
    quote = row.quote
    method: PaymentMethod | None = None
    refused: Refusal | None = None
    try:
        if priced_now and row.state is CartState.OPEN:
            quote = await fresh_quote(tools, row)
        method = await tools.method(row.market, agreement.total_minor, agreement.method)
    except Refusal as refusal:
        refused = refusal
    return Begin(cart=row, agreement=agreement, quote=quote, priced_now=priced_now, method=method, refusal=refused)


def refuse_unfinished(ask: Begin) -> tuple[Quote, PaymentMethod]:
    """Return what is bought and how, or raise what stands in the way: `CartIncomplete`, `TotalChanged`."""
    cart, quote = ask.cart, ask.quote
    missing_for_completion(cart.lines, cart.contact, cart.delivery)
    if quote is None or ask.method is None or quote.total_minor != ask.agreement.total_minor:
        raise _total_changed(quote)
    if not quote.shipping:
        msg = "Choose how it should be delivered."
        raise CartIncomplete(msg, missing=["delivery.shipping_method"])
    return quote, ask.method


def started(
    ask: Begin,
    quote: Quote,
    method: PaymentMethod,
    *,
    checkout_id: UUID,
    principal: str,
    digest: bytes,
    step_no: int,
    try_no: int,
    now: datetime,
) -> ProcessRow:
    """Return the process of a new try."""
    cart, agreement = ask.cart, ask.agreement
    if cart.contact is None or cart.delivery is None:
        msg = f"cart {cart.id} is not complete"
        raise ValueError(msg)
    return ProcessRow(
        checkout_id=checkout_id,
        cart_id=cart.id,
        market=cart.market,
        locale=cart.locale,
        customer_id=cart.customer_id,
        channel=cart.channel,
        agent=cart.agent,
        step=Step.HOLD,
        step_no=step_no,
        try_no=try_no,
        due_at=now + timedelta(seconds=LEASE_S),
        deadline_at=None,
        method=method.key,
        return_url=agreement.return_url.replace("{checkout_id}", str(checkout_id)),
        awaits_buyer_s=method.awaits_buyer_s or 0,
        total_minor=quote.total_minor,
        currency=quote.currency,
        quote=quote,
        lines=cart.lines,
        contact=cart.contact,
        delivery=cart.delivery,
        attempt_id=uuid7(),
        authorised_minor=0,
        captured_minor=0,
        redirect_url="",
        allocations=(),
        reason="",
        message="",
        order_number="",
        order_token="",
        principal=principal,
        request_key=agreement.key,
        request_hash=digest,
        created_at=now,
        updated_at=now,
    )


def hold_for_s(awaits_buyer_s: int) -> int:
    """Return how long stock is held: as long as the buyer may take at the bank, and a margin."""
    return awaits_buyer_s + _BANK_MARGIN_S if awaits_buyer_s else _DIRECT_S


def _total_changed(quote: Quote | None) -> TotalChanged:
    msg = "The total has changed. Look at it again before you pay."
    if quote is None:
        return TotalChanged(msg, total_minor=0, currency="", quote_id="")
    return TotalChanged(msg, total_minor=quote.total_minor, currency=quote.currency, quote_id=quote.id)
