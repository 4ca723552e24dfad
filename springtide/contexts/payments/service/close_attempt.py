"""Close an attempt at its gateway, so that no money can arrive any more."""

from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.attempt import OPEN
from springtide.contexts.payments.service.look_again import look_again
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store.attempts import AttemptRow, lock_attempt, save_attempt
from springtide.contracts.payments.api import AttemptState
from springtide.platform.caller import Caller


async def close_attempt(tools: Tools, caller: Caller, *, attempt_id: UUID, reason: str) -> AttemptRow:
    """Write down that the attempt is to end, then end it; it is tried again until the gateway has answered."""
    async with tools.db.tx(caller) as tx:
        row = await lock_attempt(tx, attempt_id)
        if row.state not in OPEN:
            return row
        if not row.ending:
            due_at = row.due_at if row.state is AttemptState.STARTING else tx.now
            await save_attempt(tx, msgspec.structs.replace(row, ending="closed", due_at=due_at))
            tx.audit("attempt_closing", row.id, reason=reason)
    return await look_again(tools, attempt_id)
