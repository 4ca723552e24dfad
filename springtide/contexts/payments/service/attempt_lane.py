"""New attempts, and gateways' answers to them, many in one transaction.

An attempt that a gateway of this process decides is one member: attempt, ledger and event commit together, and there is
no record of a start that nobody has to finish. One that is asked outside is two: its record before the gateway is
asked, and the answer. What gateways tell later, by message or when they are asked, comes here too: when many pay at the
bank at once, their returns and messages share transactions as their orders do.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.view import PaymentView
from springtide.contexts.payments.service.apply_view import made_over, made_unknown, may_be_released, next_look, viewed
from springtide.contexts.payments.service.counted import count_state
from springtide.contexts.payments.service.told import told
from springtide.contexts.payments.store.attempts import (
    AttemptRow,
    NewRow,
    attempt_of,
    insert_attempts,
    lock_attempts,
    save_attempts,
)
from springtide.contexts.payments.store.ledger import LedgerEntryRow, append_ledger_rows, ledger_rows
from springtide.contexts.payments.store.messages import (
    MessageRow,
    NewMessage,
    SettledMessage,
    insert_messages,
    message_of,
    parked_for,
    settle_messages,
)
from springtide.contracts.payments.api import AttemptState
from springtide.contracts.payments.events import AttemptChanged
from springtide.platform.batch import Ask, Batch, Tuples
from springtide.platform.caller import Caller
from springtide.platform.coalesce import Lane
from springtide.platform.db import Database
from springtide.platform.member import Member

Asked = TypeVar("Asked")


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an attempt after its gateway was asked. `code`: why nothing came, for the buyer's words.

    `message`: what is worked off by it, if that was a message.
    """

    attempt_id: UUID
    what: Literal["view", "unknown", "nothing"]
    view: PaymentView | None = None
    code: str = ""
    message: SettledMessage | None = None


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
        """Write down what a gateway said; None when more follows from it than one row: then it is done alone."""
        return cast("Known | None", await self._lane.run(caller=caller, ask=heard))

    async def take(self, caller: Caller, new: NewMessage) -> MessageRow | None:
        """Write a message down; None when it came before."""
        return cast("MessageRow | None", await self._lane.run(caller=caller, ask=new))

    async def settle(self, caller: Caller, settled: SettledMessage) -> None:
        """Note a message that told nothing new as worked off."""
        await self._lane.run(caller=caller, ask=settled)


def _look(members: Sequence[Member[Any]]) -> list[Ask]:
    """Insert what is new, lock what was heard of: the one round trip before the decisions, in lock order."""
    asks: list[Ask] = []
    if new := _of(NewRow, members):
        asks.append(insert_attempts([member.ask for member in new]))
    if heard := {member.ask.attempt_id for member in _of(Heard, members)}:
        asks.extend((lock_attempts(heard), parked_for(heard)))
    if arrived := _of(NewMessage, members):
        asks.append(insert_messages([member.ask for member in arrived]))
    return asks


async def _work(tx: Batch, members: Sequence[Member[Any]]) -> None:
    found = iter(tx.found)
    entries: list[LedgerEntryRow] = []
    settled: list[SettledMessage] = []
    if new := _of(NewRow, members):
        entries.extend(_written(new, {columns[0]: columns for columns in next(found)}))
    if heard := _of(Heard, members):
        moved, worked_off = _applied(tx, heard, next(found), next(found))
        entries.extend(moved)
        settled.extend(worked_off)
    if arrived := _of(NewMessage, members):
        _taken(arrived, {(gateway, event_id): received_at for gateway, event_id, received_at in next(found)})
    for member in _of(SettledMessage, members):
        settled.append(member.ask)
        member.answer(None)
    if entries:
        append_ledger_rows(tx, entries)
    if settled:
        settle_messages(tx, settled)


def _of(kind: type[Asked], members: Sequence[Member[Any]]) -> list[Member[Asked]]:
    return [member for member in members if type(member.ask) is kind]


def _taken(members: Sequence[Member[NewMessage]], new: dict[tuple[str, str], datetime]) -> None:
    """Answer with the messages that were written; of two alike only the first was."""
    for member in members:
        received_at = new.pop((member.ask.gateway, member.ask.event_id), None)
        member.answer(None if received_at is None else member.ask.row(received_at))


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
            entries.extend(ledger_rows(row, member.ask.entries))
        member.answer(row)
    return entries


def _applied(
    tx: Batch, members: Sequence[Member[Heard]], locked: Tuples, waiting: Tuples
) -> tuple[list[LedgerEntryRow], list[SettledMessage]]:
    """Bring attempts to what their gateways said, in the order of the answers. Return what moved, and what is done."""
    attempts = {row.id: row for row in map(attempt_of, locked)}
    parked = _by_reference(waiting)
    entries: list[LedgerEntryRow] = []
    settled: list[SettledMessage] = []
    changed: dict[UUID, AttemptRow] = {}
    for member in members:
        row = attempts.get(member.ask.attempt_id)
        if row is None or row.undo_reason or row.lowered_minor:
            member.answer(None)  # orders to the gateway follow from it, or there is no such attempt
            continue
        row = _after(tx, member, row, entries)
        attempts[row.id] = changed[row.id] = row
        if member.ask.message is not None:
            settled.append(member.ask.message)
        member.answer(Known(row=row, parked=parked.get(str(row.id), ())))
    if changed:
        save_attempts(tx, tuple(changed.values()))
    return entries, settled


def _after(tx: Batch, member: Member[Heard], row: AttemptRow, entries: list[LedgerEntryRow]) -> AttemptRow:
    heard = member.ask
    if heard.view is not None and may_be_released(row, heard.view):
        after, is_news = row, False
    elif heard.view is not None:
        after, settled = viewed(row, heard.view)
        is_news = settled is not None
        entries.extend(ledger_rows(after, settled.entries) if settled else ())
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
    for message in map(message_of, found):
        parked[message.merchant_reference] = (*parked.get(message.merchant_reference, ()), message)
    return parked
