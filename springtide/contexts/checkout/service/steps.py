"""The work of each step: calls to the neighbours, repeatable under the step's key, without any transaction open.

Each function returns what happened as a `Move`; recording it is `drive`'s business.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from springtide.contexts.checkout.domain.cart import quantities
from springtide.contexts.checkout.domain.process import Outcome, outcome_of
from springtide.contexts.checkout.service.asks import Move
from springtide.contexts.checkout.service.beginning import hold_for_s
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import ProcessRow
from springtide.contracts.checkout.api import Step
from springtide.contracts.common import Origin
from springtide.contracts.inventory.api import HoldGone
from springtide.contracts.orders.api import PlacedLine, Placement
from springtide.contracts.payments.api import AnotherAttemptLive, Attempt, AttemptState
from springtide.contracts.pricing.api import VoucherHoldGone, VoucherRefused
from springtide.platform.caller import system
from springtide.platform.errors import Refusal, Unavailable

_CALLER = system("checkout")
_REASONS = {
    Outcome.NO_MONEY: "payment_declined",
    Outcome.TOO_LATE: "payment_expired",
    Outcome.GIVEN_BACK: "paid_too_late",
}
_MONEY = frozenset({AttemptState.AUTHORISED, AttemptState.CAPTURED})


async def hold(tools: Tools, process: ProcessRow) -> Move:
    """Hold all lines and all limited vouchers, or none."""
    is_late = bool(process.authorised_minor or process.captured_minor)
    if is_late and not process.contact.email:
        return Move(outcome=Outcome.NOT_HELD_LATE, reason="buyer_erased")
    expires_after_s = hold_for_s(process.awaits_buyer_s)
    codes = limited_vouchers(process)
    is_held = False
    try:
        held = await tools.inventory.hold(
            caller=_CALLER,
            key=process.key("hold"),
            checkout_id=process.checkout_id,
            market=process.market,
            lines=quantities(process.lines),
            expires_after_s=expires_after_s,
        )
        is_held = True
        if codes:
            await tools.pricing.hold_vouchers(
                caller=_CALLER,
                key=process.key("hold_vouchers"),
                checkout_id=process.checkout_id,
                codes=codes,
                expires_after_s=expires_after_s,
            )
    except Refusal as refusal:
        if is_late:
            return Move(outcome=Outcome.NOT_HELD_LATE, reason="sold_out_meanwhile")
        facts = {"skus": _short(process, refusal)}
        return Move(outcome=Outcome.NOT_HELD, reason=refusal.code, facts=facts, is_clean=not is_held)
    return Move(outcome=Outcome.HELD, allocations=held.allocations)


def limited_vouchers(process: ProcessRow) -> tuple[str, ...]:
    """Return the codes that need a hold of their own."""
    return tuple(voucher.code for voucher in process.quote.vouchers if voucher.limited and not voucher.why)


def _short(process: ProcessRow, refusal: Refusal) -> str:
    """Name what is short, as the buyer knows it."""
    names = {line.sku: line.name or line.sku for line in process.lines}
    short = refusal.facts.get("short") or ()
    return ", ".join(names.get(row["sku"], row["sku"]) for row in short)


async def authorise(tools: Tools, process: ProcessRow) -> Move:
    """Ask to be paid. A repeat joins the running attempt, so that nobody is charged twice."""
    try:
        attempt = await tools.payments.start(
            caller=_CALLER,
            key=process.key("start"),
            attempt_id=process.attempt_id,
            checkout_id=process.checkout_id,
            market=process.market,
            method=process.method,
            amount_minor=process.total_minor,
            currency=process.currency,
            return_url=process.return_url,
            locale=process.locale,
            country=process.delivery.address.country,
            expires_after_s=process.awaits_buyer_s or hold_for_s(0),
        )
    except AnotherAttemptLive as refusal:
        raise Unavailable(refusal.detail, retry_after_s=1) from refusal  # being closed: the next turn finds it gone
    except Refusal as refusal:
        return Move(outcome=Outcome.NOT_STARTED, reason="payment_refused", facts={"why": refusal.code})
    return money(attempt)


def money(attempt: Attempt) -> Move:
    """Return the move an attempt's state asks for."""
    outcome = outcome_of(attempt.state)
    reason = _REASONS.get(outcome, "")
    return Move(outcome=outcome, reason=reason, attempt=attempt, expires_at=attempt.expires_at)


async def at_the_bank(tools: Tools, process: ProcessRow) -> Move:
    """Close the attempt of a buyer whose time is up, so that no money can arrive, unless it has."""
    attempt = await tools.payments.close(
        caller=_CALLER, key=process.key("close"), attempt_id=process.attempt_id, reason="payment_expired"
    )
    if attempt.state in {AttemptState.AWAITING_BUYER, AttemptState.STARTING}:
        msg = "The gateway has not closed the payment yet."
        raise Unavailable(msg, retry_after_s=1)
    return money(attempt)


async def unknown(tools: Tools, process: ProcessRow) -> Move:
    """Ask again where the attempt stands and keep the hold alive meanwhile: never ask another gateway."""
    with suppress(HoldGone):  # the claim will find out; what matters first is where the money is
        await tools.inventory.extend(
            caller=_CALLER,
            key=f"{process.key('extend')}:{process.due_at}",
            checkout_id=process.checkout_id,
            expires_after_s=hold_for_s(process.awaits_buyer_s),
        )
    codes = limited_vouchers(process)
    if codes:
        with suppress(VoucherRefused):  # as above
            await tools.pricing.hold_vouchers(
                caller=_CALLER,
                key=f"{process.key('extend_vouchers')}:{process.due_at}",
                checkout_id=process.checkout_id,
                codes=codes,
                expires_after_s=hold_for_s(process.awaits_buyer_s),
            )
    return money(await tools.payments.refresh(caller=_CALLER, attempt_id=process.attempt_id))


async def claim(tools: Tools, process: ProcessRow) -> Move:
    """Turn holds into promises, or find that they are gone: then the charge is undone."""
    try:
        claimed = await tools.inventory.claim(caller=_CALLER, key=process.key("claim"), checkout_id=process.checkout_id)
        if limited_vouchers(process):
            await tools.pricing.claim_vouchers(
                caller=_CALLER, key=process.key("claim_vouchers"), checkout_id=process.checkout_id
            )
    except (HoldGone, VoucherHoldGone):
        return Move(outcome=Outcome.GONE, reason="sold_out_meanwhile")
    return Move(outcome=Outcome.CLAIMED, allocations=claimed.allocations)


async def place(tools: Tools, process: ProcessRow) -> Move:
    """Place the order: it cannot refuse for a business reason."""
    allocations = process.allocations
    placed = await tools.orders.place(
        caller=_CALLER,
        key=f"{process.checkout_id}:place",
        placement=Placement(
            order_id=process.checkout_id,
            quote=process.quote,
            lines=tuple(
                PlacedLine(
                    sku=line.sku,
                    name=line.name or line.sku,
                    allocations=tuple(allocation for allocation in allocations if allocation.sku == line.sku),
                )
                for line in process.lines
            ),
            locale=process.locale,
            origin=Origin(channel=process.channel, agent=process.agent),
            customer_id=process.customer_id,
            contact=process.contact,
            shipping_address=process.delivery.address,
            billing_address=process.delivery.billing or process.delivery.address,
            payment_method=process.method,
            attempt_id=process.attempt_id,
            authorised_minor=process.authorised_minor,
            captured_minor=process.captured_minor,
        ),
    )
    return Move(outcome=Outcome.PLACED, order_number=placed.number, order_token=placed.token)


WORK: dict[Step, Callable[[Tools, ProcessRow], Awaitable[Move]]] = {
    Step.HOLD: hold,
    Step.AUTHORISE: authorise,
    Step.AWAITING_BUYER: at_the_bank,
    Step.UNKNOWN: unknown,
    Step.CLAIM: claim,
    Step.PLACE: place,
}


async def tidy_up(tools: Tools, process: ProcessRow) -> None:
    """After a failed try: give stock and vouchers back, and the money if any came. Repeatable."""
    if process.step is Step.UNDONE:
        await tools.payments.undo(
            caller=_CALLER, key=process.key("undo"), attempt_id=process.attempt_id, reason=process.reason
        )
    reason = process.reason or process.step
    await tools.inventory.release(
        caller=_CALLER, key=process.key("release"), checkout_id=process.checkout_id, reason=reason
    )
    if limited_vouchers(process):
        await tools.pricing.release_vouchers(
            caller=_CALLER, key=process.key("release_vouchers"), checkout_id=process.checkout_id
        )
