"""What happens on events of orders: goods that left are paid for, and money of what was taken back goes back.

Money is only ordered here, in the event's own transaction; the loop carries it out. What cannot be ordered (the
authorisation is gone) is told like a gateway's refusal: the order shows it and staff may ask again.
"""

from uuid import UUID

import msgspec

from springtide.contexts.payments.service.order_money import order_capture, order_refund
from springtide.contexts.payments.service.tools import Tools, log
from springtide.contexts.payments.store.attempts import AttemptRow, lock_attempt, save_attempt
from springtide.contracts.orders.events import CaptureAsked, OrderAdjusted, OrderShipped
from springtide.contracts.payments.api import AmountRefused, AttemptNotFound, AttemptNotLive, AttemptState
from springtide.contracts.payments.events import OperationFailed
from springtide.platform.db import Tx
from springtide.platform.errors import Refusal
from springtide.platform.events import Envelope
from springtide.platform.inbox import Subscription


class Subscribers:
    """Handlers with what they need."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def all(self) -> tuple[Subscription, ...]:
        """Return what payments listens to."""
        return (
            Subscription(event=OrderShipped, handle=self.shipped),
            Subscription(event=CaptureAsked, handle=self.capture_asked),
            Subscription(event=OrderAdjusted, handle=self.adjusted),
        )

    async def shipped(self, tx: Tx, _: Envelope, event: OrderShipped) -> None:
        """Capture what the shipment asks for."""
        if event.capture_minor:
            await self._capture(tx, event.order_id, event.capture_minor, "shipped")

    async def capture_asked(self, tx: Tx, _: Envelope, event: CaptureAsked) -> None:
        """Capture what staff asked for."""
        await self._capture(tx, event.order_id, event.amount_minor, event.reason)

    async def adjusted(self, tx: Tx, _: Envelope, event: OrderAdjusted) -> None:
        """Give back what the adjustment takes off the order."""
        if not event.refund_minor:
            return
        cause = str(event.adjustment_id)
        try:
            await order_refund(
                tx, checkout_id=event.order_id, amount_minor=event.refund_minor, reason=event.reason, cause=cause
            )
        except (AmountRefused, AttemptNotFound, AttemptNotLive) as refusal:
            await _tell_refused(tx, event.order_id, kind="refund", amount_minor=event.refund_minor, refusal=refusal)

    async def _capture(self, tx: Tx, order_id: UUID, amount_minor: int, reason: str) -> None:
        try:
            await self._order_capture(tx, order_id, amount_minor, reason)
        except (AmountRefused, AttemptNotFound, AttemptNotLive) as refusal:
            if refusal.facts.get("state") != AttemptState.CAPTURED:  # else it is what was wanted
                await _tell_refused(tx, order_id, kind="capture", amount_minor=amount_minor, refusal=refusal)

    async def _order_capture(self, tx: Tx, order_id: UUID, amount_minor: int, reason: str) -> None:
        """Order a capture; a cancellation that overtook it (events may) has made the sum smaller already."""
        try:
            await order_capture(self._tools, tx, checkout_id=order_id, amount_minor=amount_minor, reason=reason)
        except AmountRefused as refusal:
            possible = int(refusal.facts["possible_minor"])
            if not 0 < possible < amount_minor:
                raise
            await order_capture(self._tools, tx, checkout_id=order_id, amount_minor=possible, reason=reason)


async def _tell_refused(tx: Tx, order_id: UUID, *, kind: str, amount_minor: int, refusal: Refusal) -> None:
    """Tell that nothing was ordered, under the newest attempt; without any attempt only the log can tell."""
    log.error("payments.order_refused", checkout=str(order_id), kind=kind, why=refusal.code)
    attempts = await tx.all("attempts_of_checkout", {"checkout_id": order_id}, row=AttemptRow)
    if not attempts:
        return
    row = await lock_attempt(tx, attempts[0].id)
    row = msgspec.structs.replace(row, version=row.version + 1)
    await save_attempt(tx, row)
    tx.audit(f"{kind}_refused", row.id, why=refusal.code, amount_minor=amount_minor)
    tx.emit(
        OperationFailed(
            attempt_id=row.id, checkout_id=order_id, kind=kind, amount_minor=amount_minor, why=refusal.code
        ),
        aggregate_id=row.id,
        aggregate_version=row.version,
        market=row.market,
    )
