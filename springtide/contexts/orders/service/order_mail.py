"""Mail to buyers: ordered in a transaction, sent outside of any, once per cause.

`mails` is the queue. Who takes a batch has it for two minutes; what is not marked as sent by then (the process died) is
taken again, and sent as the same mail. A mail that fails is put off, longer each time, and delays no other.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import msgspec

from springtide.contexts.orders.service.mail_texts import MailKind, written
from springtide.contexts.orders.service.read_order import as_order, read_order
from springtide.contexts.orders.store import LineRecord, OrderRecord, ShippingRecord, WholeOrder
from springtide.contracts.orders.api import Order, OrderNotFound
from springtide.platform.caller import system
from springtide.platform.db import Database, Read, Tx
from springtide.platform.ids import capability, uuid7
from springtide.platform.mail import Mail, Mailer
from springtide.platform.telemetry import logger

_AT_ONCE = 128
_TAKEN_FOR = timedelta(seconds=120)
_ATTEMPTS = 12
_NEVER = timedelta(days=365 * 100)
_CALLER = system("orders")

log = logger(__name__)


class MailRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `mails` that was taken to be sent. `attempts` counts this one."""

    id: UUID
    order_id: UUID
    kind: MailKind
    cause_id: UUID
    attempts: int


class _LineOf(LineRecord, frozen=True, kw_only=True):
    order_id: UUID


class _ShippingOf(ShippingRecord, frozen=True, kw_only=True):
    order_id: UUID


async def order_mails(tx: Tx, kind: MailKind, wanted: Sequence[tuple[UUID, UUID]]) -> None:
    """Order mails of one kind as (order, cause); the same cause again does nothing."""
    await tx.run(
        "insert_mails",
        {
            "ids": [uuid7() for _ in wanted],
            "orders": [order_id for order_id, _ in wanted],
            "causes": [cause_id for _, cause_id in wanted],
            "kind": kind,
            "due_at": tx.now,
        },
    )


class MailLane:
    """Sends what is due, a batch at a time. Several may run."""

    def __init__(self, db: Database, mailer: Mailer, *, secret_key: str, shop_url: str) -> None:
        self._db = db
        self._mailer = mailer
        self._secret_key = secret_key
        self._shop_url = shop_url

    async def send_due(self) -> int:
        """Send every mail that is due; return how many were sent or put off."""
        done = 0
        while True:
            taken = await self._take()
            await self._send(taken)
            done += len(taken)
            if len(taken) < _AT_ONCE:
                return done

    async def _take(self) -> list[MailRecord]:
        async with self._db.tx(_CALLER) as tx:
            until = {"now": tx.now, "again_at": tx.now + _TAKEN_FOR, "limit": _AT_ONCE}
            return await tx.all("take_due_mails", until, row=MailRecord)

    async def _send(self, taken: Sequence[MailRecord]) -> None:
        if not taken:
            return
        orders = await self._orders(taken)
        mails: dict[UUID, Mail] = {}
        failed: dict[UUID, Exception] = {}
        for record in taken:
            try:
                mail = written(orders[record.order_id], MailKind(record.kind), record.cause_id, shop_url=self._shop_url)
            except Exception as error:  # noqa: BLE001 - one mail that cannot be written delays no other
                failed[record.id] = error
            else:
                if mail.to:
                    mails[record.id] = mail
        outcomes = await self._mailer.send_many(list(mails.values()))
        failed.update({mail_id: error for mail_id, error in zip(mails, outcomes, strict=True) if error is not None})
        await self._settle(taken, failed)

    async def _settle(self, taken: Sequence[MailRecord], failed: Mapping[UUID, Exception]) -> None:
        """Mark what was sent; put off what failed, after twelve attempts for good."""
        late = [record for record in taken if record.id in failed]
        for record in late:
            log.warning("mail.failed", mail=str(record.id), attempt=record.attempts, error=repr(failed[record.id]))
        async with self._db.tx(_CALLER) as tx:
            sent = [record.id for record in taken if record.id not in failed]
            await tx.run("mark_mails_sent", {"ids": sent, "at": tx.now})
            if late:
                until = [tx.now + _put_off_for(record.attempts) for record in late]
                await tx.run("put_off_mails", {"ids": [record.id for record in late], "until": until})

    async def _orders(self, taken: Sequence[MailRecord]) -> dict[UUID, Order]:
        """Read what the mails are about: for a receipt what was sold, for the others everything."""
        news = {record.order_id for record in taken if record.kind != MailKind.RECEIVED}
        receipts = {record.order_id for record in taken} - news
        async with self._db.read() as read:
            found = await _sold(read, receipts)
            orders = {order_id: as_order(whole, token=self._token(order_id)) for order_id, whole in found.items()}
            for order_id in news:
                with suppress(OrderNotFound):  # then the mail cannot be written, and the others can
                    orders[order_id] = await read_order(read, order_id, token=self._token(order_id))
        return orders

    def _token(self, order_id: UUID) -> str:
        return capability(self._secret_key, "order", order_id)


def _put_off_for(attempts: int) -> timedelta:
    return timedelta(seconds=2**attempts) if attempts < _ATTEMPTS else _NEVER


async def _sold(read: Read, order_ids: set[UUID]) -> dict[UUID, WholeOrder]:
    """Read orders with what was sold, and nothing of what happened since."""
    if not order_ids:
        return {}
    ids = {"ids": sorted(order_ids)}
    lines: dict[UUID, list[LineRecord]] = {}
    for line in await read.all("lines_to_write_about", ids, row=_LineOf):
        lines.setdefault(line.order_id, []).append(line)
    shipping: dict[UUID, list[ShippingRecord]] = {}
    for row in await read.all("shipping_to_write_about", ids, row=_ShippingOf):
        shipping.setdefault(row.order_id, []).append(row)
    return {
        order.id: WholeOrder(
            order=order,
            lines=lines.get(order.id, []),
            shipping=shipping.get(order.id, []),
            shipments=[],
            adjustments=[],
            adjustment_lines=[],
            adjustment_money=[],
            documents=[],
            timeline=[],
        )
        for order in await read.all("orders_to_write_about", ids, row=OrderRecord)
    }
