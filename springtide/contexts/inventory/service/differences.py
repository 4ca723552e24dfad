"""Reconciliation: stock against its ledger and the promises made of it, as rows people can resolve.

Rules that look at what is there now run whole; on hand against the ledger goes through the SKUs, some each turn.
"""

import msgspec

from springtide.contexts.inventory.store.checks import LedgerSum, ledger_sums, standing_findings
from springtide.contexts.inventory.store.stock import skus_after
from springtide.contracts.common import Finding
from springtide.platform.caller import system
from springtide.platform.db import Database, Tx
from springtide.platform.differences import (
    Comparison,
    Turn,
    comparison_of_all,
    keep_position,
    note,
    show_open,
    subjects_to_see_again,
    take_turn,
    while_ours,
)

TURN_S = 45.0
SKUS_A_TURN = 200
_STOCK, _LEDGER = "stock", "stock ledger"


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Up to which SKU on hand was compared with the ledger."""

    after: str = ""


async def compare_stock(db: Database) -> None:
    """Compare counters with the rows behind them and note the differences."""
    caller = system(db.context)
    async with db.tx(caller) as tx:
        turn = await take_turn(tx, _LEDGER, TURN_S)
    if turn is None:
        return
    async with db.snapshot() as read:
        found = await standing_findings(read)
    async with db.tx(caller) as tx:
        await note(tx, comparison_of_all(_STOCK, found))
    with while_ours(turn):
        async with db.tx(caller) as tx:
            await _compare_ledger(tx, turn)
    await show_open(db)


async def _compare_ledger(tx: Tx, turn: Turn) -> None:
    position = msgspec.json.decode(turn.position, type=Position)
    next_skus = await skus_after(tx, position.after, SKUS_A_TURN)
    again = await subjects_to_see_again(tx, _LEDGER, SKUS_A_TURN)
    skus = {*next_skus, *(subject.rpartition(_AT)[0] for subject in again)}
    sums = await ledger_sums(tx, sorted(skus))
    findings = [_finding(one) for one in sums if one.on_hand != one.units]
    compared = frozenset({*again, *(_subject(one) for one in sums)})
    await note(tx, Comparison(task=_LEDGER, findings=findings, subjects=compared))
    after = next_skus[-1] if len(next_skus) == SKUS_A_TURN else ""
    await keep_position(tx, turn, Position(after=after))


_AT = " @ "


def _subject(one: LedgerSum) -> str:
    return f"{one.sku}{_AT}{one.location}"


def _finding(one: LedgerSum) -> Finding:
    detail = f"on hand {one.on_hand}, ledger {one.units}"
    return Finding(rule="on_hand_is_ledger_sum", subject=_subject(one), detail=detail)
