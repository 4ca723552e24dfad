"""Jobs and loops of orders: mail to buyers, and erasure at the retention date."""

from uuid import UUID

import msgspec

from springtide.contexts.orders.service.order_mail import send_mail
from springtide.contexts.orders.store import json_column
from springtide.contracts.common import Address
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.mail import Mailer

_ERASED_AT_ONCE = 200
_BLANK = Address(name="", line1="", city="", postcode="", country="")


class MailJob:
    """The job "send_mail"; its argument is an id, never an address."""

    def __init__(self, db: Database, mailer: Mailer, *, secret_key: str, shop_url: str) -> None:
        self._db = db
        self._mailer = mailer
        self._secret_key = secret_key
        self._shop_url = shop_url

    async def send_mail(self, mail_id: str) -> None:
        """Send one ordered mail."""
        await send_mail(
            self._db, self._mailer, mail_id=UUID(mail_id), secret_key=self._secret_key, shop_url=self._shop_url
        )


async def erase_due(db: Database) -> int:
    """Overwrite the personal data of orders past their retention date; return how many. Safe to run twice at once."""
    async with db.tx(system("orders")) as tx:
        blank = json_column(
            {name: value for name, value in msgspec.structs.asdict(_BLANK).items() if name != "country"}
        )
        erased = await tx.tuples("erase_due", {"now": tx.now, "limit": _ERASED_AT_ONCE, "blank": blank})
        for (order_id,) in erased:
            tx.audit("order_erased", order_id)
    return len(erased)
