"""The envelope every event travels in. Fixed from the start: fields are added, never changed or removed."""

import builtins
from datetime import datetime
from typing import ClassVar, TypeVar
from uuid import UUID

import msgspec

MAX_EVENT_BYTES = 480 * 1024
"""Limit of an encoded payload: with its envelope it stays below the 512 KB that travel."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every event payload. Events carry state, and ids instead of personal data.

    `TYPE` is "<context>.<name in the past tense>", `VERSION` grows only when the meaning changes (never: add a field).
    """

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1


EventT = TypeVar("EventT", bound=Event)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What an outbox row holds and the bus carries. `aggregate_version` rises by one under the aggregate's row lock."""

    id: UUID
    type: str
    version: int
    aggregate_id: str
    aggregate_version: int
    occurred_at: datetime
    actor: str
    cause: str
    trace: str
    market: str
    payload: msgspec.Raw

    def read(self, event: builtins.type[EventT]) -> EventT:
        """Decode the payload as `event`."""
        return msgspec.json.decode(self.payload, type=event)
