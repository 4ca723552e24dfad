"""Read a gateway's own books little by little: sums by payment, each entry counted once.

A reading goes from where the last one ended, less an overlap for entries that a gateway shows late, to the end of the
list; it may take many turns. The gateway's clock says from when to read, ours until when its books are known.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from springtide.contexts.payments.providers.port import LedgerEntry, Provider, ProviderRefused
from springtide.contexts.payments.service.check_books import PAGE, subject_of
from springtide.contexts.payments.service.tools import Tools
from springtide.platform.db import Tx
from springtide.platform.differences import Turn, keep_position

PAGES_A_TURN = 10
OVERLAP_S = 60
SETTLES_AFTER_S = 120.0
"""Both sides of a payment have to be still for so long before they are compared."""

_FIRST = UUID(int=0)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far a gateway is reconciled.

    `since_s`, `newest_s`: Unix seconds by the gateway's clock: where the reading starts, the newest entry it has seen.
    `after`: its cursor. `began_at`: when it began. `known_until`: everything older by our clock was read.
    `ledger_after`, `sweep_after`: up to where our ledger and our attempts were compared.
    """

    since_s: float = 0.0
    newest_s: float = 0.0
    after: str | None = None
    began_at: datetime | None = None
    known_until: datetime | None = None
    ledger_after: UUID = _FIRST
    sweep_after: UUID = _FIRST


async def read_books(tools: Tools, provider: Provider, turn: Turn, position: Position) -> Position:
    """Read some pages; `ProviderError` when the gateway does not give them, `TurnLost`. What was read is kept."""
    if position.began_at is None:
        position = msgspec.structs.replace(position, began_at=turn.at)
    for _ in range(PAGES_A_TURN):
        try:
            page = await provider.list_ledger(since_s=position.since_s, after=position.after, limit=PAGE)
        except ProviderRefused:
            await _start_over(tools, turn, position)
            raise
        newest_s = max((position.newest_s, *(entry.occurred_at_s for entry in page.entries)))
        position = msgspec.structs.replace(position, newest_s=newest_s, after=page.next_after)
        if page.next_after is None:
            position = _ended(position)
        async with tools.db.tx(tools.caller) as tx:
            await _add(tx, provider.name, page.entries)
            if page.next_after is None:
                params = {"gateway": provider.name, "since_s": position.since_s}
                await tx.run("forget_gateway_entries", params)
            await keep_position(tx, turn, position)
        if page.next_after is None:
            break
    return position


def _ended(position: Position) -> Position:
    """Return where the next reading starts: whole seconds, because gateways compare such."""
    since_s = max(position.since_s, float(int(position.newest_s) - OVERLAP_S), 0.0)
    return msgspec.structs.replace(position, since_s=since_s, known_until=position.began_at, began_at=None)


async def _start_over(tools: Tools, turn: Turn, position: Position) -> None:
    """Forget a cursor that the gateway does not take (any more)."""
    async with tools.db.tx(tools.caller) as tx:
        await keep_position(tx, turn, msgspec.structs.replace(position, after=None, began_at=None))


async def _add(tx: Tx, gateway: str, entries: tuple[LedgerEntry, ...]) -> None:
    unique = list({entry.entry_id: entry for entry in entries}.values())
    if not unique:
        return
    await tx.run(
        "add_gateway_entries",
        {
            "gateway": gateway,
            "now": tx.now,
            "compare_at": tx.now + timedelta(seconds=SETTLES_AFTER_S),
            "entry_ids": [entry.entry_id for entry in unique],
            "times": [entry.occurred_at_s for entry in unique],
            "subjects": [subject_of(entry) for entry in unique],
            "kinds": [entry.kind for entry in unique],
            "amounts": [entry.amount_minor for entry in unique],
        },
    )
