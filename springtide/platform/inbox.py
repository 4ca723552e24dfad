"""Consumers: take each event once, in a transaction of their own, then ack."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from springtide.platform.bus import Bus, Delivery
from springtide.platform.caller import system
from springtide.platform.db import Database, Tx
from springtide.platform.errors import SpringtideError, Unavailable
from springtide.platform.events import Envelope, Event
from springtide.platform.telemetry import EVENTS_CONSUMED, logger, set_trace

_BACK_OFF_S = 1.0
_LONGEST_DELAY_S = 60.0

log = logger(__name__)


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """How one event type is taken.

    `handle(tx, envelope, event)` runs in the transaction of the inbox row: facts only, no calls to the outside.
    `call(envelope, event)` runs first, without a transaction: for contract calls. It may run again after a crash, so
    what it calls must be repeatable under a key derived from the event's id.
    `handle_many(tx, pairs)` takes the place of `handle` where many events at once are cheaper than one by one.
    `newest_only`: the event carries its aggregate's whole state, so an older version than one seen is dropped.
    """

    event: type[Event]
    handle: Callable[[Tx, Envelope, Any], Awaitable[None]] | None = None
    call: Callable[[Envelope, Any], Awaitable[None]] | None = None
    handle_many: Callable[[Tx, Sequence[tuple[Envelope, Any]]], Awaitable[None]] | None = None
    newest_only: bool = False


class Consumer:
    """The durable consumer of one context: its name in the stream is the context's name."""

    def __init__(self, db: Database, bus: Bus, subscriptions: Mapping[str, Subscription], *, name: str) -> None:
        self._db = db
        self._bus = bus
        self._subscriptions = dict(subscriptions)
        self._name = name
        self._caller = system(db.context)

    async def run(self) -> None:
        """Consume for ever; reconnect with a pause when the bus or the database is away."""
        while True:
            try:
                async for batch in self._bus.deliveries(self._name, list(self._subscriptions)):
                    await self._take_batch(batch)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - a consumer outlives every failure of its engines
                log.warning("consumer.waits", consumer=self._name, error=repr(error))
                await asyncio.sleep(_BACK_OFF_S)

    async def _take_batch(self, batch: Sequence[Delivery]) -> None:
        """Take runs of events that need no calls together, one by one what does or what fails together."""
        for is_quiet, run in groupby(batch, key=lambda delivery: self._is_quiet(delivery.envelope)):
            deliveries = list(run)
            if is_quiet and len(deliveries) > 1 and await self._took_together(deliveries):
                continue
            for delivery in deliveries:
                await self._take(delivery)

    def _is_quiet(self, envelope: Envelope) -> bool:
        subscription = self._subscriptions.get(envelope.type)  # None: a type that an older release listened to
        return subscription is not None and subscription.call is None

    async def _took_together(self, deliveries: Sequence[Delivery]) -> bool:
        """Take several events in one transaction; False when any of them failed: then nothing was taken."""
        try:
            taken = await self.take_together([delivery.envelope for delivery in deliveries])
        except Exception as error:  # noqa: BLE001 - whichever it was is found by taking them one by one
            log.debug("consumer.one_by_one", consumer=self._name, error=repr(error))
            return False
        EVENTS_CONSUMED.labels(self._name, "taken").inc(taken)
        EVENTS_CONSUMED.labels(self._name, "repeated").inc(len(deliveries) - taken)
        for delivery in deliveries:
            await delivery.ack()
        return True

    async def take_together(self, envelopes: Sequence[Envelope]) -> int:
        """Take events in one transaction; return how many were new. Raises what a handler raised, nothing taken."""
        async with self._db.tx(self._caller) as tx:
            ids = [envelope.id for envelope in envelopes]
            row = {"consumer": self._name, "event_ids": ids, "at": tx.now}
            fresh = {event_id for (event_id,) in await tx.tuples("kernel_take_inbox_many", row)}
            new = await self._newest(tx, [envelope for envelope in envelopes if envelope.id in fresh])
            for name, run in groupby(new, key=lambda envelope: envelope.type):
                await _handle_all(tx, self._subscriptions[name], list(run))
        return len(new)

    async def _newest(self, tx: Tx, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Leave out states of an aggregate that are older than one seen before or in this batch."""
        stateful = [envelope for envelope in envelopes if self._subscriptions[envelope.type].newest_only]
        newest: dict[str, int] = {}
        for envelope in stateful:
            name = _aggregate(envelope)
            newest[name] = max(newest.get(name, 0), envelope.aggregate_version)
        if not newest:
            return list(envelopes)
        row = {"consumer": self._name, "aggregates": list(newest), "versions": list(newest.values())}
        raised = {name for (name,) in await tx.tuples("kernel_raise_inbox_versions", row)}
        return [
            envelope
            for envelope in envelopes
            if not self._subscriptions[envelope.type].newest_only
            or (_aggregate(envelope) in raised and newest[_aggregate(envelope)] == envelope.aggregate_version)
        ]

    async def _take(self, delivery: Delivery) -> None:
        envelope = delivery.envelope
        set_trace(envelope.trace)
        try:
            outcome = await self.take(envelope)
        except Unavailable as error:
            outcome = "later"
            log.debug("consumer.later", consumer=self._name, type=envelope.type, error=error.detail)
        except SpringtideError as error:
            outcome = "failed"
            log.warning(
                "consumer.refused", consumer=self._name, type=envelope.type, id=str(envelope.id), error=repr(error)
            )
        except Exception:
            outcome = "failed"
            log.exception("consumer.failed", consumer=self._name, type=envelope.type, id=str(envelope.id))
        EVENTS_CONSUMED.labels(self._name, outcome).inc()
        if outcome in {"taken", "repeated", "older"}:
            await delivery.ack()
        else:
            await delivery.retry_later(min(0.25 * 2**delivery.attempt, _LONGEST_DELAY_S))

    async def take(self, envelope: Envelope) -> str:
        """Take one event; return "taken", "repeated" or "older". Raises what the handler raised."""
        subscription = self._subscriptions[envelope.type]
        event: Event = envelope.read(subscription.event)
        if subscription.call is not None:
            await subscription.call(envelope, event)
        async with self._db.tx(self._caller) as tx:
            row = {"consumer": self._name, "event_id": envelope.id, "at": tx.now}
            if not await tx.run("kernel_take_inbox", row):
                return "repeated"
            if subscription.newest_only and not await tx.run(
                "kernel_raise_inbox_version",
                {
                    "consumer": self._name,
                    "aggregate_id": _aggregate(envelope),
                    "version": envelope.aggregate_version,
                },
            ):
                return "older"
            await _handle_all(tx, subscription, [envelope])
        return "taken"


def _aggregate(envelope: Envelope) -> str:
    """Return an aggregate's name among those of all contexts: "catalog:<id>"."""
    return f"{envelope.type.partition('.')[0]}:{envelope.aggregate_id}"


async def _handle_all(tx: Tx, subscription: Subscription, envelopes: Sequence[Envelope]) -> None:
    pairs = [(envelope, envelope.read(subscription.event)) for envelope in envelopes]
    if subscription.handle_many is not None:
        await subscription.handle_many(tx, pairs)
    elif subscription.handle is not None:
        for envelope, event in pairs:
            await subscription.handle(tx, envelope, event)
