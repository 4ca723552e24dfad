"""The relay: publishes outbox rows in order, again and again until the stream has confirmed them.

An idle turn is one statement. Rows are read, published and marked a thousand at a time; the lease that keeps two relays
from publishing the same rows is renewed only now and then.
"""

import asyncio
import time
from contextlib import suppress

import msgspec

from springtide.platform import tracing
from springtide.platform.bus import Bus
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.errors import Unavailable
from springtide.platform.events import Envelope
from springtide.platform.ids import uuid7
from springtide.platform.lanes import Turns
from springtide.platform.telemetry import EVENTS_PUBLISHED, OUTBOX_LAG_SECONDS, logger

_BATCH = 1_000
_POLL_S = 0.25
_BACK_OFF_S = 1.0
_GIVE_BACK_WITHIN_S = 1.0
# The lease is taken for 5 s (kernel_take_relay_lease), and for no longer than the session that took it lives.
_LEASE_RENEWED_AFTER_S = 2.0

log = logger(__name__)


class Relay:
    """Publishes the outbox of one schema. Several may run: a lease lets one publish, repeats are harmless anyway."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus
        self._owner = uuid7().hex
        self._caller = system(db.context)
        self._turns = Turns()
        self._renew_at = 0.0

    async def run(self) -> None:
        """Publish for ever; woken by commits in this process, and by a slow poll for everybody else's."""
        try:
            await self._publish_for_ever()
        finally:
            await self._give_lease_back()

    async def _publish_for_ever(self) -> None:
        sent = 0
        while True:
            await self._turns.next(has_more=sent == _BATCH)
            self._db.wake_relay.clear()
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

    async def publish_once(self) -> int:
        """Publish one batch; return how many rows were confirmed (0: nothing to do, or another relay has the lease)."""
        if time.monotonic() >= self._renew_at and not (await self._unsent(1) and await self._took_lease()):
            return 0
        envelopes = await self._unsent(_BATCH)
        if not envelopes:
            return 0
        began = time.perf_counter()
        sent = await self._bus.publish(envelopes)
        if tracing.is_on():
            for envelope in sent:
                tracing.record(f"publish {envelope.type}", parent=envelope.trace, began=began, kind="producer")
        if sent:
            async with self._db.tx(self._caller) as tx:
                await tx.run("kernel_mark_sent", {"ids": [envelope.id for envelope in sent]})
            EVENTS_PUBLISHED.labels(self._db.context).inc(len(sent))
        if len(sent) < len(envelopes):
            await asyncio.sleep(_BACK_OFF_S)
        return len(sent)

    async def _give_lease_back(self) -> None:
        """Let the next process publish at once; when that fails, it waits until our session or the lease ends."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_GIVE_BACK_WITHIN_S), self._db.tx(self._caller) as tx:
                await tx.run("kernel_give_relay_lease_back", {"owner": self._owner})

    async def _took_lease(self) -> bool:
        """Take the lease, or renew it when a part of its time is over."""
        now = time.monotonic()
        async with self._db.tx(self._caller) as tx:
            is_ours = await tx.run("kernel_take_relay_lease", {"owner": self._owner}) == 1
        self._renew_at = now + _LEASE_RENEWED_AFTER_S if is_ours else 0.0
        return is_ours

    async def _unsent(self, limit: int) -> list[Envelope]:
        async with self._db.read() as read:
            rows = await read.tuples("kernel_unsent", {"limit": limit})
        OUTBOX_LAG_SECONDS.labels(self._db.context).set(rows[0][-1] if rows else 0.0)
        return [
            Envelope(
                id=event_id,
                type=name,
                version=version,
                aggregate_id=aggregate_id,
                aggregate_version=aggregate_version,
                occurred_at=occurred_at,
                actor=actor,
                cause=cause,
                trace=trace,
                market=market,
                payload=msgspec.Raw(payload),
            )
            for (
                event_id, name, version, aggregate_id, aggregate_version, market, payload, actor, cause, trace,
                occurred_at, _,
            ) in rows
        ]  # fmt: skip
