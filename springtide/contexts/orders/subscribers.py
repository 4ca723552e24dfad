"""What orders does on events: its own (documents and mail, outside the buyer's path), payments' and customers'."""

from collections.abc import Sequence
from typing import Any

import msgspec

from springtide.contexts.orders.service.changes import note
from springtide.contexts.orders.service.issue_credit_note import issue_credit_note
from springtide.contexts.orders.service.issue_invoices import issue_invoices
from springtide.contexts.orders.service.mail_texts import MailKind
from springtide.contexts.orders.service.order_mail import order_mails
from springtide.contexts.orders.service.payment_facts import keep_attempts, save_changed, settle_money
from springtide.contexts.orders.service.sellers import Sellers
from springtide.contexts.orders.store import OrderRecord
from springtide.contracts.customers.events import CustomerErased
from springtide.contracts.orders.events import OrderAdjusted, OrderPlaced, OrderShipped
from springtide.contracts.payments.events import AttemptChanged, OperationFailed
from springtide.platform.db import Database, Tx
from springtide.platform.events import Envelope
from springtide.platform.inbox import Pairs, Subscription

# Books are kept seven years in the Netherlands and Sweden, six in the United Kingdom: the longest counts.
KEPT_DAYS = 7 * 365 + 2


class Subscribers:
    """The handlers; each runs in the transaction of its inbox rows."""

    def __init__(self, db: Database, sellers: Sellers) -> None:
        self._db = db
        self._sellers = sellers

    def all(self) -> Sequence[Subscription]:
        """Return what orders listens to."""
        return (
            Subscription(event=OrderPlaced, call_many=self.know_sellers, handle_many=self.placed),
            Subscription(event=OrderAdjusted, call_many=self.know_sellers, handle=self.adjusted),
            Subscription(event=OrderShipped, handle_many=shipped),
            Subscription(event=AttemptChanged, handle_many=attempts_changed),
            Subscription(event=OperationFailed, handle=operation_failed),
            Subscription(event=CustomerErased, handle=customer_erased),
        )

    async def know_sellers(self, pairs: Pairs) -> None:
        """Make sure that the sellers' data is at hand before the transaction that prints it."""
        async with self._db.read() as read:
            found = await read.tuples("sellers_of_orders", {"ids": [event.order_id for _, event in pairs]})
        for (seller,) in found:
            await self._sellers.refresh(seller)

    async def placed(self, tx: Tx, pairs: Sequence[tuple[Envelope, OrderPlaced]]) -> None:
        """Issue the invoices, and write to the buyers."""
        order_ids = [event.order_id for _, event in pairs]
        await issue_invoices(tx, sellers=self._sellers, order_ids=order_ids)
        await order_mails(tx, MailKind.RECEIVED, [(order_id, order_id) for order_id in order_ids])

    async def adjusted(self, tx: Tx, _: Envelope, event: OrderAdjusted) -> None:
        """Issue the credit note, and write to the buyer."""
        await issue_credit_note(tx, sellers=self._sellers, order_id=event.order_id, adjustment_id=event.adjustment_id)
        await order_mails(tx, MailKind.ADJUSTED, [(event.order_id, event.adjustment_id)])


async def shipped(tx: Tx, pairs: Sequence[tuple[Envelope, OrderShipped]]) -> None:
    """Write to the buyers."""
    await order_mails(tx, MailKind.SHIPPED, [(event.order_id, event.shipment_id) for _, event in pairs])


async def attempts_changed(tx: Tx, pairs: Sequence[tuple[Envelope, AttemptChanged]]) -> None:
    """Keep the newest states of attempts and bring sums and payment status of their orders up to date."""
    for order_id in await keep_attempts(tx, [event.attempt for _, event in pairs]):
        await settle_money(tx, order_id)


async def operation_failed(tx: Tx, _: Envelope, event: OperationFailed) -> None:
    """Show what a gateway refused for good, and let staff ask for a failed capture again."""
    order = await tx.maybe("lock_order", {"id": event.checkout_id}, row=OrderRecord)
    if order is None:
        return
    if event.kind == "capture":
        await save_changed(tx, msgspec.structs.replace(order, capture_asked_minor=order.captured_minor))
    await note(tx, order.id, f"{event.kind}_failed", amount_minor=event.amount_minor)


async def customer_erased(tx: Tx, _: Envelope, event: CustomerErased) -> None:
    """Order the erasure of the customer's orders at their retention date; the loop does what is due."""
    params: dict[str, Any] = {"customer_id": event.customer_id, "kept_days": KEPT_DAYS}
    await tx.run("schedule_erasure", params)
