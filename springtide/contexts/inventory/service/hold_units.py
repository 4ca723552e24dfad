"""Hold units for checkouts, claim them for their orders, give them back: all of these share batches."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from springtide.contexts.inventory.domain.decide_promises import (
    MAX_LINES,
    Ask,
    ClaimAsk,
    ExtendAsk,
    HoldAsk,
    ReleaseAsk,
    decide,
)
from springtide.contexts.inventory.domain.open_shelf import LapsesUnknown, OpenShelf
from springtide.contexts.inventory.service.book_decision import emit_told
from springtide.contexts.inventory.service.counted import HOLDS
from springtide.contexts.inventory.store.batches import (
    counters_later,
    judge,
    locks_and_reads,
    open_shelf,
    promises_later,
    states_of,
)
from springtide.platform.batch import Batch
from springtide.platform.errors import Refusal
from springtide.platform.exchange import Ask as Statement
from springtide.platform.member import Member, keep_ahead

PART = 32
"""So few that PostgreSQL begins to write early, so many that statements do not cost more than that brings."""
_OUTCOMES: dict[type[Ask], str] = {
    HoldAsk: "held",
    ExtendAsk: "extended",
    ClaimAsk: "claimed",
    ReleaseAsk: "released",
}


def look(members: Sequence[Member[Ask]]) -> Sequence[Statement]:
    """Return what the batch locks and reads."""
    checkouts: set[UUID] = set()
    skus: set[str] = set()
    for member in members:
        ask = member.ask
        checkouts.add(ask.checkout_id)
        if type(ask) is HoldAsk and len(ask.lines) <= MAX_LINES:
            for line in ask.lines:
                skus.add(line.sku)
    return locks_and_reads(checkouts, skus)


async def decide_batch(tx: Batch, members: Sequence[Member[Ask]]) -> None:
    """Answer or refuse every member in arrival order; write what came of it, and tell about each SKU once.

    In parts: while one is decided PostgreSQL writes the promises and the answers of the one before. Counters are
    written at the end, once for each place.
    """
    shelf = open_shelf(tx.found)
    for start in range(0, len(members), PART):
        part = members[start : start + PART]
        for member in part:
            try:
                _answer(shelf, member, tx.now)
            except LapsesUnknown:
                await judge(tx, shelf)
                _answer(shelf, member, tx.now)
        promises_later(tx, shelf)
        if len(members) > PART:
            keep_ahead(tx, part)
            await tx.write_ahead()
    moves = shelf.moves()
    told = shelf.tell(await states_of(tx, shelf.skus_to_tell(moves)))
    counters_later(tx, moves, [one.state for one in told])
    if told:
        by_checkout = {member.ask.checkout_id: member for member in members if member.error is None}
        for one in told:
            emit_told(by_checkout[shelf.moved_by[one.state.sku]], one)


def _answer(shelf: OpenShelf, member: Member[Ask], now: datetime) -> None:
    ask = member.ask
    known = shelf.promises.get(ask.checkout_id) if type(ask) is ReleaseAsk else None
    try:
        member.answer(decide(shelf, ask, now))
    except Refusal as refusal:
        member.refuse(refusal)
        member.count(HOLDS, refusal.code)
        return
    member.count(HOLDS, _OUTCOMES[type(ask)])
    if known is not None and type(ask) is ReleaseAsk:
        member.audit("promise_released", ask.checkout_id, state=known.state.value, reason=ask.reason)
