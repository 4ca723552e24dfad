"""What orders does on events: its own (documents and mail, outside the buyer's path), payments' and customers'."""

from uuid import UUID

import msgspec

from springtide.contexts.orders.service.changes import note, save_order, state_of
from springtide.contexts.orders.service.issue_document import issue_document
from springtide.contexts.orders.service.mail_texts import MailKind
from springtide.contexts.orders.service.order_mail import order_mail
from springtide.contexts.orders.service.payment_facts import sum_attempts
from springtide.contexts.orders.service.sellers import Sellers
from springtide.contexts.orders.store import LineRecord, OrderRecord
from springtide.contracts.customers.events import CustomerErased
from springtide.contracts.orders.events import OrderAdjusted, OrderChangedEvent, OrderPlaced, OrderShipped
from springtide.contracts.payments.api import AttemptState
from springtide.contracts.payments.events import AttemptChanged, OperationFailed
from springtide.platform.db import Database, Tx
from springtide.platform.events import Envelope
from springtide.platform.inbox import Subscription
from springtide.platform.wiring import Defer

# Books are kept seven years in the Netherlands and Sweden, six in the United Kingdom: the longest counts.
KEPT_DAYS = 7 * 365 + 2


class Subscribers:
    """The handlers; each runs in the transaction of its inbox row."""

    def __init__(self, db: Database, sellers: Sellers, defer: Defer) -> None:
        self._db = db
        self._sellers = sellers
        self._defer = defer

    def all(self) -> list[Subscription]:
        """Return what orders listens to."""
        return [
            Subscription(event=OrderPlaced, call=self.know_seller, handle=self.placed),
            Subscription(event=OrderAdjusted, call=self.know_seller, handle=self.adjusted),
            Subscription(event=OrderShipped, handle=self.shipped),
            Subscription(event=AttemptChanged, handle=attempt_changed),
            Subscription(event=OperationFailed, handle=operation_failed),
            Subscription(event=CustomerErased, handle=customer_erased),
        ]

    async def know_seller(self, _: Envelope, event: OrderPlaced | OrderAdjusted) -> None:
        """Make sure that the seller's data is at hand before the transaction that prints it."""
        async with self._db.read() as read:
            seller = await read.value("find_seller", {"id": event.order_id})
        if seller is not None:
            await self._sellers.refresh(seller)

    async def placed(self, tx: Tx, _: Envelope, event: OrderPlaced) -> None:
        """Issue the invoice, and write to the buyer."""
        await issue_document(tx, sellers=self._sellers, order_id=event.order_id, adjustment_id=None)
        await self._mail(tx, event.order_id, MailKind.RECEIVED, event.order_id)

    async def adjusted(self, tx: Tx, _: Envelope, event: OrderAdjusted) -> None:
        """Issue the credit note, and write to the buyer."""
        await issue_document(tx, sellers=self._sellers, order_id=event.order_id, adjustment_id=event.adjustment_id)
        await self._mail(tx, event.order_id, MailKind.ADJUSTED, event.adjustment_id)

    async def shipped(self, tx: Tx, _: Envelope, event: OrderShipped) -> None:
        """Write to the buyer."""
        await self._mail(tx, event.order_id, MailKind.SHIPPED, event.shipment_id)

    async def _mail(self, tx: Tx, order_id: UUID, kind: MailKind, cause_id: UUID) -> None:
        await order_mail(tx, defer=self._defer, order_id=order_id, kind=kind, cause_id=cause_id)


async def attempt_changed(tx: Tx, _: Envelope, event: AttemptChanged) -> None:
    """Keep the newest state of an attempt and bring the order's sums and payment status up to date."""
    attempt = event.attempt
    is_news = await tx.run(
        "keep_attempt",
        {
            "attempt_id": attempt.id,
            "order_id": attempt.checkout_id,
            "version": attempt.version,
            "is_voided": attempt.state is AttemptState.VOIDED,
            "authorised_minor": attempt.authorised_minor,
            "captured_minor": attempt.captured_minor,
            "refunded_minor": attempt.refunded_minor,
        },
    )
    order = await tx.maybe("lock_order", {"id": attempt.checkout_id}, row=OrderRecord) if is_news else None
    if order is None:
        return
    money = await sum_attempts(tx, order.id, order.total_minor)
    after = msgspec.structs.replace(
        order,
        authorised_minor=money.authorised,
        captured_minor=money.captured,
        refunded_minor=money.refunded,
        is_voided=money.voided,
    )
    if after != order:
        await _save_changed(tx, after)
        for what, before_minor, now_minor in (
            ("captured", order.captured_minor, after.captured_minor),
            ("refunded", order.refunded_minor, after.refunded_minor),
        ):
            if now_minor > before_minor:
                await note(tx, order.id, what, amount_minor=now_minor - before_minor)
        if after.is_voided and not order.is_voided:
            await note(tx, order.id, "voided")


async def operation_failed(tx: Tx, _: Envelope, event: OperationFailed) -> None:
    """Show what a gateway refused for good, and let staff ask for a failed capture again."""
    order = await tx.maybe("lock_order", {"id": event.checkout_id}, row=OrderRecord)
    if order is None:
        return
    if event.kind == "capture":
        await _save_changed(tx, msgspec.structs.replace(order, capture_asked_minor=order.captured_minor))
    await note(tx, order.id, f"{event.kind}_failed", amount_minor=event.amount_minor)


async def customer_erased(tx: Tx, _: Envelope, event: CustomerErased) -> None:
    """Order the erasure of the customer's orders at their retention date; the loop does what is due."""
    await tx.run("schedule_erasure", {"customer_id": event.customer_id, "kept_days": KEPT_DAYS})


async def _save_changed(tx: Tx, order: OrderRecord) -> None:
    lines = await tx.all("find_lines", {"id": order.id}, row=LineRecord)
    after = await save_order(tx, order, lines)
    tx.emit(
        OrderChangedEvent(**state_of(after)),
        aggregate_id=order.id,
        aggregate_version=after.version,
        market=order.market,
    )
