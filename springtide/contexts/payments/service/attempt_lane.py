"""New attempts, and gateways' answers to them, many in one transaction.

An attempt that a gateway of this process decides is one member: attempt, ledger and event commit together, and there is
no record of a start that nobody has to finish. One that is asked outside is two: its record before the gateway is
asked, and the answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast
from uuid import UUID

import msgspec

from springtide.contexts.payments import store
from springtide.contexts.payments.domain.view import PaymentView
from springtide.contexts.payments.service.apply_view import made_over, made_unknown, next_look, viewed
from springtide.contexts.payments.service.counted import count_state
from springtide.contexts.payments.service.told import told
from springtide.contexts.payments.store import AttemptRow, LedgerEntryRow, MessageRow, NewRow
from springtide.contracts.payments.api import AttemptState
from springtide.contracts.payments.events import AttemptChanged
from springtide.platform.batch import Ask, Batch
from springtide.platform.caller import Caller
from springtide.platform.coalesce import Lane
from springtide.platform.db import Database
from springtide.platform.member import Member


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a start after its gateway was asked. `code`: why nothing came, for the buyer's words."""

    attempt_id: UUID
    what: Literal["view", "unknown", "nothing"]
    view: PaymentView | None = None
    code: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt with the messages that came before its gateway's answer did."""

    row: AttemptRow
    parked: tuple[MessageRow, ...] = ()


class AttemptLane:
    """The lane of one process."""

    def __init__(self, db: Database) -> None:
        self._lane = Lane(db, name="payments", look=_look, work=_work)

    async def write_down(self, caller: Caller, new: NewRow) -> AttemptRow | None:
        """Write an attempt; None when it, or another live one of the checkout, is there already."""
        return cast("AttemptRow | None", await self._lane.run(caller=caller, ask=new))

    async def hear(self, caller: Caller, heard: Heard) -> Known | None:
        """Write down what a start came to; None when more follows from it than one row: then it is done alone."""
        return cast("Known | None", await self._lane.run(caller=caller, ask=heard))


def _look(members: Sequence[Member[Any]]) -> list[Ask]:
    """Insert what is new, lock what has been answered: the one round trip before the decisions."""
    asks: list[Ask] = []
    new = [member.ask for member in members if isinstance(member.ask, NewRow)]
    heard = {member.ask.attempt_id for member in members if isinstance(member.ask, Heard)}
    if new:
        asks.append(store.insert_attempts(new))
    if heard:
        asks.extend((store.lock_attempts(heard), store.parked_for(heard)))
    return asks


async def _work(tx: Batch, members: Sequence[Member[Any]]) -> None:
    new = [member for member in members if isinstance(member.ask, NewRow)]
    heard = [member for member in members if isinstance(member.ask, Heard)]
    entries: list[LedgerEntryRow] = []
    if new:
        entries.extend(_written(new, {found[0]: found for found in tx.found[0]}))
    if heard:
        entries.extend(_applied(tx, heard))
    if entries:
        store.append_ledger_rows(tx, entries)


def _written(members: Sequence[Member[NewRow]], times: dict[UUID, Sequence[Any]]) -> list[LedgerEntryRow]:
    """Answer those whose attempts were inserted; of two with one id only the first was."""
    entries: list[LedgerEntryRow] = []
    for member in members:
        found = times.pop(member.ask.id, None)
        if found is None:
            member.answer(None)
            continue
        row = member.ask.row(found[1], found[2])
        if row.state is not AttemptState.STARTING:
            _tell(member, row)
            count_state(member, row, AttemptState.STARTING)
            entries.extend(store.ledger_rows(row, member.ask.entries))
        member.answer(row)
    return entries


def _applied(tx: Batch, members: Sequence[Member[Heard]]) -> list[LedgerEntryRow]:
    """Bring attempts to what their gateways said, in the order of the answers."""
    attempts = {row.id: row for row in map(store.attempt_of, tx.found[-2])}
    parked = _by_reference(tx.found[-1])
    entries: list[LedgerEntryRow] = []
    changed: dict[UUID, AttemptRow] = {}
    for member in members:
        row = attempts.get(member.ask.attempt_id)
        if row is None or row.undo_reason or row.lowered_minor:
            member.answer(None)  # orders to the gateway follow from it, or there is no such attempt
            continue
        row = _after(tx, member, row, entries)
        attempts[row.id] = changed[row.id] = row
        member.answer(Known(row=row, parked=parked.get(str(row.id), ())))
    if changed:
        store.save_attempts(tx, tuple(changed.values()))
    return entries


def _after(tx: Batch, member: Member[Heard], row: AttemptRow, entries: list[LedgerEntryRow]) -> AttemptRow:
    heard = member.ask
    if heard.view is not None:
        after, settled = viewed(row, heard.view)
        is_news = settled is not None
        entries.extend(store.ledger_rows(after, settled.entries) if settled else ())
    else:
        decided = made_unknown(row) if heard.what == "unknown" else made_over(row, heard.code)
        after, is_news = decided or row, decided is not None
    version = after.version + 1 if is_news else after.version
    after = msgspec.structs.replace(after, version=version, due_at=next_look(after, tx.now))
    if is_news:
        _tell(member, after)
        count_state(member, after, row.state)
    return after


def _tell(member: Member[Any], row: AttemptRow) -> None:
    member.emit(
        AttemptChanged(attempt=told(row)), aggregate_id=row.id, aggregate_version=row.version, market=row.market
    )


def _by_reference(found: Sequence[Sequence[Any]]) -> Mapping[str, tuple[MessageRow, ...]]:
    parked: dict[str, tuple[MessageRow, ...]] = {}
    for message in map(store.message_of, found):
        parked[message.merchant_reference] = (*parked.get(message.merchant_reference, ()), message)
    return parked
