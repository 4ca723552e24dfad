"""Hold units for checkouts, claim them for their orders, give them back: all of these share batches."""

from collections.abc import Sequence
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
from springtide.contexts.inventory.store.batches import book_later, judge, locks_and_reads, open_shelf, states_of
from springtide.platform.batch import Batch
from springtide.platform.errors import Refusal
from springtide.platform.exchange import Ask as Statement
from springtide.platform.member import Member

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
    """Answer or refuse every member in arrival order; write what came of it, and tell about each SKU once."""
    shelf = open_shelf(tx.found)
    by_checkout: dict[UUID, Member[Ask]] = {}
    for member in members:
        ask = member.ask
        known = shelf.promises.get(ask.checkout_id) if type(ask) is ReleaseAsk else None
        try:
            member.answer(await _decided(tx, shelf, ask))
        except Refusal as refusal:
            member.refuse(refusal)
            member.count(HOLDS, refusal.code)
            continue
        member.count(HOLDS, _OUTCOMES[type(ask)])
        by_checkout[ask.checkout_id] = member
        if known is not None and type(ask) is ReleaseAsk:
            member.audit("promise_released", ask.checkout_id, state=known.state.value, reason=ask.reason)
    moves = shelf.moves()
    told = shelf.tell(await states_of(tx, shelf.skus_to_tell(moves)))
    book_later(tx, shelf, moves, [one.state for one in told])
    for one in told:
        emit_told(by_checkout[shelf.moved_by[one.state.sku]], one)


async def _decided(tx: Batch, shelf: OpenShelf, ask: Ask) -> object:
    try:
        return decide(shelf, ask, tx.now)
    except LapsesUnknown:
        await judge(tx, shelf)
        return decide(shelf, ask, tx.now)
