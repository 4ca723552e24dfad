"""Promises one by one: locked, swept, listed; those of the buyers' path are in `batches`."""

from datetime import datetime
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.promises import Promise, State
from springtide.contexts.inventory.store.columns import LINES, ids_array
from springtide.platform.db import Read, Tx


class _PromiseRow(msgspec.Struct, frozen=True, kw_only=True):
    checkout_id: UUID
    market: str
    state: str
    lines: str
    expires_at: datetime
    version: int

    def promise(self) -> Promise:
        return Promise(
            checkout_id=self.checkout_id,
            market=self.market,
            state=State(self.state),
            lines=LINES.decode(self.lines),
            expires_at=self.expires_at,
            version=self.version,
        )


async def lock_promise(tx: Tx, checkout_id: UUID) -> Promise | None:
    """Take a checkout's turn; lock and return its promise."""
    await tx.run("take_turns", ids_array([checkout_id]))
    row = await tx.maybe("lock_promises", ids_array([checkout_id]), row=_PromiseRow)
    return row.promise() if row else None


async def lock_expired(tx: Tx, limit: int) -> list[Promise]:
    """Lock and return holds that ran out and that nobody is working on."""
    rows = await tx.all("lock_expired_promises", {"now": tx.now, "limit": limit}, row=_PromiseRow)
    return [row.promise() for row in rows]


async def forget_lapsed(tx: Tx, before: datetime, limit: int) -> int:
    """Drop promises that lapsed long ago; return how many."""
    return await tx.run("forget_lapsed_promises", {"before": before, "limit": limit})


async def list_claims(read: Read, *, after: UUID | None, limit: int) -> list[Promise]:
    """Return claimed promises by checkout id."""
    rows = await read.all("list_claims", {"after": after, "limit": limit}, row=_PromiseRow)
    return [row.promise() for row in rows]
