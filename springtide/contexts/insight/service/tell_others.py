"""Purchases to those who may know of them: lent, told outside any transaction, settled; once per order and target."""

from collections.abc import Sequence
from datetime import timedelta

from springtide.contexts.insight.providers.port import Item, Purchase, Receiver, Told
from springtide.contexts.insight.store import ExportRow
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.telemetry import logger

log = logger(__name__)

_AT_ONCE = 50
_LENT_S = 120
_FIRST_WAIT_S = 5
_LONGEST_WAIT_S = 3600
_CALLER = system("insight")


async def tell_others(db: Database, receivers: Sequence[Receiver]) -> int:
    """Tell what is due; return how many were told. Safe to run twice at once."""
    if not receivers:
        return 0
    async with db.tx(_CALLER) as tx:
        lent = {"now": tx.now, "again_at": tx.now + timedelta(seconds=_LENT_S), "limit": _AT_ONCE}
        due = await tx.all("take_exports", lent, row=ExportRow)
    by_name = {receiver.name: receiver for receiver in receivers}
    for row in due:
        if row.target in by_name:
            await _tell(db, by_name[row.target], row)
    return len(due)


async def _tell(db: Database, receiver: Receiver, row: ExportRow) -> None:
    told, problem = await receiver.tell(purchase_of(row))
    async with db.tx(_CALLER) as tx:
        is_too_old = (tx.now - row.placed_at).total_seconds() > receiver.forgets_after_s
        state = "waiting" if told is Told.AGAIN else str(told)
        if told is Told.AGAIN and is_too_old:
            state = "given_up"
        wait_s = min(_FIRST_WAIT_S * 2 ** min(row.attempts, 20), _LONGEST_WAIT_S)
        settled = {
            "target": row.target,
            "order_id": row.order_id,
            "state": state,
            "due_at": tx.now + timedelta(seconds=wait_s),
            "problem": problem,
        }
        await tx.run("settle_export", settled)
    if state in {"refused", "given_up"}:
        log.error("insight.not_told", target=row.target, order=str(row.order_id), state=state, why=problem)


def purchase_of(row: ExportRow) -> Purchase:
    """Return what may be told."""
    return Purchase(
        order_id=row.order_id,
        visit=row.visit,
        currency=row.currency,
        total_minor=row.total_minor,
        items=tuple(Item(sku=sku, quantity=quantity, gross_minor=gross) for sku, quantity, gross in row.lines),
        placed_at=row.placed_at,
    )
