"""What gateways told us, parked until somebody has worked it off."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.payments.store.attempts import AttemptRow
from springtide.platform.batch import Ask, Batch, rows
from springtide.platform.db import Read


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a gateway that waits to be worked off."""

    gateway: str
    event_id: str
    merchant_reference: str
    provider_refs: list[str]
    received_at: datetime
    tries: int


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a gateway as it came. `due_after_s`: when somebody works it off if nobody has until then."""

    gateway: str
    event_id: str
    kind: str
    merchant_reference: str
    provider_refs: list[str]
    due_after_s: float

    def row(self, received_at: datetime) -> MessageRow:
        """Return it as it was written down."""
        return MessageRow(
            gateway=self.gateway,
            event_id=self.event_id,
            merchant_reference=self.merchant_reference,
            provider_refs=self.provider_refs,
            received_at=received_at,
            tries=0,
        )


class SettledMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is worked off, and the attempt it spoke of."""

    gateway: str
    event_id: str
    attempt_id: UUID


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


def parked_for(attempt_ids: Iterable[UUID]) -> Ask:
    """Return the statement that finds messages parked for attempts; read its rows by `message_of`."""
    return "parked_for_attempts", {"merchant_references": [str(attempt_id) for attempt_id in attempt_ids]}


def insert_messages(new: Sequence[NewMessage]) -> Ask:
    """Return the statement that writes messages down; its rows are (gateway, event_id, received_at) of the new ones."""
    return "insert_messages", rows(new)


def settle_messages(tx: Batch, settled: Sequence[SettledMessage]) -> None:
    """Note messages as worked off, with the commit."""
    tx.later("settle_messages", rows(settled))


def message_of(columns: Sequence[Any]) -> MessageRow:
    """Return a row of `parked_for`."""
    return MessageRow(**dict(zip(MessageRow.__struct_fields__, columns, strict=True)))


async def attempt_of_message(read: Read, message: MessageRow) -> UUID | None:
    """Return the attempt a message speaks of: by our own reference, else by the gateway's names."""
    own = _uuid(message.merchant_reference)
    known = None if own is None else await read.maybe("find_attempt", {"id": own}, row=AttemptRow)
    if known is not None:
        return known.id
    params = {"gateway": message.gateway, "provider_refs": message.provider_refs}
    found = await read.maybe("find_attempt_by_refs", params, row=_Id)
    return None if found is None else found.id


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
