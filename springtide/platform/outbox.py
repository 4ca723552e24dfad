"""The relay: publishes outbox rows in order, again and again until the stream has confirmed them."""

import asyncio
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from springtide.platform.bus import Bus
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.errors import Unavailable
from springtide.platform.events import Envelope
from springtide.platform.ids import uuid7
from springtide.platform.telemetry import EVENTS_PUBLISHED, OUTBOX_LAG_SECONDS, logger

_BATCH = 500
_POLL_S = 0.25
_BACK_OFF_S = 1.0
_GIVE_BACK_WITHIN_S = 1.0

log = logger(__name__)


class _Unsent(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    id: UUID
    type: str
    version: int
    aggregate_id: str
    aggregate_version: int
    market: str
    payload: bytes
    actor: str
    cause: str
    trace: str
    occurred_at: datetime


class Relay:
    """Publishes the outbox of one schema. Several may run: a lease lets one publish, repeats are harmless anyway."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus
        self._owner = uuid7().hex
        self._caller = system(db.context)

    async def run(self) -> None:
        """Publish for ever; woken by commits in this process, and by a slow poll for everybody else's."""
        try:
            await self._publish_for_ever()
        finally:
            await self._give_lease_back()

    async def _publish_for_ever(self) -> None:
        while True:
            try:
                sent = await self.publish_once()
            except Unavailable as error:
                log.debug("relay.waits", context=self._db.context, error=error.detail)
                await asyncio.sleep(_BACK_OFF_S)
                continue
            except Exception:
                log.exception("relay.failed", context=self._db.context)
                await asyncio.sleep(_BACK_OFF_S)
                continue
            if sent < _BATCH:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_S):
                        await self._db.wake_relay.wait()
                self._db.wake_relay.clear()

    async def publish_once(self) -> int:
        """Publish one batch; return how many rows were confirmed (0: nothing to do, or another relay has the lease)."""
        rows = await self._unsent()
        if not rows:
            return 0
        sent = await self._bus.publish([_envelope(row) for row in rows])
        if sent:
            async with self._db.tx(self._caller) as tx:
                await tx.run("kernel_mark_sent", {"ids": [envelope.id for envelope in sent]})
            EVENTS_PUBLISHED.labels(self._db.context).inc(len(sent))
        if len(sent) < len(rows):
            await asyncio.sleep(_BACK_OFF_S)
        return len(sent)

    async def _give_lease_back(self) -> None:
        """Let the next process publish at once; when that fails, it waits until the lease runs out."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_GIVE_BACK_WITHIN_S), self._db.tx(self._caller) as tx:
                await tx.run("kernel_give_relay_lease_back", {"owner": self._owner})

    async def _unsent(self) -> list[_Unsent]:
        async with self._db.read() as read:
            ((waiting, age_s),) = await read.tuples("kernel_outbox_lag")
            OUTBOX_LAG_SECONDS.labels(self._db.context).set(age_s)
            if not waiting:
                return []
        async with self._db.tx(self._caller) as tx:
            if not await tx.run("kernel_take_relay_lease", {"owner": self._owner}):
                return []
            return await tx.all("kernel_unsent", {"limit": _BATCH}, row=_Unsent)


def _envelope(row: _Unsent) -> Envelope:
    return Envelope(
        id=row.id,
        type=row.type,
        version=row.version,
        aggregate_id=row.aggregate_id,
        aggregate_version=row.aggregate_version,
        occurred_at=row.occurred_at,
        actor=row.actor,
        cause=row.cause,
        trace=row.trace,
        market=row.market,
        payload=msgspec.Raw(row.payload),
    )
