"""What checkout does by itself: tell a buyer whose charge is undone, and forget carts that were left behind."""

from datetime import timedelta
from html import escape
from uuid import UUID

from springtide.contexts.checkout.store import find_process
from springtide.contracts.checkout.api import Step
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.mail import Mail, Mailer

_KEPT = timedelta(days=90)
_ORPHANS_KEPT = timedelta(days=180)
_AT_ONCE = 1_000
_SUBJECTS = {
    "en": "Your payment is being returned",
    "nl": "Je betaling wordt teruggestort",
    "sv": "Din betalning återbetalas",
}


async def forget_abandoned(db: Database) -> int:
    """Overwrite the details of carts and ended completions nobody touched for 90 days, and drop carts that led to
    nothing for half a year; return how many rows.
    """
    async with db.tx(system("checkout")) as tx:
        old = {"before": tx.now - _KEPT, "limit": _AT_ONCE}
        orphans = {"before": tx.now - _ORPHANS_KEPT, "limit": _AT_ONCE}
        return (
            await tx.run("forget_old_carts", old)
            + await tx.run("forget_old_processes", old)
            + await tx.run("drop_orphan_carts", orphans)
        )


class BuyerMail:
    """The job "tell_buyer"; its argument is an id, never an address."""

    def __init__(self, db: Database, mailer: Mailer) -> None:
        self._db = db
        self._mailer = mailer

    async def tell_buyer(self, checkout_id: str) -> None:
        """Mail the reason why a charge is undone, once for each try; somebody erased meanwhile gets none."""
        async with self._db.read() as read:
            process = await find_process(read, UUID(checkout_id))
        if process is None:
            raise LookupError(checkout_id)
        email = process.contact.email
        if process.step is not Step.UNDONE or not email:
            return
        language = process.locale.partition("-")[0]
        language = language if language in _SUBJECTS else "en"
        await self._mailer.send(
            Mail(
                to=email,
                subject=_SUBJECTS[language],
                text=f"{process.message}\n",
                html=f"<p>{escape(process.message)}</p>",
                language=language,
                cause=f"undone-{process.checkout_id}-{process.try_no}",
            )
        )
