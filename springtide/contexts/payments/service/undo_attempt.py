"""Give everything back, now or as soon as it is known what there is."""

from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.attempt import OPEN
from springtide.contexts.payments.service.apply_view import plan
from springtide.contexts.payments.service.look_again import look_again
from springtide.contexts.payments.service.run_operations import run_operations
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store.attempts import AttemptRow, find_attempt, lock_attempt, save_attempt
from springtide.contracts.payments.api import AttemptState
from springtide.platform.caller import Caller
from springtide.platform.db import Tx


async def undo_attempt(tools: Tools, caller: Caller, *, attempt_id: UUID, reason: str) -> AttemptRow:
    """Write down that all money of the attempt goes back, also money that comes later, and set about it."""
    async with tools.db.tx(caller) as tx:
        row = await lock_attempt(tx, attempt_id)
        if not row.undo_reason:
            row = await _want_undone(tx, row, reason)
            tx.audit("attempt_undone", row.id, reason=reason)
        await plan(tx, row)
    await tools.soon(_give_back(tools, row))
    async with tools.db.read() as read:
        return await find_attempt(read, attempt_id)


async def _want_undone(tx: Tx, row: AttemptRow, reason: str) -> AttemptRow:
    wanted = msgspec.structs.replace(row, undo_reason=reason)
    if row.state in OPEN:
        due_at = row.due_at if row.state is AttemptState.STARTING else tx.now
        wanted = msgspec.structs.replace(wanted, ending=row.ending or "closed", due_at=due_at)
    await save_attempt(tx, wanted)
    return wanted


async def _give_back(tools: Tools, row: AttemptRow) -> None:
    if row.state in OPEN:
        await look_again(tools, row.id)
    await run_operations(tools, row.id)
