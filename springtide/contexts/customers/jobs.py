"""Mails to people with accounts, and the tidying up of what has expired. Arguments of jobs are ids, never addresses."""

from uuid import UUID

from springtide.contexts.customers.service import mail_texts
from springtide.contexts.customers.service.reset_password import arm_reset
from springtide.contexts.customers.service.sign_in import Account
from springtide.contexts.customers.store import RecipientRecord
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.mail import Mailer


class MailJobs:
    """The jobs that write to people."""

    def __init__(self, db: Database, mailer: Mailer, *, shop_url: str) -> None:
        self._db = db
        self._mailer = mailer
        self._shop_url = shop_url

    async def send_welcome(self, customer_id: str) -> None:
        """Greet a new customer."""
        await self._send(mail_texts.WELCOME, customer_id, cause=f"welcome-{customer_id}")

    async def send_taken(self, customer_id: str, notice_id: str) -> None:
        """Tell the owner of an account that somebody tried to open another one with the same address."""
        await self._send(mail_texts.TAKEN, customer_id, cause=f"taken-{notice_id}")

    async def send_reset(self, reset_id: str) -> None:
        """Make the link and send it; nobody to write to is nothing to do. The page it leads to serves staff as well."""
        async with self._db.tx(system("customers")) as tx:
            armed = await arm_reset(tx, UUID(reset_id))
        if armed is None:
            return
        await self._mailer.send(
            mail_texts.written(
                mail_texts.RESET,
                to=armed.recipient.email,
                name=armed.recipient.name,
                locale=armed.recipient.locale,
                link=f"{self._shop_url}/account/reset?token={armed.token}",
                cause=f"reset-{reset_id}",
            )
        )

    async def _send(self, texts: dict[str, mail_texts.Words], customer_id: str, *, cause: str) -> None:
        async with self._db.read() as read:
            params = {"id": UUID(customer_id), "kind": Account.CUSTOMER}
            recipient = await read.maybe("find_recipient", params, row=RecipientRecord)
        if recipient is None:
            return
        mail = mail_texts.written(
            texts,
            to=recipient.email,
            name=recipient.name,
            locale=recipient.locale,
            link=f"{self._shop_url}/account/sign-in",
            cause=cause,
        )
        await self._mailer.send(mail)


async def drop_expired(db: Database) -> None:
    """Remove sessions, reset links and counted tries that nobody needs any more."""
    async with db.tx(system("customers")) as tx:
        await tx.run("drop_expired", {"now": tx.now})
