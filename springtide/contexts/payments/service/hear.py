"""Write down what a gateway said of an attempt: with the others of the moment, or alone where more follows from it."""

import msgspec

from springtide.contexts.payments.service.apply_view import apply_view, nothing_came, outcome_unknown
from springtide.contexts.payments.service.attempt_lane import Heard, Known
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store.attempts import lock_attempt
from springtide.contexts.payments.store.messages import MessageRow, parked_for


async def hear(tools: Tools, heard: Heard) -> Known:
    """Write down what was heard; an attempt whose money is to go back is dealt with alone. `AttemptNotFound`."""
    known = await tools.lane.hear(tools.caller, heard)
    if known is not None:
        return known
    async with tools.db.tx(tools.caller) as tx:
        row = await lock_attempt(tx, heard.attempt_id)
        if heard.view is not None:
            row = await apply_view(tx, row, heard.view)
        elif heard.what == "unknown":
            row = await outcome_unknown(tx, row)
        else:
            row = await nothing_came(tx, row, heard.code)
        if heard.message is not None:
            await tx.run("settle_message", msgspec.structs.asdict(heard.message))
        statement, params = parked_for([row.id])
        parked = await tx.all(statement, params, row=MessageRow)
    return Known(row=row, parked=tuple(parked))
