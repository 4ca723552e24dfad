"""What pricing does by itself: keep its books fresh, write history at its moment, forget old holds."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.tax import TaxTable
from springtide.contexts.pricing.service.books import Books
from springtide.contexts.pricing.service.settle_prices import settle_scheduled
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.wiring import Loop

_KEEP_HOLDS = timedelta(days=2)


class _Due(msgspec.Struct, frozen=True, kw_only=True):
    key: str


class Housekeeping:
    """The loops of pricing. Each is safe in several processes at once: rows are locked, repeats find nothing to do."""

    def __init__(self, db: Database, books: Books, taxes: TaxTable) -> None:
        self._db = db
        self._books = books
        self._taxes = taxes
        self._caller = system("pricing")

    def loops(self) -> Sequence[Loop]:
        """Return them with their pace."""
        return (
            Loop(name="refresh_books", every_s=0.5, work=self._books.refresh, in_each_process=True),
            Loop(name="settle_scheduled", every_s=0.5, work=self.settle_scheduled),
            Loop(name="drop_old_holds", every_s=600, work=self.drop_old_holds),
        )

    async def settle_scheduled(self) -> int:
        """Write history and prices for every start and end whose moment has come; return the prices changed."""
        async with self._db.read() as read:
            now = await store.database_now(read)
            due = await read.all("markets_due", {"now": now}, row=_Due)
        if not due:
            return 0
        async with self._db.tx(self._caller) as tx:
            return await settle_scheduled(tx, self._taxes, [row.key for row in due])

    async def drop_old_holds(self) -> int:
        """Forget holds that ran out or were given back days ago; claimed ones stay, they are the uses."""
        async with self._db.tx(self._caller) as tx:
            return await tx.run("drop_old_holds", {"before": tx.now - _KEEP_HOLDS})
