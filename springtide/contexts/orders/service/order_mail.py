"""Mail to buyers: ordered in a transaction, sent by a job outside of any, once per cause."""

from uuid import UUID

import msgspec

from springtide.contexts.orders.service.mail_texts import MailKind, written
from springtide.contexts.orders.service.read_order import read_order
from springtide.platform.caller import system
from springtide.platform.db import Database, Tx
from springtide.platform.ids import capability, uuid7
from springtide.platform.mail import Mailer
from springtide.platform.wiring import Defer


class MailRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `mails`."""

    order_id: UUID
    kind: MailKind
    cause_id: UUID
    sent_at: object


async def order_mail(tx: Tx, *, defer: Defer, order_id: UUID, kind: MailKind, cause_id: UUID) -> None:
    """Order a mail; the same cause again does nothing."""
    mail_id = uuid7()
    row = {"id": mail_id, "order_id": order_id, "kind": kind, "cause_id": cause_id, "due_at": tx.now}
    if await tx.run("insert_mail", row):
        await defer(tx, "send_mail", mail_id=str(mail_id))


async def send_mail(db: Database, mailer: Mailer, *, mail_id: UUID, secret_key: str, shop_url: str) -> None:
    """Send an ordered mail and mark it. Sent twice only if we die between the two, and then as the same mail."""
    async with db.read() as read:
        mail = await read.one("find_mail", {"id": mail_id}, row=MailRecord)
        if mail.sent_at is not None:
            return
        order = await read_order(read, mail.order_id, token=capability(secret_key, "order", mail.order_id))
    if order.contact.email:
        await mailer.send(written(order, MailKind(mail.kind), mail.cause_id, shop_url=shop_url))
    async with db.tx(system("orders")) as tx:
        await tx.run("mark_mail_sent", {"id": mail_id, "at": tx.now})
